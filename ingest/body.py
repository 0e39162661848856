"""Bodies: read and decompressed up to a limit, never beyond it."""

import zlib
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from typing import Protocol

import zstandard

from ingest.errors import Malformed, TooLarge, WrongType
from ingest.limits import BODY_BYTES, RATIO

ENCODINGS = ("identity", "gzip", "deflate", "zstd")
CHUNK = 256 * 1024
MEBIBYTE = 1024 * 1024


class Inflater(Protocol):
    """What zlib's decompressors have in common."""

    @property
    def unused_data(self) -> bytes: ...

    @property
    def unconsumed_tail(self) -> bytes: ...

    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes: ...


def encoding_of(header: str) -> str:
    """The content encoding, in lower case; raises WrongType for one that is not spoken here."""
    encoding = header.strip().lower() or "identity"
    if encoding == "x-gzip":
        return "gzip"
    if encoding not in ENCODINGS:
        raise WrongType("Content-Encoding", header, ", ".join(ENCODINGS))
    return encoding


def announced(header: str) -> None:
    """Refuses a body by the length that it says it has."""
    if header.isdecimal() and int(header) > BODY_BYTES:
        raise TooLarge("bytes", BODY_BYTES)


async def received(chunks: AsyncIterator[bytes]) -> bytes:
    """The whole body as it came over the wire."""
    held = bytearray()
    async for chunk in chunks:
        held += chunk
        if len(held) > BODY_BYTES:
            raise TooLarge("bytes", BODY_BYTES)
    return bytes(held)


def decompressed(wire: bytes, encoding: str) -> bytes:
    """The body as it was before its encoding. Stops at the limit, and at a growth that nothing honest has."""
    if encoding == "identity" or not wire:
        return wire
    held = bytearray()
    for part in parts(wire, encoding):
        held += part
        if len(held) > BODY_BYTES:
            raise TooLarge("bytes when decompressed", BODY_BYTES)
        if len(held) > MEBIBYTE and len(held) > RATIO * len(wire):
            raise TooLarge("bytes for each byte that was sent", RATIO)
    return bytes(held)


def parts(wire: bytes, encoding: str) -> Iterator[bytes]:
    try:
        yield from unzstd(wire) if encoding == "zstd" else inflated(wire, encoding)
    except (zlib.error, zstandard.ZstdError) as error:
        raise Malformed(f"The body is not {encoding}, though Content-Encoding says so.") from error


def inflated(wire: bytes, encoding: str) -> Iterator[bytes]:
    """Member by member: a gzip file may hold several, and all of them count."""
    rest = wire
    while rest:
        member = inflater(rest, encoding)
        while not member.eof:
            part = member.decompress(rest, CHUNK)
            rest = member.unconsumed_tail
            if not part and not rest and not member.eof:
                raise Malformed(f"The {encoding} body ends too early.")
            yield part
        rest = member.unused_data.lstrip(b"\0") if encoding == "gzip" else b""


def inflater(head: bytes, encoding: str) -> Inflater:
    """Deflate comes with and without zlib's header; both are sent."""
    if encoding == "gzip":
        return zlib.decompressobj(zlib.MAX_WBITS | 16)
    wrapped = len(head) >= 2 and head[0] & 15 == 8 and (head[0] << 8 | head[1]) % 31 == 0
    return zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)


def unzstd(wire: bytes) -> Iterator[bytes]:
    """Frame by frame, with a window that can't be talked into more than 16 MiB."""
    source = zstandard.ZstdDecompressor(max_window_size=16 * MEBIBYTE)
    with source.stream_reader(BytesIO(wire), read_across_frames=True) as reader:
        while part := reader.read(CHUNK):
            yield part
