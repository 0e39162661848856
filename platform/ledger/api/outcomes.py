"""How late outcomes come."""

from datetime import datetime

from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from ledger import stores
from ledger.api.access import ApiRequest, Needs
from ledger.api.parameters import Period
from ledger.api.strict import strict
from ledger.api.wire import Shown, Time
from ledger.domain.maturity import Day, Maturity, Within
from ledger.domain.windows import Window
from ledger.store.maturity import maturity_of

router = Router(tags=["outcomes"], auth=Needs("read"))

HOUR = 3600.0


class Asked(Period):
    route: str | None = Field(None, description="The traces of one route alone")


class Share(Shown):
    """The share of outcomes that has come when a trace ended so long ago."""

    hours: float
    share: float | None = Field(description="null where traces have not been watched for that long")
    interval: tuple[float, float] | None = Field(description="95 %")
    n: int = Field(description="Outcomes that this was learnt from")


class CoveredDay(Shown):
    """The traces that began on a day: what is known of how they ended, and what will be."""

    day: Time
    traces: int
    outcomes: int
    coverage: float = Field(description="Traces with an outcome ÷ traces, as known now")
    come: float | None = Field(
        description="The share of the day's outcomes that has come by now, as far as delays tell"
    )
    final: float | None = Field(description="The coverage that the day will come to")
    interval: tuple[float, float] | None = Field(description="95 %, of `final`")


class Delays(Shown):
    since: Time = Field(serialization_alias="from")
    until: Time = Field(serialization_alias="to")
    as_of: Time
    route: str | None
    traces: int
    outcomes: int
    reach_hours: float | None = Field(
        description="Shares are of what comes within so many hours: more is not known yet"
    )
    within: list[Share]
    days: list[CoveredDay]


@router.get("/outcomes/maturity", response=Delays, by_alias=True)
@strict
def maturity(request: ApiRequest, asked: Query[Asked]) -> Delays:
    """How late outcomes come after the end of their traces, and what recent days still lack."""
    now, window = timezone.now(), asked.window
    found = maturity_of(stores.reader(), request.auth.project.id, window, now, asked.route)
    return shown(found, window, now, asked.route)


def shown(found: Maturity, window: Window, now: datetime, route: str | None) -> Delays:
    return Delays(
        since=window.since,
        until=window.until,
        as_of=now,
        route=route,
        traces=found.traces,
        outcomes=found.outcomes,
        reach_hours=found.reach.total_seconds() / HOUR if found.reach else None,
        within=[share(each) for each in found.within],
        days=[day(each) for each in found.days],
    )


def share(within: Within) -> Share:
    hours = within.delay.total_seconds() / HOUR
    return Share(hours=hours, share=within.share, interval=within.interval, n=within.n)


def day(covered: Day) -> CoveredDay:
    return CoveredDay.model_validate(covered)
