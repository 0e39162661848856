"""A data point of a metric that a client or a serving engine measured itself."""

from dataclasses import dataclass, field
from typing import Literal

type PointKind = Literal["gauge", "sum", "histogram", "exponential_histogram", "summary"]
type Temporality = Literal["", "delta", "cumulative"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPoint:
    """Times in microseconds since 1970; None is what the sender did not say, or said as no number.

    A histogram of either kind has one bucket more than bounds: `buckets[0]` counts what is not above `bounds[0]`, the
    last one what is above all. `series` is the same for all points of one metric, sender and set of attributes.
    """

    name: str
    time: int
    series: str
    kind: PointKind
    start: int = 0
    temporality: Temporality = ""
    monotonic: bool = False
    unit: str = ""
    service: str = ""
    instance: str = ""
    scope: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    value: float | None = None
    count: int | None = None
    sum: float | None = None
    min: float | None = None
    max: float | None = None
    bounds: tuple[float, ...] = ()
    buckets: tuple[int, ...] = ()
