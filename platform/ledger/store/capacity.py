"""What clients and serving engines measured themselves: the points of a metric."""

from uuid import UUID

from ledger.domain.metric_point import MetricPoint
from ledger.domain.windows import Window
from ledger.store.clauses import bounds
from ledger.store.client import Row, Store

MOST_POINTS = 100_000


def points(store: Store, project: UUID, metric: str, window: Window, limit: int = MOST_POINTS) -> list[MetricPoint]:
    """The points of one metric in a window, each once, series by series in order of time; `limit` at most.

    Sums and histograms are as they were sent: cumulative ones grow from their `start` on, and begin anew with another.
    """
    limits = bounds(window)
    rows = store.query(
        "metric_points", project=project, metric=metric, since=limits["since"], until=limits["until"], rows=limit
    )
    return [point(row) for row in rows]


def point(row: Row) -> MetricPoint:
    return MetricPoint(
        name=row["name"],
        time=row["at"],
        series=row["series_text"],
        kind=row["kind"],
        start=row["begun"],
        temporality=row["temporality"],
        monotonic=row["monotonic"],
        unit=row["unit"],
        service=row["service"],
        instance=row["instance"],
        scope=row["scope"],
        attributes=dict(row["attributes"]),
        value=row["value"],
        count=row["count"],
        sum=row["sum"],
        min=row["min"],
        max=row["max"],
        bounds=tuple(row["bounds"]),
        buckets=tuple(row["buckets"]),
    )
