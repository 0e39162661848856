"""Counters for Prometheus, written by hand: they are few."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.records import Records
from ingest.spool import Size

MOST_NAMES, NAME = 200, re.compile(r"[A-Za-z0-9_.:/-]{1,80}")
"""Names of what is not kept come from clients: so many are told apart, and only those that look like names."""


@dataclass(slots=True)
class Metrics:
    """What this process has seen since it started."""

    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    spans: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    unkept: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    posted: Counter[str] = field(default_factory=Counter)
    redaction_failed: int = 0
    attributes_dropped: int = 0

    def records(self, signal: str, found: Records) -> None:
        """Counts the log records or data points of a request."""
        self.kept[signal] += found.kept
        for reason, samples in found.rejected.items():
            self.refused[signal, reason] += len(samples)
        for name, count in found.counted.items():
            self.unkept[self.counter(signal, name)] += count

    def counter(self, signal: str, name: str) -> tuple[str, str]:
        known = (signal, name) in self.unkept or (len(self.unkept) < MOST_NAMES and NAME.fullmatch(name))
        return (signal, name) if known else (signal, "other")

    def text(self, waiting: Size) -> str:
        return "\n".join(self.lines(waiting)) + "\n"

    def lines(self, waiting: Size) -> Iterator[str]:
        yield "# HELP spanledger_ingest_requests_total Requests by path and status."
        yield "# TYPE spanledger_ingest_requests_total counter"
        for (path, status), count in sorted(self.requests.items()):
            yield f'spanledger_ingest_requests_total{{path="{path}",status="{status}"}} {count}'
        yield "# TYPE spanledger_ingest_spans_total counter"
        yield f"spanledger_ingest_spans_total {self.spans}"
        yield "# TYPE spanledger_ingest_rejected_spans_total counter"
        for reason, count in sorted(self.rejected.items()):
            yield f'spanledger_ingest_rejected_spans_total{{reason="{reason}"}} {count}'
        yield from self.record_lines()
        yield "# HELP spanledger_ingest_redaction_failed_total Spans, scores and samples kept without their content."
        yield "# TYPE spanledger_ingest_redaction_failed_total counter"
        yield f"spanledger_ingest_redaction_failed_total {self.redaction_failed}"
        yield "# HELP spanledger_ingest_attributes_dropped_total Attributes of spans that had more than are kept."
        yield "# TYPE spanledger_ingest_attributes_dropped_total counter"
        yield f"spanledger_ingest_attributes_dropped_total {self.attributes_dropped}"
        for kind in ("scores", "outcomes", "charges"):
            yield f"# TYPE spanledger_ingest_{kind}_total counter"
            yield f"spanledger_ingest_{kind}_total {self.posted[kind]}"
        for name, value in (
            ("records", waiting.records),
            ("spans", waiting.spans),
            ("bytes", waiting.bytes),
            ("oldest_seconds", waiting.age),
        ):
            yield f"# TYPE spanledger_spool_{name} gauge"
            yield f"spanledger_spool_{name} {value:g}"

    def record_lines(self) -> Iterator[str]:
        yield "# HELP spanledger_ingest_records_total Log records and data points that are kept."
        yield "# TYPE spanledger_ingest_records_total counter"
        for signal, count in sorted(self.kept.items()):
            yield f'spanledger_ingest_records_total{{signal="{signal}"}} {count}'
        yield "# HELP spanledger_ingest_unkept_total Log records and data points that are accepted and counted alone."
        yield "# TYPE spanledger_ingest_unkept_total counter"
        for (signal, name), count in sorted(self.unkept.items()):
            yield f'spanledger_ingest_unkept_total{{signal="{signal}",name="{name}"}} {count}'
        yield "# TYPE spanledger_ingest_rejected_records_total counter"
        for (signal, reason), count in sorted(self.refused.items()):
            yield f'spanledger_ingest_rejected_records_total{{signal="{signal}",reason="{reason}"}} {count}'
