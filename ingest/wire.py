"""Walking through a protobuf body by its fields, with an end to the patience: a small body can hold millions."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ingest.conventions.sent import Origin
from ingest.errors import TooLarge
from ingest.limits import ELEMENTS, ITEM_BYTES
from ingest.otlp import ATTRIBUTES
from ingest.protobuf import PATIENCE, Raw, spans_of, text

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
"""Wire types: how a field's content is written."""

NAME_LENGTH = 256


@dataclass(slots=True)
class Walk:
    """One body, and how many more fields of it are looked at."""

    raw: Raw
    left: int = ELEMENTS

    def __post_init__(self) -> None:
        PATIENCE.begin()

    def fields(self, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
        """Number, wire type and place of each field, as `spans_of` gives them; TooLarge where there are too many."""
        for field in spans_of(self.raw, at, end):
            self.left -= 1
            if self.left < 0:
                raise TooLarge("fields", ELEMENTS)
            yield field

    def messages(self, at: int, end: int, number: int) -> Iterator[tuple[int, int]]:
        """The places of the messages under one field number."""
        for found, kind, start, stop in self.fields(at, end):
            if found == number and kind == LENGTH:
                yield start, stop

    def part(self, start: int, stop: int) -> bytes:
        if stop - start > ITEM_BYTES:
            raise TooLarge("bytes in a single text", ITEM_BYTES)
        return bytes(self.raw[start:stop])

    def unpacked(self, code: str, kind: int, start: int, stop: int) -> list[Any]:
        """The numbers of a repeated field of fixed size, packed or a single one; `code` is struct's, hence Any."""
        size = struct.calcsize(code)
        if kind not in (LENGTH, FIXED64) or (stop - start) % size or stop > len(self.raw):
            raise ValueError("numbers of another size")
        return [number for (number,) in struct.iter_unpack(code, self.raw[start:stop])]


def places(walk: Walk) -> Iterator[tuple[int, int, Origin]]:
    """Where each log record, or metric, of a request lies, and where it comes from: both kinds are nested alike."""
    for begin, end in walk.messages(0, len(walk.raw), 1):
        resource = [walk.part(a, b) for c, d in walk.messages(begin, end, 1) for a, b in walk.messages(c, d, 1)]
        told = ATTRIBUTES.read(resource, set())
        for first, last in walk.messages(begin, end, 2):
            origin = Origin(told, scope_name(walk, first, last))
            for start, stop in walk.messages(first, last, 2):
                yield start, stop, origin


def scope_name(walk: Walk, begin: int, end: int) -> str:
    for start, stop in walk.messages(begin, end, 1):
        for a, b in walk.messages(start, stop, 1):
            return text(walk.part(a, min(b, a + 4 * NAME_LENGTH)), set())[:NAME_LENGTH]
    return ""


def number_at(raw: Raw, code: str, start: int) -> Any:
    """A single number of fixed size; `code` is struct's, hence Any."""
    return struct.unpack_from(code, raw, start)[0]


def signed(value: int) -> int:
    """A varint of a signed type."""
    return value - (1 << 64) if value >> 63 else value


def zigzag(value: int) -> int:
    """A varint of protobuf's sint types."""
    return (value >> 1) ^ -(value & 1)
