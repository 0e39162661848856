"""What questions that pages ask cost: `python -m tests.bench.metrics [CALLS…]`, 1,000,000 and 5,000,000 unless said.

Entries of calls over thirty days, two to a trace, are made in a store of its own: 20 routes, 12 models, 3 environments,
20,000 users. Each question is asked of the entries alone, then with the rollups of all hours and days. CPU is the
store's and the asker's; the rows read are those that the key leaves.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psutil

from ledger.domain.questions import Question, read_question
from ledger.domain.windows import Window
from ledger.settle.rollups import Builder
from ledger.store import metrics
from ledger.store.client import Store, connect
from ledger.store.migrate import migrate
from ledger.store.traces import list_traces
from tests.bench.settle import gateway
from tests.bench.table import report

SIZES = (1_000_000, 5_000_000)
PORTION = 200_000
PROJECT = UUID(int=1)
UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
SINCE = UNTIL - timedelta(days=30)
LATER = UNTIL - timedelta(hours=7, minutes=20)

CALLS = """
INSERT INTO call_entries (project_id, start_time, trace_id, span_id, version, kind, name, duration_us, ttft_us, status,
    failure_kind, provider, model, response_id, input_tokens, cache_read_tokens, output_tokens, cost, cost_status,
    route, user_id, session_id, environment, tags)
SELECT
    {project:UUID},
    toDateTime64({since:DateTime('UTC')}, 6, 'UTC')
        + toIntervalMicrosecond(intDiv(number * {span:UInt64}, {calls:UInt64})),
    sipHash128(intDiv(number, 2)), reinterpretAsFixedString(sipHash64(number)), 1, 'generation', 'chat',
    300000 + sipHash64(number, 1) % 4000000, 90000 + sipHash64(number, 2) % 700000,
    if(sipHash64(number, 3) % 40 = 0, 'error', 'ok'), if(sipHash64(number, 3) % 40 = 0, 'timeout', ''),
    if(sipHash64(number, 4) % 12 < 6, 'openai', 'anthropic'), concat('model-', toString(sipHash64(number, 4) % 12)),
    hex(sipHash128(number)), 500 + sipHash64(number, 5) % 3000, sipHash64(number, 6) % 2000,
    20 + sipHash64(number, 7) % 900,
    toDecimal64(sipHash64(number, 8) % 90000000, 0) / 1000000000, 'priced',
    concat('route-', toString(intDiv(number, 2) % 20)), concat('user-', toString(intDiv(number, 2) % 20000)),
    concat('session-', toString(intDiv(number, 6))), ['production', 'staging', 'test'][intDiv(number, 2) % 3 + 1],
    map('plan', 'pro')
FROM numbers({first:UInt64}, {count:UInt64})
"""
TRACES = """
INSERT INTO trace_entries (project_id, start_time, trace_id, version, first, last, ended, spans, name, kind,
    duration_us, status, route, user_id, session_id, environment, tags, steps, calls, cost, success, revenue, charges)
SELECT
    project_id, min(start_time), trace_id, 1, min(start_time), max(start_time), max(start_time), 3, 'answer', 'agent',
    sum(duration_us), max(status), any(route), any(user_id), any(session_id), any(environment), any(tags),
    groupUniqArray((kind, provider, model, '', '', '', '', '')), count(), sum(cost),
    if(sipHash64(trace_id) % 3 = 0, NULL, sipHash64(trace_id) % 3 = 1), if(sipHash64(trace_id) % 3 = 1, 0.05, NULL),
    NULL
FROM call_entries
WHERE project_id = {project:UUID} AND start_time >= {since:DateTime('UTC')} AND start_time < {until:DateTime('UTC')}
GROUP BY project_id, trace_id
"""
MARKS = """
INSERT INTO dirty_hours SELECT DISTINCT project_id, toStartOfHour(start_time), 1 FROM call_entries
"""

QUESTIONS: dict[str, dict[str, str]] = {
    "overview, 30 days by day": {
        "measures": "calls,traces,cost,failures,failure_rate,latency_p95,unpriced_calls,pending_calls",
        "interval": "day",
    },
    "cost and calls by route and model": {"measures": "cost,calls,unpriced_calls", "by": "route,model"},
    "latency and failures by model": {"measures": "calls,failure_rate,latency_p50,latency_p95,ttft_p95", "by": "model"},
    "worth by route": {
        "measures": "traces,cost_per_trace,cost_per_success,margin,success_rate,outcome_coverage,wasted_cost",
        "by": "route",
    },
    "failures by kind": {"measures": "failures", "by": "failure_kind"},
    "users": {"measures": "users,traces", "by": "route"},
    "dearest users": {"measures": "cost,calls", "by": "user"},
    "tasks by model": {"measures": "traces,calls_per_trace", "by": "model"},
}


def fill(store: Store, calls: int) -> None:
    """A portion at a time: one statement must not need more memory than the store has."""
    span = int((UNTIL - SINCE).total_seconds()) * 1_000_000
    for first in range(0, calls, PORTION):
        count = min(PORTION, calls - first)
        store.command(CALLS, project=PROJECT, since=SINCE, span=span, calls=calls, first=first, count=count)
    for day in range(30):
        since = SINCE + timedelta(days=day)
        store.command(TRACES, project=PROJECT, since=since, until=since + timedelta(days=1))
    store.command(MARKS)


def asked(name: str, question: Question, store: Store, server: psutil.Process) -> dict[str, object]:
    """The better of two runs: the first may have to read from disk."""
    metrics.measure(store, PROJECT, question)
    found, used, wall = timed(lambda: metrics.measure(store, PROJECT, question), server)
    return {"question": name, "source": found.source, "rows_read": found.rows_read, "cpu_ms": used, "wall_ms": wall}


def timed[T](work: Callable[[], T], server: psutil.Process) -> tuple[T, float, float]:
    used, wall = cpu(server), time.perf_counter()
    found = work()
    return found, (cpu(server) - used) * 1e3, (time.perf_counter() - wall) * 1e3


def cpu(server: psutil.Process) -> float:
    times = server.cpu_times()
    return float(times.user + times.system) + time.process_time()


def questions() -> Iterator[tuple[str, Question]]:
    """Those of pages, over thirty days whose end lies within an hour."""
    for name, asks in QUESTIONS.items():
        yield name, read_question(asks["measures"], LATER, **{key: asks[key] for key in asks if key != "measures"})


def build(store: Store, calls: int, server: psutil.Process) -> dict[str, object]:
    def everything() -> int:
        builder, built = Builder(store, least=0), 0
        while more := builder.build():
            built += more
        return built

    built, used, wall = timed(everything, server)
    about = {"question": f"build {built} hours and days", "source": "", "rows_read": calls}
    return {**about, "cpu_ms": used, "wall_ms": wall, "cpu_us_per_call": used * 1e3 / calls}


def newest(store: Store, server: psutil.Process) -> dict[str, object]:
    page, used, wall = timed(lambda: list_traces(store, PROJECT, Window(SINCE, LATER)), server)
    return {"question": f"newest {len(page.items)} tasks", "source": "traces", "cpu_ms": used, "wall_ms": wall}


def measured(calls: int) -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder, gateway(Path(folder)) as (url, server):
        migrate(url)
        store = connect(url)
        fill(store, calls)
        metrics.ENOUGH_RAW = calls * 10  # no rollups
        yield from (asked(name, question, store, server) for name, question in questions())
        yield newest(store, server)
        yield build(store, calls, server)
        metrics.ENOUGH_RAW = 0
        yield from (asked(name, question, store, server) for name, question in questions())


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    rows: list[dict[str, object]] = []
    for size in sizes:
        for row in measured(size):
            rows.append({"calls": size, **row})
            print(rows[-1], file=sys.stderr)
    report("metrics", rows, {"days": 30}, Path("bench-results"))


if __name__ == "__main__":
    main()
