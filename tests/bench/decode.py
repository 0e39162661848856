"""How fast the door reads: `python -m tests.bench.decode`. Spans a second on one core, from body to spool record."""

import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from ingest import otlp
from ingest.answers import JSON, PROTOBUF
from ingest.checked import Rejected
from ingest.conventions.table import read
from ingest.reading import reading
from ingest.redaction.redactor import Redactor, Redactors
from ledger.domain.redaction import Policy
from tests.bench.payloads import as_json, batch
from tests.bench.table import report

SPANS = 512
SECONDS = 3.0
REDACTORS = Redactors("a secret")


def rate(work: Callable[[bytes], object], bodies: list[bytes]) -> float:
    """Spans a second of CPU time: the machine may be busy."""
    work(bodies[0])
    done, start = 0, time.process_time()
    while time.process_time() - start < SECONDS:
        work(bodies[done % len(bodies)])
        done += 1
    return done * SPANS / (time.process_time() - start)


def redactor() -> Redactor:
    return REDACTORS.of(UUID(int=1), Policy())


def mapped(body: bytes) -> int:
    return sum(read(one) is not None for one in otlp.spans(body) if not isinstance(one, Rejected))


def main() -> None:
    bodies = [batch(SPANS, seed) for seed in range(16)]
    texts = [as_json(body) for body in bodies]
    rows = [
        {
            "step": "protobuf: decode",
            "spans_per_cpu_second": rate(lambda body: sum(1 for _ in otlp.spans(body)), bodies),
        },
        {"step": "protobuf: decode and map", "spans_per_cpu_second": rate(mapped, bodies)},
        {
            "step": "protobuf: to record",
            "spans_per_cpu_second": rate(lambda body: reading(body, PROTOBUF, redactor()), bodies),
        },
        {"step": "JSON: to record", "spans_per_cpu_second": rate(lambda body: reading(body, JSON, redactor()), texts)},
    ]
    report(
        "decode", rows, {"spans": SPANS, "bytes_per_span": sum(map(len, bodies)) // (16 * SPANS)}, Path("bench-results")
    )


if __name__ == "__main__":
    main()
