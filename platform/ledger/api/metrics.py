"""Measures of calls and traces."""

from decimal import Decimal

from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from ledger import stores
from ledger.api.access import ApiRequest, Needs
from ledger.api.parameters import Stretch
from ledger.api.strict import strict
from ledger.api.wire import Shown, Time, money, rfc3339
from ledger.domain.questions import MEASURES, MOST_ROWS, read_question
from ledger.store.metrics import Answer, Figure, MetricRow, Source, measure

router = Router(tags=["metrics"], auth=Needs("read"))


class Asked(Stretch):
    measures: str = Field(
        description=f"A comma list of {', '.join(MEASURES)}, score.<name> (a mean) and score_count.<name>"
    )
    by: str = Field("", description="A comma list of dimensions, as in model,route,tag.plan")
    interval: str = Field("none", description="none, minute, hour or day")
    limit: int = Field(MOST_ROWS, description="Groups at most")


Cell = str | int | float | None


class Metrics(Shown):
    """`rows` hold a value for each dimension of `by`, `time` where an interval was asked for, and each measure."""

    since: Time = Field(serialization_alias="from")
    until: Time = Field(serialization_alias="to")
    rows: list[dict[str, Cell]]
    total: dict[str, Cell]
    estimated: bool = Field(description="Some calls stand for others that their client left out")
    truncated: bool = Field(description="There are more groups than `limit`")
    source: Source = Field(description="rollup: hours that rest come from sums that were built before")
    rows_read: int = Field(description="Entries of calls and traces read one by one, at most")


@router.get("/metrics", response=Metrics, by_alias=True)
@strict
def metrics(request: ApiRequest, asked: Query[Asked]) -> Metrics:
    """Figures of a window, in groups; every figure of `total` comes from the total's own parts."""
    question = read_question(
        asked.measures,
        timezone.now(),
        by=asked.by,
        since=asked.since,
        until=asked.until,
        interval=asked.interval,
        filters=asked.filters,
        limit=asked.limit,
    )
    return shown(measure(stores.reader(), request.auth.project.id, question))


def shown(answer: Answer) -> Metrics:
    return Metrics(
        since=answer.window.since,
        until=answer.window.until,
        rows=[row(each) for each in answer.rows],
        total=cells(answer.total),
        estimated=answer.estimated,
        truncated=answer.truncated,
        source=answer.source,
        rows_read=answer.rows_read,
    )


def row(row: MetricRow) -> dict[str, Cell]:
    time: dict[str, Cell] = {} if row.time is None else {"time": rfc3339(row.time)}
    return {**row.group, **time, **cells(row.figures)}


def cells(figures: dict[str, Figure]) -> dict[str, Cell]:
    return {name: money(figure) if isinstance(figure, Decimal) else figure for name, figure in figures.items()}
