"""Data points as they are written. `ledger.store.capacity` reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ledger.domain.metric_point import MetricPoint
from ledger.store.client import Columns, Store

SAME = (
    *("name", "time", "kind", "temporality", "monotonic", "unit", "service", "instance", "scope", "attributes"),
    *("value", "count", "sum", "min", "max", "bounds", "buckets"),
)
"""Fields of a point that are columns of the same name."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A point, whose it is and when it came; the time in microseconds since 1970."""

    project: UUID
    point: MetricPoint
    received_at: int


def write_points(store: Store, measured: Sequence[Measured], token: str = "") -> None:
    """Keeps points; one that is known (metric, time, series) is replaced. Under one token the same are taken once."""
    store.insert("metric_points", columns(measured), token)


def columns(measured: Sequence[Measured]) -> Columns:
    points = [one.point for one in measured]
    return {name: [getattr(point, name) for point in points] for name in SAME} | {
        "project_id": [one.project for one in measured],
        "start_time": [point.start for point in points],
        "series": [bytes.fromhex(point.series) for point in points],
        "received_at": [one.received_at for one in measured],
    }
