"""What a spool record carries: spans or scores as compressed JSON, with a check sum."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import zstandard

from ledger.domain.span import Envelope, Event, Link, Span
from ledger.domain.usage import Usage

LARGEST = 512 * 1024 * 1024
"""Bytes of JSON in one record, at most: far above what the door lets in."""


class BrokenPayload(ValueError):
    """A record's bytes are not those that were written."""


def packed(items: Sequence[object]) -> bytes:
    """JSON, compressed; a value that JSON has no word for becomes its text."""
    text = orjson.dumps(items, default=str, option=orjson.OPT_NON_STR_KEYS)
    return zstandard.ZstdCompressor(level=1).compress(text)


def checksum(payload: bytes) -> int:
    return zlib.crc32(payload)


def unpacked(payload: bytes, crc: int) -> list[dict[str, Any]]:
    """The items as plain mappings; raises BrokenPayload where a bit has changed. Any: JSON of our own making."""
    if checksum(payload) != crc:
        raise BrokenPayload("The check sum does not fit.")
    try:
        text = zstandard.ZstdDecompressor().decompress(payload, max_output_size=LARGEST)
        items: list[dict[str, Any]] = orjson.loads(text)
    except (zstandard.ZstdError, orjson.JSONDecodeError) as error:
        raise BrokenPayload(str(error)) from error
    return items


def span_of(item: Mapping[str, Any]) -> Span:
    """A span out of its mapping; fields that this version does not know are left aside."""
    known = {name: value for name, value in item.items() if name in FIELDS}
    return Span(
        **known
        | {
            "usage": Usage(**item["usage"]),
            "finish_reasons": tuple(item["finish_reasons"]),
            "events": tuple(Event(**event) for event in item["events"]),
            "links": tuple(Link(**link) for link in item["links"]),
            "flags": tuple(item["flags"]),
            "envelope": Envelope(**item.get("envelope", {})),
        }
    )


FIELDS = frozenset(Span.__dataclass_fields__)
