import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable

import pytest
import zstandard

from ingest.body import announced, encoding_of, mouthfuls, received
from ingest.errors import Malformed, TooLarge, WrongType
from ingest.limits import BODY_BYTES

TEXT = b"some spans " * 1000


def decompressed(wire: bytes, encoding: str, chunk: int = 64 * 1024) -> bytes:
    """As it comes over a connection, in chunks of a size."""

    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, len(wire), chunk):
            yield wire[at : at + chunk]

    return bytes(asyncio.run(received(chunks(), encoding, lambda _: None)))


MEBIBYTE = 1024 * 1024


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("zstd", zstd),
        ("identity", bytes),
    ],
)
def test_a_body_comes_back_as_it_was(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    assert decompressed(pack(TEXT), encoding) == TEXT


@pytest.mark.parametrize("chunk", [1, 2, 7, 1000])
@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate), ("zstd", zstd)],
)
def test_it_does_not_matter_how_a_body_is_cut_on_its_way(
    encoding: str, pack: Callable[[bytes], bytes], chunk: int
) -> None:
    assert decompressed(pack(TEXT), encoding, chunk) == TEXT


def test_a_message_that_is_there_as_a_whole_is_taken_bit_by_bit() -> None:
    assert asyncio.run(received(mouthfuls(gzip.compress(TEXT)), "gzip", lambda _: None)) == TEXT


@pytest.mark.parametrize("chunk", [1, 5, 1000])
def test_all_members_of_a_gzip_body_count(chunk: int) -> None:
    assert decompressed(gzip.compress(b"one ") + gzip.compress(b"two") + b"\0" * 9, "gzip", chunk) == b"one two"


@pytest.mark.parametrize("chunk", [1, 5, 1000])
def test_all_frames_of_a_zstd_body_count(chunk: int) -> None:
    assert decompressed(zstd(b"one ") + zstd(b"two"), "zstd", chunk) == b"one two"


def test_growth_is_told_before_it_happens() -> None:
    told: list[int] = []

    asyncio.run(received(mouthfuls(gzip.compress(TEXT * 100)), "gzip", told.append))

    assert told[-1] == len(TEXT) * 100
    assert len(told) > 2


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_body_that_is_not_what_it_says_is_malformed(encoding: str) -> None:
    with pytest.raises(Malformed):
        decompressed(b"\x99\x98\x97 no such thing", encoding)


def test_a_body_that_ends_too_early_is_malformed() -> None:
    with pytest.raises(Malformed):
        decompressed(gzip.compress(TEXT)[:-20], "gzip")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_bomb_is_refused_without_being_blown_up(encoding: str) -> None:
    packs: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstd}
    bomb = packs[encoding](b"\0" * (256 * MEBIBYTE))
    tracemalloc.start()

    with pytest.raises(TooLarge):
        decompressed(bomb, encoding)

    assert tracemalloc.get_traced_memory()[1] < 140 * MEBIBYTE
    tracemalloc.stop()


def test_a_bomb_inside_a_bomb_is_only_opened_once() -> None:
    inner = gzip.compress(b"\0" * (32 * MEBIBYTE))

    assert decompressed(gzip.compress(inner), "gzip") == inner


@pytest.mark.parametrize(
    ("header", "meant"), [("", "identity"), ("GZIP", "gzip"), ("x-gzip", "gzip"), (" zstd ", "zstd")]
)
def test_an_encoding_is_known_in_any_case(header: str, meant: str) -> None:
    assert encoding_of(header) == meant


@pytest.mark.parametrize("header", ["br", "gzip, gzip", "snappy"])
def test_other_encodings_are_refused(header: str) -> None:
    with pytest.raises(WrongType):
        encoding_of(header)


def test_a_body_that_says_it_is_too_long_is_refused_unread() -> None:
    announced(str(BODY_BYTES))

    with pytest.raises(TooLarge):
        announced(str(BODY_BYTES + 1))
