"""What redaction costs: `python -m tests.bench.redaction`. Nanoseconds a byte, and spans a second with and without."""

import random
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from ingest.answers import PROTOBUF
from ingest.reading import reading
from ingest.redaction.redactor import Redactor, Redactors
from ledger.domain.redaction import Policy
from tests.bench.payloads import batch, prose
from tests.bench.table import report
from tests.ingest.redaction.snippets import wanted

SECONDS = 1.0
BYTES = 64 * 1024
SPANS = 512
OFF, SECRETS, ALL = Policy("off"), Policy(), Policy(personal=True)


def redactor(policy: Policy) -> Redactor:
    return REDACTORS.of(UUID(int=1), policy)


REDACTORS = Redactors("a secret")


def seconds(work: Callable[[], object]) -> float:
    """CPU time of one call: the machine may be busy."""
    work()
    done, start = 0, time.process_time()
    while time.process_time() - start < SECONDS:
        work()
        done += 1
    return (time.process_time() - start) / done


def redact(policy: Policy, text: str) -> str:
    found = redactor(policy).texts
    return found.text(text) if found else text


def texts() -> dict[str, str]:
    """Prose in which nothing is to be found, and prose with something in every sentence."""
    rnd = random.Random(1)
    dense = " ".join(f"{snippet.value} {prose(rnd, 60)}" for snippet in wanted())
    return {"clean": prose(rnd, BYTES), "dense": (dense * 3)[:BYTES]}


def main() -> None:
    rows: list[dict[str, object]] = []
    for name, text in texts().items():
        size = len(text.encode())
        for policy in (SECRETS, ALL):
            taken = seconds(lambda policy=policy, text=text: redact(policy, text))
            what = "secrets and personal data" if policy.personal else "secrets"
            rows.append({"text": name, "looked_for": what, "ns_per_byte": taken / size * 1e9, "bytes": size})
    body = batch(SPANS, 1)
    for policy in (OFF, SECRETS, ALL):
        rate = SPANS / seconds(lambda policy=policy: reading(body, PROTOBUF, redactor(policy)))
        what = "nothing" if policy is OFF else "secrets and personal data" if policy.personal else "secrets"
        rows.append({"text": "batch to record", "looked_for": what, "spans_per_cpu_second": rate})
    report("redaction", rows, {"bytes_per_span": len(body) // SPANS}, Path("bench-results"))


if __name__ == "__main__":
    main()
