"""What a group holds beside spans and scores, on its way into the store: messages, evaluations, data points, outcomes
and charges."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from ingest.batch import Batch, Content
from ingest.charges import charge
from ingest.outcomes import outcome
from ingest.payload import BrokenPayload, unpacked
from ingest.spool import Group, Record
from ledger.domain.evaluation import Evaluation
from ledger.domain.message_event import MessageEvent
from ledger.domain.metric_point import MetricPoint
from ledger.domain.score import Score
from ledger.store.charges import write_charges
from ledger.store.client import Store
from ledger.store.message_events import Arrived, write_events
from ledger.store.metric_points import Measured, write_points
from ledger.store.outcomes import write_outcomes
from ledger.store.told import Turn
from ledger.store.unjoined import Waiting, join_waiting, take_evaluations

FIRST_LOOK, LONGEST_LOOK = 2.0, 60.0
"""Seconds between two looks for the calls of waiting evaluations."""

REFUSED, UNREADABLE = "refused_by_store", "unreadable_in_spool"

type Item = Any
"""An item out of the spool, JSON of our own making, or what was made of it: each content knows its own."""

log = structlog.get_logger("writer")


@dataclass(frozen=True, slots=True)
class Keeping:
    """How one content is made again out of the spool, and how it is written."""

    made: Callable[[Record, Mapping[str, Item]], Item]
    write: Callable[[Store, Sequence[Item], Turn], object]


def message(record: Record, item: Mapping[str, Item]) -> Arrived:
    return Arrived(record.project, MessageEvent(**item), record.received_at)


def evaluation(record: Record, item: Mapping[str, Item]) -> Waiting:
    return Waiting(record.project, Evaluation(item["response_id"], Score(**item["score"])), record.received_at)


def point(record: Record, item: Mapping[str, Item]) -> Measured:
    made = MetricPoint(**{**item, "bounds": tuple(item["bounds"]), "buckets": tuple(item["buckets"])})
    return Measured(record.project, made, record.received_at)


def by_token(write: Callable[[Store, Sequence[Item], str], object]) -> Callable[[Store, Sequence[Item], Turn], object]:
    """For what is announced to nobody, the token is enough."""
    return lambda store, items, turn: write(store, items, turn.token)


KEEPING: dict[Content, Keeping] = {
    "messages": Keeping(message, by_token(write_events)),
    "evaluations": Keeping(evaluation, by_token(take_evaluations)),
    "points": Keeping(point, by_token(write_points)),
    "outcomes": Keeping(outcome, write_outcomes),
    "charges": Keeping(charge, write_charges),
}


@dataclass(slots=True)
class Beside:
    """Writes what is no span, and remembers what could not be written until the group is released."""

    store: Store
    blames_rows: Callable[[Exception], bool]
    noted: list[Batch] = field(default_factory=list)
    look_at: float = 0.0
    pause: float = FIRST_LOOK

    def write(self, group: Group) -> None:
        """Each content in one insert under one token; the spans of the group are in the store already."""
        self.noted = []
        turn = Turn(group.node, group.seq, group.token)
        for content, keeping in KEEPING.items():
            items = [item for record in group.records if record.content == content for item in self.read(record)]
            if items:
                self.insert(content, keeping, items, turn.part(content))
        if any(record.content == "evaluations" for record in group.records):
            self.look_at, self.pause = 0.0, FIRST_LOOK

    def read(self, record: Record) -> Iterator[Item]:
        try:
            yield from (KEEPING[record.content].made(record, item) for item in unpacked(record.payload, record.crc))
        except BrokenPayload:
            self.note(record.project, f"{record.content}_{UNREADABLE}", f"record {record.seq}")

    def insert(self, content: Content, keeping: Keeping, items: Sequence[Item], turn: Turn) -> None:
        """All at once; what the store refuses is found by halves, so that one bad row holds up nothing."""
        try:
            keeping.write(self.store, items, turn)
        except Exception as error:
            if not self.blames_rows(error):
                raise
            if len(items) == 1:
                log.warning("a row was refused by the store", content=content, error=str(error)[:300])
                self.note(items[0].project, f"{content}_{REFUSED}", str(error)[:200])
                return
            middle = len(items) // 2
            self.insert(content, keeping, items[:middle], turn.part(0))
            self.insert(content, keeping, items[middle:], turn.part(1))

    def note(self, project: Any, reason: str, sample: str) -> None:
        self.noted.append(Batch(project, "", time.time_ns() // 1000, noted={reason: [sample]}))

    def look(self) -> None:
        """Joins evaluations whose call has arrived since; the longer in vain, the more seldom."""
        if time.monotonic() < self.look_at:
            return
        self.look_at = time.monotonic() + self.pause  # before the question: one that fails is not asked at once again
        self.pause = FIRST_LOOK if join_waiting(self.store) else min(self.pause * 2, LONGEST_LOOK)
