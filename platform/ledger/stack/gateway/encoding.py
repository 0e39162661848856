"""Compression on the wire, both ways, with a bound on what comes out."""

import contextlib
import sys
import zlib
from collections.abc import Callable
from typing import Protocol

from ledger.stack.gateway.errors import BodyTooLarge, BodyUnreadable, EncodingUnknown

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


class Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def inflater() -> Decompressor:
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # 32: gzip or zlib, whichever the data says


def deflated(data: bytes, wbits: int) -> bytes:
    packer = zlib.compressobj(level=1, wbits=wbits)
    return packer.compress(data) + packer.flush()


READERS: dict[str, Callable[[], Decompressor]] = {
    "gzip": inflater,
    "deflate": inflater,
    "zstd": zstd.ZstdDecompressor,
}
WRITERS: dict[str, Callable[[bytes], bytes]] = {
    "zstd": lambda data: zstd.compress(data, level=1),
    "gzip": lambda data: deflated(data, zlib.MAX_WBITS | 16),
    "deflate": lambda data: deflated(data, zlib.MAX_WBITS),
}
with contextlib.suppress(ImportError):  # comes with clickhouse-connect below Python 3.14, where its clients prefer it
    import lz4.frame  # type: ignore[import-untyped]

    READERS["lz4"] = lz4.frame.LZ4FrameDecompressor
    WRITERS = {"lz4": lz4.frame.compress, **WRITERS}

WORTH_COMPRESSING = 1 << 12


def decompressed(data: bytes, encoding: str, limit: int) -> bytes:
    """The data in clear; clients send a frame a block, so one body may hold many."""
    if encoding in ("", "identity"):
        return data
    if encoding not in READERS:
        raise EncodingUnknown(encoding, ", ".join(sorted(READERS)))
    clear = bytearray()
    while data:
        frame = READERS[encoding]()
        try:
            clear += frame.decompress(data, limit - len(clear) + 1)
        except (zlib.error, zstd.ZstdError, RuntimeError) as error:
            raise BodyUnreadable(encoding, error) from error
        if len(clear) > limit:
            raise BodyTooLarge(limit)
        if not frame.eof:
            raise BodyUnreadable(encoding, "it ends in the middle of a frame")
        data = frame.unused_data
    return bytes(clear)


def compressed(data: bytes, accepted: str) -> tuple[bytes, str]:
    """The data in the cheapest encoding the client accepts, and the encoding's name; "" where none is worth it."""
    offered = {word.partition(";")[0].strip() for word in accepted.split(",")}
    for encoding, compress in WRITERS.items():
        if encoding in offered and len(data) >= WORTH_COMPRESSING:
            return compress(data), encoding
    return data, ""
