"""Bodies: decompressed as they arrive, up to a limit, never beyond it."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import zstandard

from ingest.cursor import Body
from ingest.errors import Malformed, TooLarge, WrongType
from ingest.limits import BODY_BYTES, RATIO

ENCODINGS = ("identity", "gzip", "deflate", "zstd")
CHUNK = 256 * 1024
MOUTHFUL = 4 * 1024
"""Compressed bytes that are blown up at one go: all others wait meanwhile."""
MEBIBYTE = 1024 * 1024

type Sink = Callable[[Body], object]


class Member(Protocol):
    """What zlib's decompressors have in common."""

    @property
    def unused_data(self) -> bytes: ...

    @property
    def unconsumed_tail(self) -> bytes: ...

    @property
    def eof(self) -> bool: ...

    def decompress(self, data: Body, max_length: int = 0, /) -> bytes: ...


class Inflater(Protocol):
    """Takes what comes over the wire bit by bit, and gives on what it was before."""

    def feed(self, wire: Body) -> None: ...

    def finish(self) -> None:
        """There is no more: raises Malformed where there should be."""


def encoding_of(header: str) -> str:
    """The content encoding, in lower case; raises WrongType for one that is not spoken here."""
    encoding = header.strip().lower() or "identity"
    if encoding == "x-gzip":
        return "gzip"
    if encoding not in ENCODINGS:
        raise WrongType("Content-Encoding", header, ", ".join(ENCODINGS))
    return encoding


def announced(header: str) -> int:
    """The length that a body says it has, 0 where it says none; refuses it where that is too much."""
    size = int(header) if header.isdecimal() and len(header) < 20 else 0
    if size > BODY_BYTES or (header.isdecimal() and len(header) >= 20):
        raise TooLarge("bytes", BODY_BYTES)
    return size


@dataclass(slots=True)
class Bounded:
    """Where the pieces of a body are put together. Refuses too much of it, and a growth that nothing honest has."""

    grown: Callable[[int], object] = lambda _: None
    """Is told how much there is, before there is more."""
    held: bytearray = field(default_factory=bytearray)
    wire: int = 0

    def sent(self, size: int) -> None:
        self.wire += size
        if self.wire > BODY_BYTES:
            raise TooLarge("bytes", BODY_BYTES)

    def write(self, piece: Body) -> int:
        size = len(self.held) + len(piece)
        if size > BODY_BYTES:
            raise TooLarge("bytes when decompressed", BODY_BYTES)
        if size > MEBIBYTE and size > RATIO * self.wire:
            raise TooLarge("bytes for each byte that was sent", RATIO)
        self.grown(size)
        self.held += piece
        return len(piece)


async def received(chunks: AsyncIterator[Body], encoding: str, grown: Callable[[int], object]) -> bytearray:
    """The whole body, decompressed while it comes in, so that it is never held twice."""
    found = Bounded(grown)
    inflating = inflater(encoding, found)
    mouthful = CHUNK if encoding == "identity" else MOUTHFUL
    async for chunk in chunks:
        for wire in pieces(chunk, mouthful):
            before = len(found.held)
            found.sent(len(wire))
            inflating.feed(wire)
            if len(found.held) - before >= CHUNK:
                await asyncio.sleep(0)
    if found.wire:
        inflating.finish()
    return found.held


def pieces(chunk: Body, size: int) -> Iterator[Body]:
    return (chunk[at : at + size] for at in range(0, len(chunk), size)) if len(chunk) > size else iter((chunk,))


async def mouthfuls(wire: Body) -> AsyncIterator[Body]:
    """A body that has come as a whole, as if it came in bit by bit."""
    for piece in pieces(wire, CHUNK):
        yield piece


def inflater(encoding: str, found: Bounded) -> Inflater:
    if encoding == "zstd":
        return Zstd(found)
    return Zlib(encoding, found.write) if encoding != "identity" else Identity(found.write)


@dataclass(slots=True)
class Identity:
    write: Sink

    def feed(self, wire: Body) -> None:
        self.write(wire)

    def finish(self) -> None:
        pass


@dataclass(slots=True)
class Zlib:
    """Gzip and deflate. A gzip body may hold several members, and all of them count."""

    encoding: str
    write: Sink
    member: Member | None = None
    head: bytes = b""
    ended: bool = False
    """A member has come to its end."""

    def feed(self, wire: Body) -> None:
        try:
            self.take(wire)
        except zlib.error as error:
            raise Malformed(f"The body is not {self.encoding}, though Content-Encoding says so.") from error

    def take(self, rest: Body) -> None:
        while rest:
            if self.member is None:
                rest = self.begun(rest)
                if self.member is None:
                    return
            rest = self.inflated(self.member, rest)

    def begun(self, rest: Body) -> bytes:
        """Opens the next member as soon as its first two bytes are there; after the last there may be padding."""
        rest = self.head + bytes(rest)
        if self.ended:
            rest = rest.lstrip(b"\0") if self.encoding == "gzip" else b""
        self.head = rest if len(rest) < 2 else b""
        if len(rest) >= 2:
            self.member = member(rest, self.encoding)
        return rest

    def inflated(self, member: Member, rest: Body) -> bytes:
        """What is left over behind the member, or nothing."""
        while not member.eof:
            part = member.decompress(rest, CHUNK)
            rest = member.unconsumed_tail
            if not part and not rest:
                break
            self.write(part)
        if not member.eof:
            return b""
        self.member, self.ended = None, True
        return member.unused_data

    def finish(self) -> None:
        if self.member is not None or self.head or not self.ended:
            raise Malformed(f"The {self.encoding} body ends too early.")


def member(head: bytes, encoding: str) -> Member:
    """Deflate comes with and without zlib's header; both are sent."""
    if encoding == "gzip":
        return zlib.decompressobj(zlib.MAX_WBITS | 16)
    wrapped = head[0] & 15 == 8 and (head[0] << 8 | head[1]) % 31 == 0
    return zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)


class Zstd:
    """Frame by frame, with a window that can't be talked into more than 16 MiB."""

    def __init__(self, found: Bounded) -> None:
        source = zstandard.ZstdDecompressor(max_window_size=16 * MEBIBYTE)
        # Any: zstandard asks for a file, and needs of it no more than `write`.
        target: Any = found
        self.writer = source.stream_writer(target, write_size=CHUNK, closefd=False)

    def feed(self, wire: Body) -> None:
        try:
            self.writer.write(wire)
        except zstandard.ZstdError as error:
            raise Malformed("The body is not zstd, though Content-Encoding says so.") from error

    def finish(self) -> None:
        pass
