"""What a request for traces, logs or metrics goes through once its sender is known, whichever protocol it came by."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

import anyio

from ingest import logs, metric_points
from ingest.batch import Batch
from ingest.body import decompressed
from ingest.committer import SpoolError
from ingest.errors import TryLater
from ingest.keys import Access, KeyRing
from ingest.limits import BODY_BYTES
from ingest.metrics import Metrics
from ingest.origins import Origins
from ingest.reading import Clock, Reading, reading
from ingest.records import Records
from ingest.redaction.redactor import Redactor, Redactors
from ingest.retention import calendar
from ingest.spool import Spool

INLINE_BYTES = 64 * 1024
"""Bodies up to here are read on the spot; bigger ones on a thread, so that others are answered meanwhile."""

READING_BYTES = 96 * 1024 * 1024
"""Decoded bytes of all requests together that may be in memory; who comes after is told to come again."""


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
    threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(2))
    in_memory: int = 0

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

    async def read[T](self, size: int, read: Callable[[], T]) -> T:
        """Does the reading of a body of this size, on a thread if it takes long."""
        if size <= INLINE_BYTES:
            return read()
        if self.in_memory and self.in_memory + size > READING_BYTES:
            raise TryLater("Too many big requests at once.")
        self.in_memory += size
        try:
            return await anyio.to_thread.run_sync(read, limiter=self.threads)
        finally:
            self.in_memory -= size

    async def inflated(self, wire: bytes, encoding: str) -> bytes:
        """The body as it was before its encoding."""
        grown = len(wire) if encoding == "identity" else len(wire) * 8
        return await self.read(min(grown, BODY_BYTES), partial(decompressed, wire, encoding))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What of a request was not taken although the rest was: how many, and why in words."""

    count: int = 0
    message: str = ""


type Take = Callable[[Door, Access, bytes, str], Awaitable[LeftOut]]
"""Takes a decompressed body of a content type; returns when it is on disk."""


async def take_traces(door: Door, access: Access, body: bytes, content_type: str) -> LeftOut:
    redactor = door.redactor(access)
    found = await door.read(len(body), partial(reading, body, content_type, redactor, calendar(door.retention_days)))
    if found.parts or found.rejected:
        await door.keep(access, found)
    door.metrics.spans += found.spans + found.refused
    door.metrics.redaction_failed += redactor.failed
    door.metrics.rejected.update({reason: len(samples) for reason, samples in found.rejected.items()})
    return LeftOut(found.refused, found.message)


def records(signal: str, read: Callable[[bytes, str, Redactor], Records]) -> Take:
    """Log records or data points: what is kept of them is on disk when this returns, the rest is counted by name."""

    async def take(door: Door, access: Access, body: bytes, content_type: str) -> LeftOut:
        redactor = door.redactor(access)
        found = await door.read(len(body), partial(read, body, content_type, redactor))
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
