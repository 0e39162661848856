"""What ingest gives to the spool: one request, read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

type Content = Literal["spans", "scores", "outcomes", "charges", "messages", "evaluations", "points"]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a request: one record. `size` is that of its JSON, `spans` is 0 for all but spans."""

    content: Content
    spans: int
    size: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """One request: kept as a whole or not at all.

    `rejected` maps a reason to samples, one a span; `noted` does so for what is no span, and is listed without being
    counted in the ledger.
    """

    project: UUID
    key_id: str
    received_at: int
    parts: Sequence[Part] = ()
    rejected: Mapping[str, Sequence[str]] = field(default_factory=dict)
    noted: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def arrivals(self) -> Iterator[tuple[int, Part]]:
        """Each part with the time of its first span: every span has a microsecond of its own."""
        at = self.received_at
        for part in self.parts:
            yield at, part
            at += part.spans

    @property
    def received(self) -> int:
        return sum(part.spans for part in self.parts) + self.refused

    @property
    def refused(self) -> int:
        return sum(len(samples) for samples in self.rejected.values())

    @property
    def weight(self) -> int:
        return sum(len(part.payload) for part in self.parts)
