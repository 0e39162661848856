"""How much of clients' bodies may be in memory at once. Who comes when there is no room is told to come again."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType

from ingest.errors import TryLater
from ingest.memory import give_back

BIG = 4 * 1024 * 1024
"""Bodies beyond this come in one after the other."""
SMALL_BYTES = 24 * 1024 * 1024
"""What all the others may hold together: about what is read in two seconds."""
PATIENCE = 0.5
"""Seconds that a big body waits for the one before it."""
LONGEST = 30.0
"""Seconds in which a body must be there: a slow one keeps others out."""


@dataclass
class Room:
    """One lane for big bodies, one at a time, and one for all others, so that neither waits for the other."""

    small: int = 0
    free: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while no big body is there."""

    def __post_init__(self) -> None:
        self.free.set()

    def stay(self) -> "Stay":
        return Stay(self)


@dataclass
class Stay:
    """One request's part of the room, from its first byte until it is answered."""

    room: Room
    held: int = 0
    is_big: bool = False

    def __enter__(self) -> "Stay":
        return self

    async def announced(self, size: int) -> None:
        """A big body that says so waits a moment before it is taken in."""
        if size > BIG and not self.room.free.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self.room.free.wait(), PATIENCE)
        if size > BIG:
            self.become_big()

    def grown(self, size: int) -> None:
        """The body holds so much now."""
        if self.is_big:
            return
        others = self.room.small - self.held
        if size > BIG:
            self.become_big()
        elif others and others + size > SMALL_BYTES:
            raise TryLater("Too many requests at once.")
        else:
            self.room.small, self.held = others + size, size

    def become_big(self) -> None:
        if not self.room.free.is_set():
            raise TryLater("Another big request is being read.")
        self.room.free.clear()
        self.room.small -= self.held
        self.held, self.is_big = 0, True

    def __exit__(self, _k: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self.room.small -= self.held
        if self.is_big:
            self.room.free.set()
            asyncio.get_running_loop().call_later(PATIENCE, give_back)
        self.held, self.is_big = 0, False
