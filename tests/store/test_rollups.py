"""Rollups say what the calls and traces themselves say, to the last digit, whatever happens meanwhile."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Event, Semaphore
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest

from ledger.domain.questions import MEASURES, Interval
from ledger.domain.windows import Window
from ledger.store import metrics, rollups
from ledger.store.client import Store, connect
from ledger.store.errors import TooMuchToRead
from ledger.store.metrics import Answer, measure
from ledger.store.migrate import migrate
from ledger.store.rollups import build, days_due, drop_outdated, hours_due
from ledger.store.seam import HOUR
from tests.store.ledgers import NOON, call, insert, question, settled, span, tool, write

FOREVER = 2**31
HALF = Window(NOON - timedelta(hours=20, minutes=17), NOON + timedelta(hours=41, minutes=23, microseconds=1))
"""Its ends lie within hours that have calls on both sides."""

WHOLE = Window(NOON - timedelta(days=3), NOON + timedelta(days=4))
ESTIMATED = frozenset({"latency_p50", "latency_p95", "latency_p99", "ttft_p50", "ttft_p95"})
EXACT = ",".join(name for name in MEASURES if name not in ESTIMATED)


class Addresses(Protocol):
    url: str


@pytest.fixture(scope="module")
def store(clickhouse: Addresses) -> Iterator[Store]:
    """A database of its own: how much is read of it depends on who else has rows beside one's own."""
    name = f"rollups_{uuid4().hex}"
    url = urlsplit(clickhouse.url)._replace(path=f"/{name}").geturl()
    migrate(url)
    store = connect(url)
    yield store
    store.command(f"DROP DATABASE IF EXISTS {name}")
    store.close()


@pytest.fixture
def rolled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rollups are used however little there is to read."""
    read_rollups(monkeypatch)


def read_rollups(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EXACT", "ENOUGH_RAW"):
        monkeypatch.setattr(metrics, name, -1)


def build_all(store: Store, project: UUID, quiet: int | None = None) -> int:
    """Build what is due of a project: hours, then days."""
    built = 0
    for find in (hours_due, days_due):
        limits = (FOREVER, quiet or time.time_ns()) if find is hours_due else (FOREVER,)
        for due in find(store, [project], *limits, 10_000):
            build(store, due)
            built += len(due.marks)
    return built


def raw(
    store: Store, project: UUID, measures: str, window: Window = WHOLE, *, large: bool = False, **more: Any
) -> Answer:
    asked = question(measures, window, **more)
    composed = metrics.Composition(asked, large=large)
    return metrics.asked(store, project, composed, metrics.scored_range(store, project, composed), 0)


def read(store: Store, project: UUID, measures: str, window: Window = WHOLE, **more: Any) -> Answer:
    return measure(store, project, question(measures, window, **more))


def figures(answer: Answer) -> tuple[Any, ...]:
    rows = {(row.time, *row.group.values()): row.figures for row in answer.rows}
    return rows, answer.total, answer.estimated


def traffic(project: UUID, store: Store) -> None:
    """Three days of tasks on two routes, with failures, weights, tools, outcomes, and money of twelve decimals."""
    write(store, project, *(each for n in range(1, 70) for each in task(n)))


def task(n: int) -> Iterator[dict[str, Any]]:
    at = (n - 30) * 3600 * 0.9 + n * 37
    told = {"success": n % 4 > 0, "revenue": f"0.{n}1", "charges": f"0.0000000000{n % 9 + 1}"} if n % 3 else {}
    where = {"route": f"route-{n % 2}", "environment": ["prod", "test", ""][n % 3]}
    root = {"status": "error"} if n % 5 == 0 else {}
    yield span(n, 1, at=at, user_id=f"u{n % 7}", weight=1.0 if n % 6 else 2.5, **root, **told, **where)
    for k in range(n % 4):
        more = {"status": "error", "failure_kind": "timeout"} if k == 2 else {"cost": f"0.{n}0000000{k + 1}"}
        tokens = {
            "input_tokens": n,
            "output_tokens": k or None,
            "ttft_us": 1000 * n,
            "cache_savings": Decimal(k) / 1000,
        }
        yield call(n, 2 + k, 1, at=at + 1200 * k, model=f"m{k}", ms=100 * n, **tokens, **more, **where)
    yield call(n, 8, 1, at=at + 60, cost_status=["duplicate", "pending", "unknown_usage"][n % 3], **where)
    yield tool(n, 9, 1, at=at + 61, tool="search", **where)


@pytest.mark.usefixtures("rolled")
class TestSeam:
    @pytest.mark.parametrize("window", [WHOLE, HALF], ids=["whole", "unaligned"])
    @pytest.mark.parametrize("interval", ["none", "hour", "day"])
    def test_what_rollups_say_equals_the_entries_to_the_last_digit(
        self, store: Store, project: UUID, window: Window, interval: Interval
    ) -> None:
        traffic(project, store)
        build_all(store, project)

        for by in ("", "route", "model,provider", "environment,route", "status,failure_kind"):
            found = read(store, project, EXACT, window, by=by, interval=interval)
            assert found.source == "rollup"
            assert figures(found) == figures(raw(store, project, EXACT, window, by=by, interval=interval))

    def test_filters_hold_in_rollups(self, store: Store, project: UUID) -> None:
        traffic(project, store)
        build_all(store, project)

        filters = ["route:=:route-1", "environment:in:prod,", "failure_kind:!=:timeout"]
        found = read(store, project, EXACT, filters=filters)
        assert found.source == "rollup"
        assert figures(found) == figures(raw(store, project, EXACT, filters=filters))

    @pytest.mark.parametrize(
        "asked", [{"by": "user"}, {"filters": ["tag.plan:=:pro"]}, {"interval": "minute"}, {"filters": ["tool:=:x"]}]
    )
    def test_what_rollups_do_not_tell_apart_is_read_raw(self, store: Store, project: UUID, asked: Any) -> None:
        traffic(project, store)
        build_all(store, project)

        found = read(store, project, "calls,cost", **asked)
        assert found.source == "raw"
        assert figures(found) == figures(raw(store, project, "calls,cost", **asked))

    def test_quantiles_from_rollups_are_near_the_exact_ones(self, store: Store, project: UUID) -> None:
        write(store, project, *(call(n, 1, at=n * 40, ms=1000 + (n * 7919) % 5000, ttft_us=n) for n in range(1, 801)))
        build_all(store, project)

        names = ",".join(ESTIMATED)
        exact, found = raw(store, project, names).total, read(store, project, names).total
        assert all(found[name] == pytest.approx(exact[name], rel=0.01) for name in exact)
        unbuilt = raw(store, project, names, large=True).total
        assert all(found[name] == pytest.approx(unbuilt[name], rel=0.005) for name in exact)

    def test_little_is_read_where_much_is_built(self, store: Store, project: UUID) -> None:
        traffic(project, store)
        build_all(store, project)

        assert read(store, project, "calls,traces", by="route").rows_read == 0

    def test_the_seam_costs_four_small_questions(
        self, store: Store, project: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        traffic(project, store)
        build_all(store, project)
        read(store, project, "calls")
        asked: list[str] = []
        select = Store.select
        monkeypatch.setattr(Store, "select", lambda self, sql, **more: asked.append(sql) or select(self, sql, **more))

        read(store, project, "calls,cost,traces,latency_p95", by="route", interval="day")
        assert len(asked) == 5  # two estimates, what is built before and after, and the answer


@pytest.mark.usefixtures("rolled")
class TestChange:
    def test_a_late_report_is_seen_at_once_and_its_hour_is_built_again(self, store: Store, project: UUID) -> None:
        traffic(project, store)
        build_all(store, project)
        before = read(store, project, EXACT).total["calls"]

        write(store, project, span(900, 1), call(900, 2, 1, cost="5"), call(900, 3, 1, cost_status="pending"))
        seen = read(store, project, EXACT)
        assert seen.total["calls"] == before + 2
        assert figures(seen) == figures(raw(store, project, EXACT))
        assert build_all(store, project) == 2  # the hour, and its day
        assert figures(read(store, project, EXACT)) == figures(seen)
        assert build_all(store, project) == 0

    def test_a_call_that_moves_leaves_its_hour(self, store: Store, project: UUID) -> None:
        traffic(project, store)
        write(store, project, call(901, 1, cost="1"))
        build_all(store, project)

        write(store, project, call(901, 1, at=9000, cost="1", version=2))
        write(store, project, call(901, 1, cost="1", version=2, is_deleted=1))
        found = read(store, project, EXACT, interval="hour")
        assert figures(found) == figures(raw(store, project, EXACT, interval="hour"))
        build_all(store, project)
        assert figures(read(store, project, EXACT, interval="hour")) == figures(found)

    def test_half_a_build_is_read_by_nobody(self, store: Store, project: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
        traffic(project, store)
        build_all(store, project)
        write(store, project, span(902, 1), call(902, 2, 1, cost="3"))
        monkeypatch.setattr(Store, "insert", refusing(Store.insert))
        with pytest.raises(KeyboardInterrupt):
            build_all(store, project)
        monkeypatch.undo()
        read_rollups(monkeypatch)

        assert figures(read(store, project, EXACT)) == figures(raw(store, project, EXACT))
        build_all(store, project)
        assert figures(read(store, project, EXACT)) == figures(raw(store, project, EXACT))

    def test_two_builders_at_once_come_to_the_same(self, store: Store, project: UUID) -> None:
        traffic(project, store)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: build_all(store, project), range(2)))

        assert figures(read(store, project, EXACT)) == figures(raw(store, project, EXACT))

    def test_what_counts_no_more_is_forgotten(self, store: Store, project: UUID) -> None:
        traffic(project, store)
        build_all(store, project)
        write(store, project, span(903, 1), call(903, 2, 1, cost="3"))
        build_all(store, project)

        assert drop_outdated(store, time.time_ns()) > 0
        assert drop_outdated(store, time.time_ns()) == 0
        assert figures(read(store, project, EXACT)) == figures(raw(store, project, EXACT))


def refusing(usual: Any) -> Any:
    """The builder is killed before its build counts."""

    def insert(self: Store, table: str, *more: Any, **named: Any) -> None:
        if table == "rollup_builds":
            raise KeyboardInterrupt
        usual(self, table, *more, **named)

    return insert


@pytest.mark.usefixtures("rolled")
def test_money_that_moves_between_hours_while_they_are_built_and_read_is_never_seen_twice_or_not_at_all(
    store: Store, project: UUID
) -> None:
    """Each step prices calls of two hours anew, so that the sum stays; each is one insert, as settling writes."""
    calls = [call(n, 1, at=n * HOUR, cost="10") for n in range(8)]
    write(store, project, *calls)
    build_all(store, project)
    moving, over, began = Moving(store, project, calls), Event(), [time.time_ns()]

    def keep_building() -> None:
        while not over.is_set():
            build_all(store, project, quiet=began[0])

    with ThreadPoolExecutor(2) as pool:
        building = pool.submit(keep_building)
        writing = pool.submit(moving.go, 25, began)
        sources = set()
        while not writing.done():
            found = read(store, project, "calls,cost")
            sources.add(found.source)
            moving.go_on.release()
            assert found.total == {"calls": 8, "cost": Decimal(80)}
        over.set()
        writing.result()
        building.result()

    assert "rollup" in sources
    build_all(store, project)
    assert figures(read(store, project, "calls,cost", interval="hour")) == figures(
        raw(store, project, "calls,cost", interval="hour")
    )


class Moving:
    """Moves money from one call to another, marking their hours before."""

    def __init__(self, store: Store, project: UUID, calls: list[dict[str, Any]]) -> None:
        self.store, self.project, self.calls = store, project, calls
        self.go_on = Semaphore(1)
        """Steps go no faster than reading, or no answer would ever hold."""

    def go(self, steps: int, began: list[int]) -> None:
        for step in range(1, steps + 1):
            assert self.go_on.acquire(timeout=60)
            began[0] = time.time_ns()
            giving, taking = self.calls[step % 8], self.calls[(step * 3 + 1) % 8]
            giving["cost"] -= Decimal(step) / 100
            taking["cost"] += Decimal(step) / 100
            self.mark(giving, taking)
            changed = [each | {"version": step + 1} for each in ([giving] if giving is taking else [giving, taking])]
            insert(self.store, "call_entries", self.project, [settled(each, ENTRY) for each in changed])

    def mark(self, *calls: dict[str, Any]) -> None:
        hours = [each["start_time"].replace(minute=0, second=0, microsecond=0) for each in calls]
        self.store.insert(
            "dirty_hours",
            {"project_id": [self.project] * len(hours), "hour": hours, "mark": [time.time_ns()] * len(hours)},
        )


ENTRY = {"status": "ok", "tags": {}} | dict.fromkeys(
    ("route", "session_id", "user_id", "customer", "environment", "release", "prompt"), ""
)


class TestBounds:
    def test_what_is_too_much_to_read_is_refused_with_an_estimate(
        self, store: Store, project: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(store, project, *(call(n, 1, cost="1") for n in range(1, 40)))
        monkeypatch.setattr(metrics, "MOST_RAW", 30)

        with pytest.raises(TooMuchToRead, match=r"about [\d,]+ entries .* 30 at most") as refused:
            read(store, project, "calls", by="user")
        assert refused.value.rows >= 39

    def test_what_rollups_answer_is_not_refused(
        self, store: Store, project: UUID, monkeypatch: pytest.MonkeyPatch, rolled: None
    ) -> None:
        traffic(project, store)
        build_all(store, project)
        monkeypatch.setattr(metrics, "MOST_RAW", 30)

        assert read(store, project, "calls,cost", by="route,environment").source == "rollup"

    def test_a_long_window_with_scattered_changes_is_read_in_few_stretches(
        self, store: Store, project: UUID, rolled: None
    ) -> None:
        write(store, project, *(call(n, 1, at=n * 7200, cost="1") for n in range(60)))
        build_all(store, project)
        late = [call(100 + n, 1, at=n * 7200, cost="1") for n in range(60) if n % 2]
        write(store, project, *late)

        assert figures(read(store, project, EXACT)) == figures(raw(store, project, EXACT))


def test_parts_of_rollups_are_those_of_reading(store: Store) -> None:
    for kind, table in rollups.TABLES.items():
        kept = store.types(f"rollup_{table}")
        assert set(rollups.parts(kind)) <= kept.keys()
