"""Questions about keys, gathered: however many unknown keys come in, PostgreSQL is asked a bounded number of times."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

PAUSE = 0.05
"""Seconds between two questions: twenty a second, each for all keys that have come meanwhile."""
AT_ONCE = 1000
WAITING = 20_000
"""Keys that may wait for an answer."""


class TooMany(Exception):
    """More unknown keys come in than are asked for."""


class Lookups[Row]:
    """Finds rows by their ids: the first is asked for at once, those that come while it is out together after it."""

    def __init__(self, find: Callable[[Sequence[str]], Awaitable[Mapping[str, Row]]], pause: float = PAUSE) -> None:
        self.find, self.pause = find, pause
        self.waiting: dict[str, asyncio.Future[Row | None]] = {}
        self.asking: asyncio.Task[None] | None = None

    async def row(self, ident: str) -> Row | None:
        """The row, or None where there is none; raises what the question raised, and TooMany."""
        if ident not in self.waiting:
            if len(self.waiting) >= WAITING:
                raise TooMany
            self.waiting[ident] = asyncio.get_running_loop().create_future()
        answer = self.waiting[ident]
        if self.asking is None or self.asking.done():
            self.asking = asyncio.create_task(self.ask())
        return await asyncio.shield(answer)

    async def ask(self) -> None:
        while self.waiting:
            some = list(self.waiting)[:AT_ONCE]
            asked = {ident: self.waiting[ident] for ident in some}
            try:
                found = await self.find(some)
            except Exception as error:
                # Whatever it is, it is the answer to those who asked, and theirs to judge.
                self.settle(asked, error)
            else:
                self.settle(asked, found)
            await asyncio.sleep(self.pause)

    def settle(self, asked: Mapping[str, "asyncio.Future[Row | None]"], outcome: Mapping[str, Row] | Exception) -> None:
        for ident, answer in asked.items():
            self.waiting.pop(ident, None)
            if isinstance(outcome, Exception):
                answer.set_exception(outcome)
                answer.exception()  # taken note of, also where nobody waits any more
            else:
                answer.set_result(outcome.get(ident))
