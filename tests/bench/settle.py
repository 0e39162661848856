"""What settling costs: `python -m tests.bench.settle [SPANS | CALLSc]`: 500,000 spans, or `1000000c` for so many calls.

Starts a store of its own; CPU is that of both. Says beside it what really happened, what the ledger counts, and which
statements the CPU went to.

Traces of five spans, three of them calls of three models, two with a response id; the root alone knows the route, the
session and the user.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import httpx
import psutil

from ledger.domain.prices import Price, Rates
from ledger.settle.settlement import RETRACED, Settlement
from ledger.stack import ports
from ledger.store.client import Columns, Row, Store
from ledger.store.migrate import migrate
from ledger.store.prices import publish
from tests.bench.table import report

MODELS = ("gpt-4o", "gpt-4o-mini", "text-embedding-3-small")
GROUP = 5_000
PORTION = 250_000

SPANS = """
INSERT INTO spans (project_id, start_time, trace_id, span_id, parent_id, version, kind, name, duration_us, provider,
    model, response_id, input_tokens, cache_read_tokens, output_tokens, own_route, session_id, user_id,
    tags, received_at, input_preview, output_preview)
SELECT
    toUUID('00000000-0000-0000-0000-000000000001'),
    toDateTime64('2026-11-01', 6, 'UTC') + toIntervalMillisecond(trace * 20 + step),
    sipHash128(trace), reinterpretAsFixedString(sipHash64(number)),
    if(step = 0, toFixedString('', 8), reinterpretAsFixedString(sipHash64(number - step))),
    bitShiftLeft(toUInt128(number + 1), 64),
    ['workflow', 'generation', 'generation', 'tool', 'embedding'][step + 1], 'step', 1000000 + number % 500000,
    'openai',
    ['', 'gpt-4o', 'gpt-4o-mini', '', 'text-embedding-3-small'][step + 1],
    if(step IN (1, 2), concat('chatcmpl-', hex(sipHash64(number))), ''),
    if(step IN (1, 2, 4), 1000 + number % 700, NULL),
    if(step IN (1, 2), number % 300, NULL),
    multiIf(step IN (1, 2), 100 + number % 90, step = 4, 0, NULL),
    if(step = 0, 'support', ''), if(step = 0, toString(trace), ''), if(step = 0, toString(trace % 5000), ''),
    if(step = 0, map('plan', 'pro'), map()),
    toDateTime64('2026-11-01', 6, 'UTC'),
    repeat(hex(sipHash64(number, 1)), 12), repeat(hex(sipHash64(number, 2)), 12)
FROM (SELECT number, intDiv(number, 5) AS trace, number % 5 AS step FROM numbers({first:UInt64}, {many:UInt64}))
"""
KEYS = "INSERT INTO span_keys SELECT project_id, trace_id, span_id, start_time, version FROM spans"
ARRIVALS = """
INSERT INTO arrivals (node, group_seq, project_id, trace_id)
SELECT 'bench', intDiv(toUInt64(reinterpretAsUInt128(bitShiftRight(max(version), 64))), {group:UInt64}) + 1,
    project_id, trace_id
FROM spans GROUP BY project_id, trace_id
"""

COUNTED = """
SELECT
    countIf(kind != 'tool' AND cost_status != 'duplicate') AS calls,
    sum(cost) AS usd,
    countIf(cost_status = 'pending') AS pending
FROM calls
"""
TRUTH = """
SELECT
    countIf(kind IN ('generation', 'embedding')) AS true_calls,
    toDecimal128(sum(input_tokens * 250 + coalesce(cache_read_tokens, 0) * 125 + output_tokens * 1000), 12) / 100000000
        AS true_usd
FROM spans
"""


@contextmanager
def gateway(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    port = ports.free()
    command = [sys.executable, "-m", "ledger.stack.gateway", "--path", str(folder), "--port", str(port)]
    users = {"GATEWAY_WRITER": "spanledger:writes", "GATEWAY_READER": "reader:reads"}
    process = subprocess.Popen(command, env=os.environ | users)
    try:
        limit = time.monotonic() + 60
        while not alive(port):
            assert time.monotonic() < limit, "the gateway did not start within a minute"
            time.sleep(0.1)
        yield f"http://spanledger:writes@127.0.0.1:{port}/spanledger", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def alive(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ping").is_success
    except httpx.TransportError:
        return False


def fill(store: Store, spans: int) -> None:
    rates = Rates(input=Decimal("2.5"), cache_read=Decimal("1.25"), output=Decimal(10))
    publish(store, [Price(id=m, provider="openai", model=m, pattern={"equals": m}, rates=rates) for m in MODELS])
    for first in range(0, spans, PORTION):
        store.command(SPANS, first=first, many=min(PORTION, spans - first))
    store.command(KEYS)
    store.command(ARRIVALS, group=GROUP)


def measured(step: str, work: Callable[[], object], spans: int, server: psutil.Process) -> dict[str, object]:
    used, wall = cpu(server), time.perf_counter()
    work()
    used, wall = cpu(server) - used, time.perf_counter() - wall
    return {"step": step, "spans": spans, "cpu_us_per_span": used / spans * 1e6, "cpu_ms": used * 1e3, "wall_s": wall}


def cpu(server: psutil.Process) -> float:
    times = server.cpu_times()
    return float(times.user + times.system) + time.process_time()


def everything(settlement: Settlement) -> None:
    while settlement.settle_arrived():
        pass


class Watched(Store):
    """A store that adds up what its statements cost."""

    def __init__(self, url: str, server: psutil.Process) -> None:
        super().__init__(url)
        self.server = server
        self.spent: Counter[str] = Counter()

    def query(self, name: str, **params: object) -> list[Row]:
        with self.watching(name):
            return super().query(name, **params)

    def run(self, name: str, **params: object) -> None:
        with self.watching(name):
            super().run(name, **params)

    def insert(self, table: str, columns: Columns, token: str = "") -> None:
        with self.watching(table):
            super().insert(table, columns, token)

    @contextmanager
    def watching(self, name: str) -> Iterator[None]:
        before = cpu(self.server)
        yield
        self.spent[name] += round((cpu(self.server) - before) * 1e3)


def main() -> None:
    spans = asked(sys.argv[1] if len(sys.argv) > 1 else "500000")
    with tempfile.TemporaryDirectory() as folder, gateway(Path(folder)) as (url, server):
        migrate(url)
        store = Watched(url, server)
        settlement = Settlement(store)
        fill(store, spans)
        settle_down(store)
        settlement.fill_unpriced()
        store.spent.clear()
        rows = [measured("all at once", lambda: everything(settlement), spans, server)]
        spent = dict(store.spent.most_common(8))
        known = min(spans, RETRACED * GROUP)
        rows.append(measured("the last groups again, nothing changed", settlement.retrace, known, server))
        rows.append(measured("nothing waits", settlement.settle_arrived, 1, server))
        store.insert("arrivals", one_trace(store))
        store.spent.clear()
        rows.append(measured("one trace", settlement.settle_arrived, 5, server))
        small = dict(store.spent.most_common(8))
        counts = store.select(COUNTED)[0] | store.select(TRUTH)[0]
    about = {"spans": spans, **counts, "cpu_ms_all": spent, "cpu_ms_one_trace": small}
    report("settle", rows, about, Path("bench-results"))


def asked(amount: str) -> int:
    """A number of spans; of calls where a c stands behind it: three of five spans are calls."""
    return -(-int(amount[:-1]) // 3) * 5 if amount.endswith("c") else int(amount)


def settle_down(store: Store) -> None:
    """Wait until the store has merged what was filled in, so that this is not counted."""
    limit = time.monotonic() + 120
    while store.select("SELECT count() AS n FROM system.merges")[0]["n"] and time.monotonic() < limit:
        time.sleep(0.2)


def one_trace(store: Store) -> dict[str, list[object]]:
    row = store.select(
        "SELECT project_id, trace_id, group_seq + 1 AS group_seq, node FROM arrivals ORDER BY 3 DESC LIMIT 1"
    )
    return {name: [value] for name, value in row[0].items()}


if __name__ == "__main__":
    main()
