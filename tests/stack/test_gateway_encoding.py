import gzip
import zlib
from collections.abc import Callable

import pytest

from ledger.stack.gateway.encoding import READERS, WORTH_COMPRESSING, WRITERS, compressed, decompressed
from ledger.stack.gateway.errors import BodyTooLarge, BodyUnreadable, EncodingUnknown

TEXT = b"the same words again and again " * 1000


@pytest.mark.parametrize("encoding", sorted(WRITERS))
def test_what_is_compressed_can_be_read_again(encoding: str) -> None:
    packed, name = compressed(TEXT, f"br, {encoding};q=0.9")

    assert (name, len(packed) < len(TEXT) / 10) == (encoding, True)
    assert decompressed(packed, encoding, len(TEXT)) == TEXT


@pytest.mark.parametrize("encoding", sorted(READERS))
def test_a_body_may_be_many_frames_in_a_row(encoding: str) -> None:
    frames = b"".join(WRITERS[encoding](block) for block in (b"one ", b"", b"two"))

    assert decompressed(frames, encoding, 7) == b"one two"


@pytest.mark.parametrize("encoding", sorted(READERS))
def test_one_byte_above_the_limit_is_too_large(encoding: str) -> None:
    with pytest.raises(BodyTooLarge):
        decompressed(WRITERS[encoding](TEXT), encoding, len(TEXT) - 1)


@pytest.mark.parametrize("encoding", sorted(READERS))
@pytest.mark.parametrize("spoil", [lambda packed: packed[:-5], lambda packed: b"?" + packed])
def test_a_body_cut_short_or_garbled_is_unreadable(encoding: str, spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises(BodyUnreadable, match=encoding):
        decompressed(spoil(WRITERS[encoding](TEXT)), encoding, len(TEXT))


def test_deflate_means_zlib_and_gzip_means_gzip_whatever_the_header_says() -> None:
    assert decompressed(zlib.compress(TEXT), "deflate", len(TEXT)) == TEXT
    assert decompressed(gzip.compress(TEXT), "deflate", len(TEXT)) == TEXT


def test_an_encoding_nobody_knows_is_named_with_those_we_know() -> None:
    with pytest.raises(EncodingUnknown, match=r"'br'.*gzip.*zstd"):
        decompressed(TEXT, "br", len(TEXT))


@pytest.mark.parametrize("accepted", ["", "br", "identity"])
def test_an_answer_stays_as_it_is_where_the_client_reads_none_of_ours(accepted: str) -> None:
    assert compressed(TEXT, accepted) == (TEXT, "")


def test_a_short_answer_is_not_worth_it() -> None:
    short = bytes(WORTH_COMPRESSING - 1)

    assert compressed(short, "gzip") == (short, "")
