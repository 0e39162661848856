"""Figures of calls and traces. One function answers pages, reports, alerts and the API alike."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from ledger.domain.money import plain
from ledger.domain.questions import Measure, Question
from ledger.domain.windows import Window
from ledger.store.client import Row, Store
from ledger.store.composition import Composition
from ledger.store.errors import TooMuchToRead
from ledger.store.seam import seam, state_of
from ledger.store.sizes import entries_of

Source = Literal["raw", "rollup"]

EXACT = 300_000
"""Up to so many entries quantiles are exact. Of more they are made of digests, read from rollups or not: so they do not
jump where a rollup is built."""

ENOUGH_RAW = 1_000_000
"""Up to so many entries reading them costs no more than reading rollups."""

MOST_RAW = 25_000_000
"""More entries are not read for one question: that would take a core for several seconds."""

TRIES = 3

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
    source: Source = "raw"
    """Whether sums of hours that were built before had a part in it."""
    rows_read: int = 0
    """Entries that had to be read one by one, at most, by estimate."""


def measure(store: Store, project: UUID, question: Question) -> Answer:
    """Answer a question from calls and traces as they are now.

    Small windows are read entry by entry. Of large ones what rollups know is read from those; where something was
    settled meanwhile in what was taken from them, it is read once more. What would be too much is refused.
    """
    composed = Composition(question)
    scored = scored_range(store, project, composed)
    if (entries := entries_of(store, project)) <= EXACT:
        return asked(store, project, composed, scored, entries)
    rows = estimated(store, project, composed, scored)
    if rows <= EXACT:
        return asked(store, project, composed, scored, rows)
    return measure_large(store, project, question, scored, rows)


def measure_large(store: Store, project: UUID, question: Question, scored: dict[str, int], rows: int) -> Answer:
    """The answer with the help of rollups where those hold, else of the entries alone."""
    composed = Composition(question, large=True)
    for _ in range(TRIES if composed.rolled and rows > ENOUGH_RAW else 0):
        if answer := measure_rolled(store, project, question, scored):
            return answer
    return asked(store, project, composed, scored, rows)


def measure_rolled(store: Store, project: UUID, question: Question, scored: dict[str, int]) -> Answer | None:
    """The answer with the help of rollups; None where there are none, or where what was chosen did not hold."""
    found = seam(state_of(store, project, question.window), question.window, question.interval)
    if found is None:
        return None
    joined = Composition(question, found, large=True)
    rows = estimated(store, project, joined, scored)
    answer = asked(store, project, joined, scored, rows)
    return answer if found.holds(state_of(store, project, question.window)) else None


def estimated(store: Store, project: UUID, composed: Composition, scored: dict[str, int]) -> int:
    """How many entries would have to be read, by the key."""
    text = "EXPLAIN ESTIMATE " + "\nUNION ALL\n".join(composed.read)
    rows = store.select(text, project=project, **composed.parameters, **scored)
    return sum(row["rows"] for row in rows)


def asked(store: Store, project: UUID, composed: Composition, scored: dict[str, int], entries: int) -> Answer:
    if entries > MOST_RAW:
        raise TooMuchToRead(entries, MOST_RAW)
    question = composed.question
    rows = store.select(composed.text, project=project, **composed.parameters, **scored)
    groups = rows[1:] if composed.keys else rows
    return Answer(
        window=question.window,
        rows=tuple(metric_row(question, row) for row in groups[: question.limit]),
        total=figures(question, rows[0]),
        estimated=bool(rows[0]["sampled"]),
        truncated=len(groups) > question.limit,
        source="rollup" if composed.joined else "raw",
        rows_read=entries,
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
