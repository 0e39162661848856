"""Where one value lies in a JSON body, and how it is built: bounded, because a small text can hold millions."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from ingest.cursor import ONE_TEXT, Body
from ingest.errors import Malformed
from ingest.limits import ITEM_BYTES, ITEM_VALUES, VALUE_LENGTH
from ingest.slim import Oversize
from ingest.trim import PIECE, TRUNCATED, Cut

type Tree = Any
"""JSON as it came, looked at step by step: hence Any."""

SMALL = 64 * 1024
LENIENT_BYTES = 1024 * 1024
"""Up to here, what strict JSON refuses is read once more, leniently."""


@dataclass(frozen=True, slots=True)
class Place:
    body: Body
    start: int
    stop: int

    def built(self, flags: set[str]) -> Tree:
        """The value. Texts that are far too long are cut before they are built."""
        if self.stop - self.start <= SMALL:
            return loaded(self.raw())
        if self.count(b"{") + self.count(b"[") > ITEM_VALUES or self.count(b",") > 2 * ITEM_VALUES:
            raise Oversize("values in a single item", ITEM_VALUES)
        if self.stop - self.start <= ITEM_BYTES:
            return loaded(self.raw())
        if self.count(b'"') - self.count(b'\\"') > 4 * ITEM_VALUES:
            raise Oversize("texts in a single item", ITEM_VALUES)
        shorter = b"".join(self.shortened(flags))
        if len(shorter) > ITEM_BYTES:
            raise Oversize("bytes in a single item", ITEM_BYTES)
        return loaded(shorter)

    def raw(self) -> bytes:
        return bytes(self.body[self.start : self.stop])

    def count(self, mark: bytes) -> int:
        return self.body.count(mark, self.start, self.stop)

    def shortened(self, flags: set[str]) -> Iterator[bytes]:
        done = self.start
        for found in ONE_TEXT.finditer(self.body, self.start, self.stop):
            if found.end() - found.start() > VALUE_LENGTH + 2:
                text = cut(self.body, found.start() + 1, found.end() - 1)
                if text.length > VALUE_LENGTH:
                    flags.add(TRUNCATED)
                    yield bytes(self.body[done : found.start()])
                    yield orjson.dumps(text.text)
                    done = found.end()
        yield bytes(self.body[done : self.stop])


def cut(body: Body, at: int, end: int) -> Cut:
    """What lies between two quotation marks, read piece by piece."""
    found = Cut()
    while at < end:
        stop = seam(body, at, end)
        piece = loaded(b'"' + body[at:stop] + b'"')
        found.add(piece if isinstance(piece, str) else "")
        at = stop
    return found


def seam(body: Body, at: int, end: int) -> int:
    """Where a piece may end: not within a character, and not within an escape."""
    stop = at + PIECE
    if stop >= end:
        return end
    while body[stop] & 0xC0 == 0x80:
        stop -= 1
    last = body.rfind(b"\\", stop - 6, stop)
    if last < 0:
        return stop
    while last > at and body[last - 1] == ord("\\"):
        last -= 1
    return last if last > at else stop - (stop - at) % 2


def loaded(raw: bytes) -> Tree:
    """The JSON of a few bytes. What strict JSON refuses for one bad text or number is read once more, leniently."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if len(raw) > LENIENT_BYTES:
            raise Malformed(f"The body is no JSON: {error}.") from error
        return lenient(raw)


def lenient(raw: bytes) -> Tree:
    try:
        return mended(json.loads(raw.decode("utf-8", "replace"), strict=False))
    except (ValueError, RecursionError) as error:
        raise Malformed(f"The body is no JSON: {str(error)[:200]}.") from error


def mended(held: Tree) -> Tree:
    """Texts without halves of characters."""
    if isinstance(held, str):
        return held.encode("utf-8", "replace").decode()
    if isinstance(held, list):
        return [mended(item) for item in held]
    if isinstance(held, dict):
        return {mended(key): mended(value) for key, value in held.items()}
    return held
