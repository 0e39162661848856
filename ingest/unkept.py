"""Logs and metrics: decoded and counted, not yet kept, and the answer says so."""

from collections.abc import Iterator
from itertools import islice

import orjson

from ingest.errors import Malformed, TooLarge
from ingest.otlp_json import items, objects, tree
from ingest.protobuf import Undecodable, below, spans_of

RECORDS = 1_000_000
POINT_KINDS = frozenset({5, 7, 9, 10, 11})
"""Field numbers of a metric's gauge, sum, histogram, exponential histogram and summary."""

JSON_POINTS = ("gauge", "sum", "histogram", "exponentialHistogram", "summary")


def counted(body: bytes, signal: str, json: bool) -> int:
    """How many log records or data points a request holds."""
    try:
        if json:
            return json_logs(body) if signal == "logs" else json_points(body)
        return length(below(body, 0, len(body), (1, 2, 2))) if signal == "logs" else points(body)
    except (Undecodable, IndexError, orjson.JSONDecodeError) as error:
        raise Malformed(f"The body is no request for {signal}.") from error


def points(body: bytes) -> int:
    total = 0
    for start, stop in below(body, 0, len(body), (1, 2, 2)):
        for number, kind, first, last in spans_of(body, start, stop):
            if number in POINT_KINDS and kind == 2:
                total += length(below(body, first, last, (1,)))
    return total


def length(found: Iterator[object], cap: int = RECORDS) -> int:
    total = sum(1 for _ in islice(found, cap + 1))
    if total > cap:
        raise TooLarge("records", cap)
    return total


def json_logs(body: bytes) -> int:
    groups = [group for whole in objects(dict_of(body), "resourceLogs") for group in objects(whole, "scopeLogs")]
    return sum(len(items(group, "logRecords")) for group in groups)


def json_points(body: bytes) -> int:
    groups = [group for whole in objects(dict_of(body), "resourceMetrics") for group in objects(whole, "scopeMetrics")]
    metrics = [metric for group in groups for metric in objects(group, "metrics")]
    return sum(len(items(metric.get(kind), "dataPoints")) for metric in metrics for kind in JSON_POINTS)


def dict_of(body: bytes) -> dict[str, object]:
    whole = tree(body)
    if not isinstance(whole, dict):
        raise Malformed("The body is JSON, but no object.")
    return whole
