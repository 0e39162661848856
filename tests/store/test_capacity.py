"""The points of a metric, as engines and clients measured them."""

from datetime import timedelta
from uuid import UUID, uuid4

from ledger.domain.metric_point import MetricPoint
from ledger.domain.windows import Window
from ledger.store.capacity import points
from ledger.store.clauses import micros
from ledger.store.client import Store
from ledger.store.metric_points import Measured, write_points
from tests.store.ledgers import DAY, NOON

SECOND = 1_000_000
AT = micros(NOON)
METRIC = "vllm:num_requests_running"


def point(second: int = 0, series: str = "a" * 32, **more: object) -> MetricPoint:
    known = {"name": METRIC, "time": AT + second * SECOND, "series": series, "kind": "gauge", "value": 1.0}
    return MetricPoint(**known | more)  # type: ignore[arg-type]


def keep(store: Store, project: UUID, *measured: MetricPoint, token: str = "") -> None:
    now = micros(NOON + timedelta(days=365 * 50))  # what came long ago is forgotten
    write_points(store, [Measured(project, one, now) for one in measured], token)


def test_a_point_comes_back_as_it_was_sent(store: Store, project: UUID) -> None:
    sent = point(
        kind="histogram",
        start=AT - SECOND,
        temporality="cumulative",
        monotonic=True,
        unit="s",
        service="vllm",
        instance="gpu-1",
        scope="a collector",
        attributes={"model_name": "llama", "\\'": "\0é"},
        value=None,
        count=2**64 - 1,
        sum=2.5,
        min=0.0,
        max=2.0,
        bounds=(0.5, 1.0),
        buckets=(1, 0, 2**64 - 2),
    )
    keep(store, project, sent)

    assert points(store, project, METRIC, DAY) == [sent]


def test_what_was_not_said_is_none(store: Store, project: UUID) -> None:
    keep(store, project, point(value=None))

    (found,) = points(store, project, METRIC, DAY)
    assert (found.value, found.count, found.sum, found.buckets) == (None, None, None, ())


def test_points_come_series_by_series_in_order_of_time(store: Store, project: UUID) -> None:
    keep(store, project, point(2), point(1, "b" * 32), point(1), point(0, "b" * 32))

    found = [(one.series[0], (one.time - AT) // SECOND) for one in points(store, project, METRIC, DAY)]
    assert found == [("a", 1), ("a", 2), ("b", 0), ("b", 1)]


def test_the_same_point_again_replaces(store: Store, project: UUID) -> None:
    keep(store, project, point())
    keep(store, project, point())
    keep(store, project, point(), token="t")
    keep(store, project, point(), token="t")

    assert len(points(store, project, METRIC, DAY)) == 1


def test_a_window_holds_its_beginning_and_not_its_end(store: Store, project: UUID) -> None:
    keep(store, project, *(point(second) for second in (-1, 0, 9, 10)))

    found = points(store, project, METRIC, Window(NOON, NOON + timedelta(seconds=10)))
    assert [(one.time - AT) // SECOND for one in found] == [0, 9]


def test_other_projects_and_other_metrics_are_not_shown(store: Store, project: UUID) -> None:
    keep(store, uuid4(), point())
    keep(store, project, point(name="vllm:kv_cache_usage_perc"))

    assert points(store, project, METRIC, DAY) == []


def test_no_more_than_the_limit_are_read(store: Store, project: UUID) -> None:
    keep(store, project, *(point(second) for second in range(5)))

    assert len(points(store, project, METRIC, DAY, limit=3)) == 3
