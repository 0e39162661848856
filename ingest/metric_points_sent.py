"""A data point as its client sent it, of whatever kind, and what becomes of it."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from ingest.checked import LATEST
from ingest.conventions.sent import Origin
from ingest.conventions.values import as_json, as_text
from ingest.limits import POINT_ATTRIBUTES
from ingest.metric_points_buckets import Exponential, Histogram, explicit, exponential
from ledger.domain.metric_point import MetricPoint, PointKind, Temporality
from ledger.domain.span import Value

NO_VALUE = 1
"""The flag of a point that says that nothing was measured."""

TEMPORALITIES: tuple[Temporality, ...] = ("", "delta", "cumulative")
"""By OTLP's numbers."""

TEXT_LENGTH = 1024


class WithoutTime(ValueError):
    """A point that can't be put anywhere."""


@dataclass(frozen=True, slots=True)
class Metric:
    """What all points of a metric share."""

    name: str
    unit: str = ""
    kind: PointKind = "gauge"
    temporality: int = 0
    monotonic: bool = False


@dataclass(slots=True)
class SentPoint:
    """Times in nanoseconds since 1970; None where the sender said nothing."""

    start: int = 0
    time: int = 0
    flags: int = 0
    value: float | None = None
    count: int | None = None
    sum: float | None = None
    min: float | None = None
    max: float | None = None
    bounds: list[float] = field(default_factory=list)
    buckets: list[int] = field(default_factory=list)
    scale: int = 0
    zeros: int = 0
    positive: Exponential = field(default_factory=Exponential)
    negative: Exponential = field(default_factory=Exponential)
    attributes: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sending:
    """A point of a metric that is kept."""

    point: SentPoint
    metric: Metric
    origin: Origin


@dataclass(frozen=True, slots=True)
class Unkept:
    """So many points of a metric that is counted alone."""

    name: str
    points: int


@dataclass(frozen=True, slots=True)
class Broken:
    """A point that can't be read, and why; a strange one is no point at all."""

    reason: str
    name: str
    origin: Origin
    strange: bool = False


def point(sent: SentPoint, metric: Metric, origin: Origin) -> MetricPoint:
    """The point in our words. Raises BadBuckets or WithoutTime where it can't be kept."""
    at = sent.time // 1000
    if not 0 < at <= LATEST:
        raise WithoutTime
    held = Histogram() if sent.flags & NO_VALUE else histogram(sent, metric.kind)
    resource = origin.resource
    return MetricPoint(
        name=metric.name,
        time=at,
        start=min(sent.start // 1000, LATEST),
        series=series(metric, origin, sent.attributes),
        kind=metric.kind,
        temporality=TEMPORALITIES[metric.temporality] if metric.temporality in (1, 2) else "",
        monotonic=metric.monotonic,
        unit=metric.unit,
        service=as_text(resource.get("service.name"))[:TEXT_LENGTH],
        instance=as_text(resource.get("service.instance.id"))[:TEXT_LENGTH],
        scope=origin.scope,
        attributes=labels(sent.attributes),
        value=finite(sent.value),
        count=sent.count,
        sum=finite(sent.sum),
        min=finite(sent.min),
        max=finite(sent.max),
        bounds=held.bounds,
        buckets=held.buckets,
    )


def histogram(sent: SentPoint, kind: PointKind) -> Histogram:
    if kind == "exponential_histogram":
        return exponential(sent.scale, sent.zeros, sent.positive, sent.negative)
    return explicit(sent.bounds, sent.buckets)


def finite(number: float | None) -> float | None:
    return float(number) if number is not None and math.isfinite(number) else None


def labels(attributes: Mapping[str, Value]) -> dict[str, str]:
    """Attributes as texts, in order of their keys: of a point they are labels."""
    some = sorted(attributes.items())[:POINT_ATTRIBUTES]
    return {key[:TEXT_LENGTH]: label(value)[:TEXT_LENGTH] for key, value in some}


def label(value: Value) -> str:
    return value if isinstance(value, str) else as_json(value)


def series(metric: Metric, origin: Origin, attributes: Mapping[str, Value]) -> str:
    """The same for the same metric, process, instrumentor and attributes as sent, in hex."""
    told = (metric.name, metric.kind, origin.scope, sorted(origin.resource.items()), sorted(attributes.items()))
    return hashlib.sha256(as_json(told).encode(errors="replace")).hexdigest()[:32]
