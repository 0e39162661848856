"""A request for metrics in JSON, as points one after the other."""

import math
from collections.abc import Iterator, Mapping, Sequence

from ingest.conventions.sent import Origin
from ingest.cursor import Body
from ingest.limits import BUCKETS
from ingest.metric_points_buckets import Exponential
from ingest.metric_points_names import is_kept
from ingest.metric_points_sent import Broken, Metric, Sending, SentPoint, Unkept
from ingest.otlp_json import METRICS, attributes, double, items, member, nanoseconds, said, walk, whole_number
from ingest.place import Tree
from ingest.records import BAD_BUCKETS, MALFORMED_POINT
from ledger.domain.metric_point import PointKind

KINDS: dict[str, PointKind] = {
    "gauge": "gauge",
    "sum": "sum",
    "histogram": "histogram",
    "exponentialHistogram": "exponential_histogram",
    "summary": "summary",
}
TEMPORALITIES = {"DELTA": 1, "CUMULATIVE": 2}
NAME_LENGTH = 256


class BadNumber(ValueError):
    """A number that JSON has, but no data point."""


def from_json(body: Body) -> Iterator[Sending | Unkept | Broken]:
    for origin, place in walk(body, METRICS):
        metric = place.built(set())
        if isinstance(metric, dict):
            yield from of_metric(metric, Origin(origin.resource, origin.scope[:NAME_LENGTH]))


def of_metric(told: Mapping[str, Tree], origin: Origin) -> Iterator[Sending | Unkept | Broken]:
    name = said(told, "name")[:NAME_LENGTH]
    for key in KINDS.keys() & told.keys():
        data = member(told, key)
        points = items(data, "dataPoints")
        if not is_kept(name):
            yield Unkept(name, len(points))
            continue
        unit, monotonic = said(told, "unit")[:NAME_LENGTH], data.get("isMonotonic") is True
        metric = Metric(name, unit, KINDS[key], temporality(data), monotonic)
        for point in points:
            yield of_point(point, metric, origin)


def temporality(data: Mapping[str, Tree]) -> int:
    held = data.get("aggregationTemporality")
    if isinstance(held, str) and not held.isdecimal():
        return TEMPORALITIES.get(held.rpartition("_")[2].upper(), 0)
    return whole_number(held) or 0


def of_point(told: Tree, metric: Metric, origin: Origin) -> Sending | Broken:
    if not isinstance(told, dict):
        return Broken(MALFORMED_POINT, metric.name, origin)
    if any(len(found) > BUCKETS for found in lists(told)):
        return Broken(BAD_BUCKETS, metric.name, origin)
    try:
        return Sending(sent_point(told), metric, origin)
    except BadNumber:
        return Broken(MALFORMED_POINT, metric.name, origin)


def lists(told: Mapping[str, Tree]) -> Iterator[Sequence[Tree]]:
    yield items(told, "bucketCounts")
    yield items(told, "explicitBounds")
    yield items(member(told, "positive"), "bucketCounts")
    yield items(member(told, "negative"), "bucketCounts")


def sent_point(told: Mapping[str, Tree]) -> SentPoint:
    return SentPoint(
        start=nanoseconds(told, "startTimeUnixNano"),
        time=nanoseconds(told, "timeUnixNano"),
        flags=whole_number(told.get("flags")) or 0,
        value=number(told.get("asDouble", told.get("asInt"))),
        count=count(told.get("count")),
        sum=number(told.get("sum")),
        min=number(told.get("min")),
        max=number(told.get("max")),
        bounds=[whole(number(bound)) for bound in items(told, "explicitBounds")],
        buckets=counts(told),
        scale=whole_number(told.get("scale")) or 0,
        zeros=count(told.get("zeroCount")) or 0,
        positive=side(member(told, "positive")),
        negative=side(member(told, "negative")),
        attributes=attributes(told, set()),
    )


def side(told: Mapping[str, Tree]) -> Exponential:
    return Exponential(whole_number(told.get("offset")) or 0, counts(told))


def counts(told: Mapping[str, Tree]) -> list[int]:
    return [whole(count(held)) for held in items(told, "bucketCounts")]


def count(held: Tree) -> int | None:
    """A count of 64 bits, sent as a string or a number."""
    if held is None:
        return None
    found = whole_number(held)
    if found is None or not 0 <= found < 1 << 64:
        raise BadNumber(f"{str(held)[:40]!r} is no count.")
    return found


def number(held: Tree) -> float | None:
    """A number; what JSON writes as a text because it is none (`"NaN"`) is unknown."""
    return None if held is None else double(held, set())


def whole[T](found: T | None) -> T:
    if found is None or (isinstance(found, float) and not math.isfinite(found)):
        raise BadNumber("A list of numbers holds something else.")
    return found
