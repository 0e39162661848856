"""Counters for Prometheus, written by hand: they are few."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.spool import Size


@dataclass(slots=True)
class Metrics:
    """What this process has seen since it started."""

    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    spans: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    scores: int = 0

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
        yield "# HELP spanledger_ingest_dropped_total Log records and data points that are not kept."
        yield "# TYPE spanledger_ingest_dropped_total counter"
        for signal, count in sorted(self.dropped.items()):
            yield f'spanledger_ingest_dropped_total{{signal="{signal}"}} {count}'
        yield "# TYPE spanledger_ingest_scores_total counter"
        yield f"spanledger_ingest_scores_total {self.scores}"
        for name, value in (
            ("records", waiting.records),
            ("spans", waiting.spans),
            ("bytes", waiting.bytes),
            ("oldest_seconds", waiting.age),
        ):
            yield f"# TYPE spanledger_spool_{name} gauge"
            yield f"spanledger_spool_{name} {value:g}"
