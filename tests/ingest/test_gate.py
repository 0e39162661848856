import asyncio
from functools import partial

import pytest

from ingest.errors import TryLater
from ingest.gate import SLOW, Gate


async def message(comes: asyncio.Event) -> bytes:
    await comes.wait()
    return b"message"


def test_a_message_is_given_on() -> None:
    async def act() -> bytes:
        there = asyncio.Event()
        there.set()
        return await Gate().read(partial(message, there))

    assert asyncio.run(act()) == b"message"


def test_slow_messages_are_few_at_a_time_and_all_come_in() -> None:
    async def act() -> None:
        gate, comes = Gate(), asyncio.Event()
        reading = [asyncio.ensure_future(gate.read(partial(message, comes))) for _ in range(SLOW + 1)]
        while gate.reading < SLOW:
            await asyncio.sleep(0)

        comes.set()

        assert await asyncio.gather(*reading) == [b"message"] * (SLOW + 1)
        assert gate.reading == 0

    asyncio.run(act())


def test_where_memory_is_full_one_message_comes_in_at_a_time() -> None:
    async def act() -> None:
        gate, comes = Gate(mark=0), asyncio.Event()
        first = asyncio.ensure_future(gate.read(partial(message, comes)))
        while not gate.reading:
            await asyncio.sleep(0)

        with pytest.raises(TryLater):
            await gate.read(partial(message, comes))
        comes.set()

        assert await first == b"message"

    asyncio.run(act())


def test_a_call_that_is_given_up_leaves_room_for_others() -> None:
    async def act() -> None:
        gate, never = Gate(), asyncio.Event()
        for _ in range(SLOW + 1):
            reading = asyncio.ensure_future(gate.read(partial(message, never)))
            while not gate.reading:
                await asyncio.sleep(0)
            reading.cancel()
            await asyncio.wait({reading})
            await asyncio.sleep(0)

        assert gate.reading == 0

    asyncio.run(act())
