"""Large and hostile bodies: `python -m tests.bench.bodies [WORD…]`. How long an answer takes; the peak memory.

Starts PostgreSQL and ingest of its own; the writer is not there. Words choose bodies by their names.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import grpc  # type: ignore[import-untyped]  # grpcio ships no types
import httpx
import psutil

from ledger.stack import identity, postgres, sockets
from tests.bench.hostile import BODIES, Body
from tests.bench.table import report
from tests.ingest.house import House, own_database

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
CHANNEL = (("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1))


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """The caller's PostgreSQL, else one of our own."""
    if "DATABASE_URL" in os.environ:
        yield os.environ["DATABASE_URL"]
        return
    server = postgres.cluster(folder, durable=False)
    postgres.prepare(server)
    process = subprocess.Popen(identity.launched(server.command(), server.identity, postgres.END_SIGNAL.name))
    try:
        limit = time.monotonic() + 60
        while not server.ready():
            assert time.monotonic() < limit, "PostgreSQL did not start within a minute"
            time.sleep(0.05)
        yield postgres.url(folder)
    finally:
        process.send_signal(postgres.END_SIGNAL)
        process.wait()
        sockets.discard(folder)


def peak(process: psutil.Process) -> float:
    """The most memory that the process held since it was forgotten last, in MiB."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def forget_peak(process: psutil.Process) -> None:
    Path(f"/proc/{process.pid}/clear_refs").write_text("5")


def over_http(house: House, body: Body, key: str, content: bytes) -> str:
    headers = {"authorization": f"Bearer {key}", "content-type": body.content_type, **body.headers}
    if body.encoding:
        headers["content-encoding"] = body.encoding
    try:
        return str(httpx.post(house.url + body.path, content=content, headers=headers, timeout=120).status_code)
    except httpx.HTTPError as error:
        return type(error).__name__


def over_grpc(house: House, key: str, content: bytes) -> str:
    with grpc.insecure_channel(f"127.0.0.1:{house.grpc_port}", options=CHANNEL) as channel:
        export = channel.unary_unary(EXPORT, request_serializer=None, response_deserializer=None)
        try:
            export(content, metadata=(("authorization", f"Bearer {key}"),), timeout=120)
        except grpc.RpcError as error:
            return str(error.code().name)
    return "OK"


def sent(house: House, body: Body, key: str, content: bytes) -> tuple[str, float]:
    start = time.perf_counter()
    answer = over_grpc(house, key, content) if body.grpc else over_http(house, body, key, content)
    return answer, time.perf_counter() - start


def cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def measured(house: House, body: Body) -> dict[str, object]:
    assert house.ingest is not None
    process, project, content = psutil.Process(house.ingest.pid), uuid4(), body.make()
    if body.policy == "personal":
        house.redact(project, "mask", personal=True)
    key = house.key(project)
    before, spent = process.memory_info().rss, cpu(process)
    forget_peak(process)
    with ThreadPoolExecutor(body.at_once) as pool:
        answers = list(pool.map(lambda _: sent(house, body, key, content), range(body.at_once)))
    return {
        "body": f"{body.name:45}",
        "bytes": len(content),
        "answers": " ".join(f"{answer}×{count}" for answer, count in Counter(one for one, _ in answers).items()),
        "seconds": max(seconds for _, seconds in answers),
        "cpu_seconds": cpu(process) - spent,
        "peak_mib": peak(process),
        "before_mib": before / 2**20,
        "after_mib": process.memory_info().rss / 2**20,
    }


def main() -> None:
    words = sys.argv[1:]
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder, database(Path(folder)) as url:
        house = House(Path(folder) / "house", own_database(url), "http://127.0.0.1:1/none")
        house.start_ingest()
        try:
            for body in BODIES:
                if not words or any(word in body.name for word in words):
                    rows.append(measured(house, body))
                    print(rows[-1], file=sys.stderr, flush=True)
        finally:
            house.stop()
    report("bodies", rows, {"limit_seconds": 2, "limit_mib": 250}, Path("bench-results"))


if __name__ == "__main__":
    main()
