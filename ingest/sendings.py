"""From a spool record to what the store is to hold: each span with its version, and what becomes of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from ingest.payload import BrokenPayload, span_of, unpacked
from ingest.spool import DROPPED, MERGED, REJECTED, STORED, Record, Verdict
from ledger.domain.span import version_of
from ledger.store.writing import Key, Known, Sending, Tombstone

type Place = tuple[UUID, Key]


def sendings(record: Record) -> list[Sending | None]:
    """A record's spans in order; a None for each that can't be read any more."""
    if record.content != "spans":
        return []
    try:
        items = unpacked(record.payload, record.crc)
    except BrokenPayload:
        return [None] * record.spans
    return [
        Sending(
            project=record.project,
            span=(span := span_of(item)),
            version=version_of(span.end, record.received_at, position),
            received_at=record.received_at,
        )
        for position, item in enumerate(items)
    ]


def place(sending: Sending) -> Place:
    return sending.project, (sending.span.trace_id, sending.span.span_id)


@dataclass(slots=True)
class Judge:
    """Decides span by span, in order, and remembers what it has decided: a span may come twice in one group."""

    known: dict[Place, Known]
    marks: list[str] = field(default_factory=list)
    moved: dict[int, int] = field(default_factory=dict)

    def hear(self, sending: Sending | None) -> None:
        self.marks.append(REJECTED if sending is None else self.mark(sending))

    def mark(self, sending: Sending) -> str:
        """First seen is stored. A later sending is merged, and one that is older than what is known is not written."""
        key, before = place(sending), self.known.get(place(sending))
        now = Known(sending.span.start, sending.version)
        if before is None:
            self.known[key] = now
            return STORED
        if now.version <= before.version:
            # At the same place the store itself keeps the newer one; elsewhere it would stand beside it.
            return MERGED if now.start == before.start else DROPPED
        if now.start != before.start:
            self.moved[len(self.marks)] = before.start
        self.known[key] = now
        return MERGED

    @property
    def verdict(self) -> Verdict:
        return Verdict("".join(self.marks), self.moved)


def judged(sendings: Sequence[Sending | None], known: Mapping[Place, Known]) -> Verdict:
    judge = Judge(dict(known))
    for sending in sendings:
        judge.hear(sending)
    return judge.verdict


def to_write(sendings: Sequence[Sending | None], verdict: Verdict) -> list[Sending]:
    """Those that go to the store."""
    marked = zip(sendings, verdict.marks, strict=True)
    return [one for one, mark in marked if one is not None and mark in (STORED, MERGED)]


def tombstones(sendings: Sequence[Sending | None], verdict: Verdict) -> Iterator[Tombstone]:
    """The old places of those that have moved, where the new sending was written."""
    for at, start in verdict.moved.items():
        one = sendings[at]
        if one is not None and verdict.marks[at] == MERGED:
            yield Tombstone(one.project, one.span.trace_id, one.span.span_id, start, one.version)
