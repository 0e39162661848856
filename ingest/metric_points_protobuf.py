"""A request for metrics in protobuf, as points one after the other; points of metrics that are not kept stay unread."""

import struct
from collections.abc import Callable, Iterator
from typing import Any

from ingest.conventions.sent import Origin
from ingest.errors import Malformed
from ingest.limits import BUCKETS, POINT_BYTES
from ingest.metric_points_buckets import BadBuckets, Exponential
from ingest.metric_points_names import is_kept
from ingest.metric_points_sent import Broken, Metric, Sending, SentPoint, Unkept
from ingest.otlp import ATTRIBUTES
from ingest.protobuf import Raw, Undecodable, text, varint
from ingest.records import BAD_BUCKETS, MALFORMED_POINT, POINT_TOO_LARGE
from ingest.wire import FIXED64, LENGTH, VARINT, Walk, number_at, places, signed, zigzag
from ledger.domain.metric_point import PointKind

NAME_LENGTH = 256
KINDS: dict[int, PointKind] = {5: "gauge", 7: "sum", 9: "histogram", 10: "exponential_histogram", 11: "summary"}
"""Field numbers of a metric's data."""

type Read = Callable[[Walk, int, int, int], Any]
"""Reads one field's content by wire type and place; what it finds is the field's affair, hence Any."""


def fixed(code: str) -> Read:
    def read(walk: Walk, kind: int, start: int, _stop: int) -> Any:
        if kind != FIXED64:
            raise Undecodable("A number is not written as one.")
        return number_at(walk.raw, code, start)

    return read


def fixed_list(code: str) -> Read:
    def read(walk: Walk, kind: int, start: int, stop: int) -> Any:
        return walk.unpacked(code, kind, start, stop)

    return read


def plain(_walk: Walk, _kind: int, value: int, _stop: int) -> int:
    return value


def signed_scale(_walk: Walk, _kind: int, value: int, _stop: int) -> int:
    return zigzag(value)


def side(walk: Walk, _kind: int, start: int, stop: int) -> Exponential:
    """The buckets of one side of an exponential histogram."""
    found = Exponential()
    for number, kind, begin, end in walk.fields(start, stop):
        if number == 1 and kind == VARINT:
            found.offset = zigzag(begin)
        elif number == 2:
            found.counts += [begin] if kind == VARINT else varints(walk.raw, begin, end)
        if len(found.counts) > BUCKETS:
            raise BadBuckets("too many buckets")
    return found


def varints(raw: Raw, at: int, end: int) -> list[int]:
    found: list[int] = []
    while at < end and len(found) <= BUCKETS:
        number, at = varint(raw, at)
        found.append(number)
    return found


TIMES: dict[int, tuple[str, Read]] = {2: ("start", fixed("<Q")), 3: ("time", fixed("<Q"))}
SUMS: dict[int, tuple[str, Read]] = {4: ("count", fixed("<Q")), 5: ("sum", fixed("<d"))}
NUMBER = TIMES | {4: ("value", fixed("<d")), 6: ("value", fixed("<q")), 8: ("flags", plain)}
FIELDS: dict[PointKind, dict[int, tuple[str, Read]]] = {
    "gauge": NUMBER,
    "sum": NUMBER,
    "histogram": TIMES
    | SUMS
    | {
        6: ("buckets", fixed_list("<Q")),
        7: ("bounds", fixed_list("<d")),
        10: ("flags", plain),
        11: ("min", fixed("<d")),
        12: ("max", fixed("<d")),
    },
    "exponential_histogram": TIMES
    | SUMS
    | {
        6: ("scale", signed_scale),
        7: ("zeros", fixed("<Q")),
        8: ("positive", side),
        9: ("negative", side),
        10: ("flags", plain),
        12: ("min", fixed("<d")),
        13: ("max", fixed("<d")),
    },
    "summary": TIMES | SUMS | {8: ("flags", plain)},
}
"""By field number the member of a point and how it is read. Of a summary count and sum are kept, not its quantiles."""

ATTRIBUTES_AT: dict[PointKind, int] = {
    "gauge": 7,
    "sum": 7,
    "histogram": 9,
    "exponential_histogram": 1,
    "summary": 7,
}


def from_protobuf(body: Raw) -> Iterator[Sending | Unkept | Broken]:
    walk = Walk(body)
    try:
        for begin, end, origin in places(walk):
            yield from of_metric(walk, begin, end, origin)
    except (Undecodable, IndexError, struct.error) as error:
        raise Malformed("The body is no request for metrics. Is this path right, and the content type?") from error


def of_metric(walk: Walk, begin: int, end: int, origin: Origin) -> Iterator[Sending | Unkept | Broken]:
    """The points of one metric; a number of fixed size among its fields means that it is no metric, but a span, say."""
    name, unit, data = "", "", list[tuple[PointKind, int, int]]()
    for number, kind, start, stop in walk.fields(begin, end):
        if kind == FIXED64 or (number == 1 and kind != LENGTH):
            yield Broken(MALFORMED_POINT, "", origin, strange=True)
            return
        if number == 1:
            name = text(walk.part(start, min(stop, start + 4 * NAME_LENGTH)), set())[:NAME_LENGTH]
        elif number == 3 and kind == LENGTH:
            unit = text(walk.part(start, min(stop, start + 4 * NAME_LENGTH)), set())[:NAME_LENGTH]
        elif number in KINDS and kind == LENGTH:
            data.append((KINDS[number], start, stop))
    for kind_of_data, start, stop in data:
        if is_kept(name):
            yield from of_data(walk, start, stop, Metric(name, unit, kind_of_data), origin)
        else:
            yield Unkept(name, sum(1 for _ in walk.messages(start, stop, 1)))


def of_data(walk: Walk, begin: int, end: int, metric: Metric, origin: Origin) -> Iterator[Sending | Broken]:
    points, temporality, monotonic = list[tuple[int, int]](), 0, False
    for number, kind, start, stop in walk.fields(begin, end):
        if number == 1 and kind == LENGTH:
            points.append((start, stop))
        elif number == 2 and kind == VARINT:
            temporality = signed(start)
        elif number == 3 and kind == VARINT:
            monotonic = bool(start)
    shared = Metric(metric.name, metric.unit, metric.kind, temporality, monotonic)
    for start, stop in points:
        yield of_point(walk, start, stop, shared, origin)


def of_point(walk: Walk, begin: int, end: int, metric: Metric, origin: Origin) -> Sending | Broken:
    if end - begin > POINT_BYTES:
        return Broken(POINT_TOO_LARGE, metric.name, origin)
    sent, pairs, fields = SentPoint(), list[bytes](), FIELDS[metric.kind]
    try:
        for number, kind, start, stop in walk.fields(begin, end):
            if number == ATTRIBUTES_AT[metric.kind] and kind == LENGTH:
                pairs.append(walk.part(start, stop))
            elif number in fields:
                member, read = fields[number]
                found = read(walk, kind, start, stop)
                setattr(sent, member, getattr(sent, member) + found if isinstance(found, list) else found)
    except BadBuckets:
        return Broken(BAD_BUCKETS, metric.name, origin)
    except (Undecodable, IndexError, struct.error, ValueError):
        return Broken(MALFORMED_POINT, metric.name, origin)
    sent.attributes = ATTRIBUTES.read(pairs, set())
    return Sending(sent, metric, origin)
