"""Spans on the wire that are far too big: their long texts are cut before anything is built of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from ingest.errors import TooLarge
from ingest.limits import ITEM_BYTES, ITEM_VALUES, VALUE_LENGTH
from ingest.protobuf import Raw, Undecodable, varint
from ingest.trim import ATTRIBUTES_DROPPED, TRUNCATED, cut

ATTRIBUTE, KEY, VALUE, TEXT = 9, 1, 2, 1
"""Field numbers: a span's attributes, the two members of one, and a text among values."""
LENGTH, VARINT = 2, 0
SIZES = {1: 8, 5: 4}
LONG = 64 * 1024
"""Attributes up to here say what a span is and are kept before longer ones."""


class Oversize(TooLarge):
    """One span, log record or metric is bigger than one may be."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One field: from `begin` on its tag, from `start` to `stop` its content."""

    number: int
    kind: int
    begin: int
    start: int
    stop: int


def frames(raw: Raw, at: int, end: int) -> Iterator[Frame]:
    while at < end:
        begin = at
        tag, at = varint(raw, at)
        number, kind = tag >> 3, tag & 7
        if kind == LENGTH:
            length, start = varint(raw, at)
            stop = start + length
        elif kind == VARINT:
            start, (_, stop) = at, varint(raw, at)
        elif kind in SIZES:
            start, stop = at, at + SIZES[kind]
        else:
            raise Undecodable("The body holds a group, which OTLP does not know.")
        if stop > end:
            raise Undecodable("The body ends in the middle of a field.")
        yield Frame(number, kind, begin, start, stop)
        at = stop


def slimmed(raw: Raw, view: memoryview, at: int, end: int, flags: set[str]) -> memoryview:
    """A span whose longest texts are cut, and of those many only some kept; Oversize where it is still too big."""
    pieces, size = list[bytes | memoryview](), 0
    for count, frame in enumerate(frames(raw, at, end)):
        shorter = attribute(raw, view, frame, flags) if frame.number == ATTRIBUTE else None
        piece = view[frame.begin : frame.stop] if shorter is None else shorter
        if frame.number == ATTRIBUTE and len(piece) > LONG and size + len(piece) > ITEM_BYTES // 2:
            flags.add(ATTRIBUTES_DROPPED)
            continue
        pieces.append(piece)
        size += len(piece)
        if count > ITEM_VALUES:
            raise Oversize("fields in a single span", ITEM_VALUES)
        if size > ITEM_BYTES:
            raise Oversize("bytes in a single span", ITEM_BYTES)
    return memoryview(b"".join(pieces))


def attribute(raw: Raw, view: memoryview, frame: Frame, flags: set[str]) -> bytes | None:
    """A span's attribute with its text cut; None where it holds no text that is too long."""
    if frame.kind != LENGTH or frame.stop - frame.start <= VALUE_LENGTH:
        return None
    members = {one.number: one for one in frames(raw, frame.start, frame.stop)}
    key, value = members.get(KEY), members.get(VALUE)
    inner = next(frames(raw, value.start, value.stop), None) if value and value.kind == LENGTH else None
    if key is None or inner is None or (inner.number, inner.kind) != (TEXT, LENGTH):
        return None
    text = cut(view[inner.start : inner.stop])
    if text.length <= VALUE_LENGTH:
        return None
    flags.add(TRUNCATED)
    kept = framed(VALUE, framed(TEXT, text.text.encode(errors="replace")))
    return framed(ATTRIBUTE, bytes(view[key.begin : key.stop]) + kept)


def framed(number: int, content: bytes) -> bytes:
    """A field with a length."""
    return written(number << 3 | LENGTH) + written(len(content)) + content


def written(number: int) -> bytes:
    """A number as a varint."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
