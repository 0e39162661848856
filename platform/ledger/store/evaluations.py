"""What evaluations read: the model calls of some traces with their answers, and how far a suite has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from ledger.domain.generation import Generation
from ledger.domain.intervals import wilson
from ledger.domain.span import Value
from ledger.store.clauses import micros
from ledger.store.client import Row, Store


@dataclass(frozen=True, slots=True)
class Graded:
    """How many spans have a score of some name, and its mean; None where there are none."""

    n: int
    mean: float | None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of a mean of yes and no."""
        return wilson(self.n * (self.mean or 0), self.n)


def generations_of(store: Store, project: UUID, traces: Sequence[str]) -> list[Generation]:
    """The settled model calls of these traces (ids in hex), each once however many instrumentors reported it."""
    ranges = store.query("evaluation_range", project=project, traces=list(traces))
    if not ranges:
        return []
    return [generation(row) for row in store.query("generations", project=project, traces=list(traces), **ranges[0])]


def generation(row: Row) -> Generation:
    return Generation(
        trace_id=row["trace"],
        span_id=row["span"],
        start=row["start"],
        status=row["status"],
        failure_kind=row["failure_kind"],
        finish_reasons=tuple(row["finish_reasons"]),
        output=as_sent(row["output"]),
        attributes=orjson.loads(row["attributes"] or "{}"),
    )


def as_sent(text: str) -> Value:
    """Messages and other JSON as lists and dicts, anything else as text; None where nothing was sent."""
    if text[:1] not in ("[", "{"):
        return text or None
    try:
        read: Value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return read


def graded(
    store: Store, project: UUID, names: Sequence[str], evaluators: Sequence[str], since: datetime
) -> dict[str, Graded]:
    """By the name of the score what these evaluators said since a moment; under the empty name all of them together."""
    rows = store.query("graded", project=project, names=list(names), evaluators=list(evaluators), since=micros(since))
    return {row["name"]: Graded(row["n"], row["mean"]) for row in rows}
