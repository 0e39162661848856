import asyncio

import pytest
from starlette.requests import Request
from starlette.types import Message

from ingest import app
from ingest.answers import JSON
from ingest.errors import TryLater
from ingest.room import BIG, SMALL_BYTES, Room


def test_small_bodies_share_what_there_is() -> None:
    room = Room()
    stays = [room.stay() for _ in range(SMALL_BYTES // BIG)]
    for stay in stays:
        stay.grown(BIG)

    with pytest.raises(TryLater):
        room.stay().grown(1)

    stays[0].__exit__(None, None, None)
    room.stay().grown(BIG)


def test_a_body_counts_once_however_often_it_grows() -> None:
    room = Room()

    with room.stay() as stay:
        for size in (10, 20, 30):
            stay.grown(size)
        assert room.small == 30

    assert room.small == 0


def test_one_big_body_is_there_at_a_time_and_small_ones_beside_it() -> None:
    async def act() -> None:
        room = Room()
        with room.stay() as big, room.stay() as small, room.stay() as other:
            big.grown(BIG + 1)
            small.grown(BIG)
            with pytest.raises(TryLater):
                other.grown(BIG + 1)
        with room.stay() as next_one:
            next_one.grown(BIG + 1)

    asyncio.run(act())


def test_a_big_body_that_says_so_waits_for_the_one_before_it() -> None:
    async def act() -> None:
        room = Room()
        before = room.stay()
        await before.announced(BIG + 1)
        waiting = asyncio.ensure_future((after := room.stay()).announced(BIG + 1))
        await asyncio.sleep(0)
        assert not waiting.done()

        before.__exit__(None, None, None)

        await waiting
        assert after.is_big

    asyncio.run(act())


def test_a_big_body_does_not_wait_for_ever() -> None:
    async def act() -> None:
        room = Room()
        await room.stay().announced(BIG + 1)

        with pytest.raises(TryLater):
            await room.stay().announced(BIG + 1)

    asyncio.run(act())


def test_a_body_that_trickles_in_is_given_up_and_leaves_its_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "LONGEST", 0.05)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(BIG + 1).encode())]
    chunks = iter([{"type": "http.request", "body": b"[", "more_body": True}])

    async def receive() -> Message:
        for chunk in chunks:
            return chunk
        await asyncio.Event().wait()
        raise AssertionError("waits for ever")

    async def act() -> None:
        room = Room()
        with pytest.raises(TryLater), room.stay() as stay:
            await app.decoded(stay, Request({"type": "http", "headers": headers}, receive), (JSON,))
        assert room.free.is_set()

    asyncio.run(act())
