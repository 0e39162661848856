"""How gRPC's messages come in. Their size is known only when they are there, and gRPC holds each three times over."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from ingest.errors import TryLater
from ingest.memory import resident
from ingest.room import LONGEST

BREATH = 0.01
"""Seconds in which a message that is not big is there; then the next may begin."""
SLOW = 4
"""Messages that may take longer than a breath, at once."""
ROOM = 48 * 1024 * 1024
"""Bytes above what the process needs for itself, from which on messages come in one after the other."""
PATIENCE = 1.0


@dataclass
class Gate:
    """Calls begin to read their messages one after another, and wait while what came in before fills the memory."""

    mark: int = field(default_factory=lambda: resident() + ROOM)
    order: asyncio.Lock = field(default_factory=asyncio.Lock)
    reading: int = 0

    async def read[T](self, message: Callable[[], Awaitable[T]]) -> T:
        """The message; TryLater where there was no room for it within a second, or where it takes too long."""
        async with self.order:
            await self.room()
            self.reading += 1
            coming = asyncio.ensure_future(message())
            coming.add_done_callback(self.has_come)
            try:
                await asyncio.wait({coming}, timeout=BREATH)
            except asyncio.CancelledError:
                coming.cancel()
                raise
        try:
            return await asyncio.wait_for(coming, LONGEST)
        except TimeoutError as error:
            raise TryLater(f"The message did not come in within {LONGEST:g} seconds.") from error

    def has_come(self, _message: object) -> None:
        self.reading -= 1

    async def room(self) -> None:
        limit = time.monotonic() + PATIENCE
        while self.reading >= SLOW or (self.reading and resident() > self.mark):
            if time.monotonic() > limit:
                raise TryLater("Too many big requests at once.")
            await asyncio.sleep(BREATH)
