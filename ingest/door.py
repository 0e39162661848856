"""What a request for traces, logs or metrics goes through once its sender is known, whichever protocol it came by."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

import anyio

from ingest.answers import JSON
from ingest.batch import Batch
from ingest.body import decompressed
from ingest.committer import SpoolError
from ingest.errors import TryLater
from ingest.keys import Access, KeyRing
from ingest.limits import BODY_BYTES
from ingest.metrics import Metrics
from ingest.reading import Clock, Reading, reading
from ingest.spool import Spool
from ingest.unkept import counted

INLINE_BYTES = 64 * 1024
"""Bodies up to here are read on the spot; bigger ones on a thread, so that others are answered meanwhile."""

READING_BYTES = 96 * 1024 * 1024
"""Decoded bytes of all requests together that may be in memory; who comes after is told to come again."""


@dataclass
class Door:
    """What the endpoints share."""

    keys: KeyRing
    spool: Spool
    metrics: Metrics = field(default_factory=Metrics)
    clock: Clock = field(default_factory=Clock)
    threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(2))
    in_memory: int = 0

    async def keep(self, access: Access, found: Reading) -> None:
        """Returns when it is on disk."""
        received_at = self.clock.take(found.spans + found.refused)
        await self.append(Batch(access.project, access.key_id, received_at, found.parts, found.rejected))

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
    found = await door.read(len(body), partial(reading, body, content_type))
    if found.parts or found.rejected:
        await door.keep(access, found)
    door.metrics.spans += found.spans + found.refused
    door.metrics.rejected.update({reason: len(samples) for reason, samples in found.rejected.items()})
    return LeftOut(found.refused, found.message)


def unkept(signal: str) -> Take:
    """Logs or metrics: answered with how many were left out, so that no client sends them again."""

    async def take(door: Door, _access: Access, body: bytes, content_type: str) -> LeftOut:
        count = await door.read(len(body), partial(counted, body, signal, content_type == JSON))
        door.metrics.dropped[signal] += count
        return LeftOut(count, f"Spanledger does not keep {signal} yet." if count else "")

    return take


SIGNALS: dict[str, Take] = {"traces": take_traces, "logs": unkept("logs"), "metrics": unkept("metrics")}
