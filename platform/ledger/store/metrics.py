"""Figures of calls and traces. One function answers pages, reports, alerts and the API alike."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from ledger.domain.money import plain
from ledger.domain.questions import Measure, Question
from ledger.domain.windows import Window
from ledger.store.client import Row, Store
from ledger.store.composition import Composition

type Figure = int | float | Decimal | None
"""A count is an int, money a Decimal, a ratio or a duration in milliseconds a float. None means unknown."""


@dataclass(frozen=True, slots=True)
class MetricRow:
    """The figures of one group, by measure. `group` has a value for each dimension; None means: not said."""

    group: dict[str, str | None]
    time: datetime | None
    figures: dict[str, Figure]


@dataclass(frozen=True, slots=True)
class Answer:
    """Groups in order of time, then by the first measure, highest first; `total` is of everything, cut off or not."""

    window: Window
    rows: tuple[MetricRow, ...]
    total: dict[str, Figure]
    estimated: bool
    """Some calls stand for others that their client left out."""
    truncated: bool
    """There are more groups than the limit let through."""


def measure(store: Store, project: UUID, question: Question) -> Answer:
    """Answer a question from the spans as they are now: in one query, and one more where it asks for scores."""
    query = Composition(question)
    scored = scored_range(store, project, query)
    rows = store.select(query.text, project=project, **query.parameters, **scored)
    groups = rows[1:] if query.keys else rows
    return Answer(
        window=question.window,
        rows=tuple(metric_row(question, row) for row in groups[: question.limit]),
        total=figures(question, rows[0]),
        estimated=bool(rows[0]["sampled"]),
        truncated=len(groups) > question.limit,
    )


def scored_range(store: Store, project: UUID, query: Composition) -> dict[str, int]:
    """When the spans of the traces ran whose scores are asked for."""
    if not query.scores:
        return {}
    (found,) = store.query("scored_range", project=project, **query.score_parameters)
    return {"scored_first": found["first"], "scored_last": found["last"]}


def metric_row(question: Question, row: Row) -> MetricRow:
    group = {dimension.name: row[f"key_{n}"] or None for n, dimension in enumerate(question.by)}
    return MetricRow(group, row.get("bucket"), figures(question, row))


def figures(question: Question, row: Row) -> dict[str, Figure]:
    return {measure.name: figure(measure, row[f"figure_{n}"]) for n, measure in enumerate(question.measures)}


def figure(measure: Measure, value: int | float | Decimal | None) -> Figure:
    if value is None:
        return None
    match measure.unit:
        case "count":
            return round(value)
        case "money":
            return plain(Decimal(value))
        case "ratio":
            return round(float(value), 12)
        case "milliseconds":
            return round(float(value), 3)
