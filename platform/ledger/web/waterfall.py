"""A trace's steps in the order of a tree, with the place and length of their bars."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledger.domain.span import CALL_KINDS, Kind
from ledger.store.traces import SpanDetail, TraceDetail

DEEPEST_INDENT = 12
THINNEST = 0.4
"""The least width of a bar in percent: what took next to no time is still seen."""

WORK: dict[Kind, str] = {
    "generation": "call",
    "embedding": "call",
    "tool": "tool",
    "retrieval": "search",
    "rerank": "search",
    "memory": "search",
    "guardrail": "check",
    "evaluator": "check",
}
"""Which colour a kind of span has; all others are of the quiet one."""


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the waterfall: `x` and `width` in percent of the trace's time, `level` counts from 1."""

    span: SpanDetail
    level: int
    x: float
    width: float
    adrift: bool
    """Its parent never arrived, or is on another page."""

    @property
    def indent(self) -> int:
        return min(self.level - 1, DEEPEST_INDENT)

    @property
    def is_call(self) -> bool:
        return self.span.kind in CALL_KINDS

    @property
    def model(self) -> str:
        """The model, where the step's name doesn't say it already."""
        return "" if self.span.model in self.span.name else self.span.model

    @property
    def went_in(self) -> int | None:
        """All tokens that went in; None where nobody said."""
        usage = self.span.usage
        return None if usage.input is None else usage.context

    @property
    def work(self) -> str:
        return WORK.get(self.span.kind, "other")


def steps(trace: TraceDetail) -> list[Step]:
    """Parents before their children, brothers in order of time."""
    since, until = extent(trace)
    return [placed(span, level, since, until) for span, level in walk(trace.spans)]


def walk(spans: Sequence[SpanDetail]) -> Iterator[tuple[SpanDetail, int]]:
    """Depth first, without recursion: traces may be deeper than Python's stack. A circle of parents is cut open."""
    known = {span.span_id for span in spans}
    children: dict[str, list[SpanDetail]] = {}
    for span in spans:
        children.setdefault(span.parent_id if span.parent_id in known else "", []).append(span)
    seen: set[str] = set()
    waiting = [(span, 1) for span in (*reversed(spans), *reversed(children.get("", ())))]
    while waiting:
        span, level = waiting.pop()
        if span.span_id in seen:
            continue
        seen.add(span.span_id)
        yield span, level
        waiting.extend((child, level + 1) for child in reversed(children.get(span.span_id, ())))


def extent(trace: TraceDetail) -> tuple[datetime, datetime]:
    ends = [span.start + timedelta(milliseconds=span.duration_ms) for span in trace.spans]
    starts = [span.start for span in trace.spans]
    whole = trace.start + timedelta(milliseconds=trace.duration_ms)
    return min([trace.start, *starts]), max([whole, *ends])


def placed(span: SpanDetail, level: int, since: datetime, until: datetime) -> Step:
    whole = (until - since) / timedelta(milliseconds=1) or 1.0
    width = max(THINNEST, 100 * span.duration_ms / whole)
    x = 100 * ((span.start - since) / timedelta(milliseconds=1)) / whole
    return Step(span, level, round(min(x, 100 - width), 3), round(width, 3), level == 1 and bool(span.parent_id))
