"""From the wire to the store: `DATABASE_URL=… CLICKHOUSE_URL=… python -m tests.bench.ingest`.

Sends as fast as it is answered from a few connections, then waits until the spool is empty. Says how many spans a
second were taken and stored, how long an answer took, and how much memory ingest and writer used.
"""

import os
import statistics
import tempfile
import threading
import time
from pathlib import Path
from uuid import uuid4

import httpx
import psutil

from ledger.store.migrate import migrate
from tests.bench.payloads import batch
from tests.bench.table import report
from tests.ingest.house import House, own_database

SPANS, BATCHES, CONNECTIONS = 100, 400, 8


def send(house: House, key: str, bodies: list[bytes], taken: list[float]) -> None:
    headers = {"authorization": f"Bearer {key}", "content-type": "application/x-protobuf"}
    with httpx.Client(timeout=30) as client:
        while bodies:
            body, start = bodies.pop(), time.perf_counter()
            response = client.post(f"{house.url}/v1/traces", content=body, headers=headers)
            taken.append(time.perf_counter() - start)
            assert response.status_code == 200, response.text


def peak(process: psutil.Process, stop: threading.Event, found: list[int]) -> None:
    while not stop.wait(0.2):
        found.append(process.memory_info().rss)


def cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def main() -> None:
    clickhouse = os.environ["CLICKHOUSE_URL"]
    migrate(clickhouse)
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), own_database(os.environ["DATABASE_URL"]), clickhouse)
        house.start_ingest()
        house.start_writer()
        try:
            report("ingest", [measured(house)], {"batches": BATCHES, "spans": SPANS}, Path("bench-results"))
        finally:
            house.stop()


def measured(house: House) -> dict[str, object]:
    assert house.ingest is not None
    assert house.writer is not None
    project = uuid4()
    key, bodies = house.key(project), [batch(SPANS, seed) for seed in range(BATCHES)]
    ingest, writer = psutil.Process(house.ingest.pid), psutil.Process(house.writer.pid)
    used, stop, taken = ([], []), threading.Event(), list[float]()
    watchers = [
        threading.Thread(target=peak, args=(process, stop, held))
        for process, held in zip((ingest, writer), used, strict=True)
    ]
    senders = [threading.Thread(target=send, args=(house, key, bodies, taken)) for _ in range(CONNECTIONS)]
    start = time.perf_counter()
    for thread in watchers + senders:
        thread.start()
    for thread in senders:
        thread.join()
    answered = time.perf_counter() - start
    house.drain(project, 300)
    stored = time.perf_counter() - start
    stop.set()
    ordered = sorted(taken)
    return {
        "taken_per_second": BATCHES * SPANS / answered,
        "stored_per_second": BATCHES * SPANS / stored,
        "ingest_cpu_us_per_span": cpu(ingest) / (BATCHES * SPANS) * 1e6,
        "writer_cpu_us_per_span": cpu(writer) / (BATCHES * SPANS) * 1e6,
        "answer_ms_p50": statistics.median(ordered) * 1000,
        "answer_ms_p99": ordered[len(ordered) * 99 // 100] * 1000,
        "ingest_rss_mib": max(used[0]) / 2**20,
        "writer_rss_mib": max(used[1]) / 2**20,
    }


if __name__ == "__main__":
    main()
