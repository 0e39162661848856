"""What a request for traces, logs or metrics goes through once its sender is known, whichever protocol it came by."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import anyio

from ingest import logs, metric_points
from ingest.batch import Batch
from ingest.committer import SpoolError
from ingest.cursor import Body
from ingest.errors import TryLater
from ingest.held import Held
from ingest.keys import Access, KeyRing
from ingest.metrics import Metrics
from ingest.origins import Origins
from ingest.reading import Clock, Reading, reading
from ingest.records import Records
from ingest.redaction.redactor import Redactor, Redactors
from ingest.retention import calendar
from ingest.room import BIG, Room
from ingest.spool import Spool
from ingest.words import Vocabulary

INLINE_BYTES = 64 * 1024
"""Bodies up to here are read on the spot; bigger ones on a thread, so that others are answered meanwhile."""


@dataclass
class Door:
    """What the endpoints share."""

    keys: KeyRing
    spool: Spool
    origins: Origins
    redactors: Redactors
    retention_days: int = 3650
    metrics: Metrics = field(default_factory=Metrics)
    clock: Clock = field(default_factory=Clock)
    room: Room = field(default_factory=Room)
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(2))
    thread_for_one: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(1))

    async def keep(self, access: Access, found: Reading) -> None:
        """Returns when it is on disk."""
        received_at = self.clock.take(found.spans + found.refused)
        await self.append(Batch(access.project, access.key_id, received_at, found.parts, found.rejected))

    def redactor(self, access: Access) -> Redactor:
        """For one request: what goes to the spool goes through it first."""
        return self.redactors.of(access.project, access.redaction)

    async def append(self, batch: Batch) -> None:
        try:
            await self.spool.append(batch)
        except SpoolError as error:
            raise TryLater(str(error)) from error

    async def read[T](self, held: Held, read: Callable[[Body], T]) -> T:
        """Does the reading of a body, on a thread if it takes long. The body is gone when it returns."""
        if len(held) <= INLINE_BYTES:
            return held.read(read)
        limiter = self.threads if len(held) <= BIG else self.thread_for_one
        return await anyio.to_thread.run_sync(held.read, read, limiter=limiter)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What of a request was not taken although the rest was: how many, and why in words."""

    count: int = 0
    message: str = ""


type Take = Callable[[Door, Access, Held, str], Awaitable[LeftOut]]
"""Takes a decompressed body of a content type; returns when it is on disk."""


async def take_traces(door: Door, access: Access, held: Held, content_type: str) -> LeftOut:
    redactor = door.redactor(access)
    days, words = calendar(door.retention_days), door.vocabulary.of(access.project)
    found = await door.read(held, lambda body: reading(body, content_type, redactor, days, words))
    if found.parts or found.rejected:
        await door.keep(access, found)
    door.metrics.spans += found.spans + found.refused
    door.metrics.redaction_failed += redactor.failed
    door.metrics.attributes_dropped += found.attributes_dropped
    door.metrics.rejected.update({reason: len(samples) for reason, samples in found.rejected.items()})
    return LeftOut(found.refused, found.message)


def records(signal: str, read: Callable[[Body, str, Redactor], Records]) -> Take:
    """Log records or data points: what is kept of them is on disk when this returns, the rest is counted by name."""

    async def take(door: Door, access: Access, held: Held, content_type: str) -> LeftOut:
        redactor = door.redactor(access)
        found = await door.read(held, lambda body: read(body, content_type, redactor))
        if found.parts or found.rejected:
            at = door.clock.take(1)
            await door.append(Batch(access.project, access.key_id, at, found.parts, noted=found.rejected))
        door.metrics.records(signal, found)
        door.metrics.redaction_failed += redactor.failed
        return LeftOut(found.refused, found.message)

    return take


SIGNALS: dict[str, Take] = {
    "traces": take_traces,
    "logs": records("logs", logs.reading),
    "metrics": records("metrics", metric_points.reading),
}
