"""A closer look at what SQL can't put together: reports without an id, tools in tools, loops, the calls of judges."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from uuid import UUID

from ledger.domain import reports, toolcalls
from ledger.domain.reports import Report
from ledger.domain.toolcalls import Step
from ledger.store.client import Row
from ledger.store.settling import WHOLE, Note

CALLS = ("generation", "embedding")
type Trace = tuple[UUID, bytes]


def notes(knotty: Iterable[Row], alike: Iterable[Row]) -> list[Note]:
    """What the spans of knotty traces, and reports that are alike, come to."""
    traces: dict[Trace, list[Row]] = defaultdict(list)
    for row in knotty:
        traces[row["project_id"], row["trace_id"]].append(row)
    found = [note for trace, rows in traces.items() for note in of_trace(trace, rows)]
    return found + list(of_reports(traces, alike))


def of_trace(trace: Trace, rows: list[Row]) -> Iterator[Note]:
    """Which tool calls lie in others, whether the tools go in a circle, and which calls a judge made."""
    steps = {row["span_id"]: step(row) for row in rows}
    inside = toolcalls.inside(steps)
    for span, outer in inside.items():
        yield Note(*trace, span, inside=outer)
    for span in toolcalls.judged(steps):
        yield Note(*trace, span, judged=True)
    if loop := toolcalls.loop(steps, inside):
        yield Note(*trace, WHOLE, loop_tool=loop.tool, loop_calls=loop.calls)


def of_reports(traces: dict[Trace, list[Row]], alike: Iterable[Row]) -> Iterator[Note]:
    """Which reports share a call, project by project."""
    rows: dict[UUID, dict[reports.Key, Row]] = defaultdict(dict)
    steps: dict[UUID, dict[reports.Key, reports.Step]] = defaultdict(dict)
    for (project, trace), some in traces.items():
        bare = all(row["kind"] in CALLS for row in some)
        for row in some:
            steps[project][trace, row["span_id"]] = reports.Step(row["parent_id"], row["kind"])
            if row["kind"] in CALLS:
                rows[project][trace, row["span_id"]] = row | {"is_bare": bare}
    for row in alike:
        found = rows[row["project_id"]].setdefault((row["trace_id"], row["span_id"]), row)
        found["response_id"] = row["response_id"]  # none where it turned out to name no answer
    for project, known in rows.items():
        for (trace, span), name in reports.same_calls(map(report, known.values()), steps[project]).items():
            yield Note(project, trace, span, report=name)


def step(row: Row) -> Step:
    return Step(
        span=row["span_id"],
        parent=row["parent_id"],
        kind=row["kind"],
        tool=row["tool"],
        scope=row["scope"],
        input_hash=row["input_hash"],
        start=row["start"],
        end=row["end"],
    )


def report(row: Row) -> Report:
    return Report(
        trace=row["trace_id"],
        span=row["span_id"],
        parent=row["parent_id"],
        scope=row["scope"],
        service=row["service"],
        instance=row["instance"],
        start=row["start"],
        end=row["end"],
        model=row["model"],
        request_model=row["request_model"],
        context=row["context"],
        output=row["output"],
        failed=bool(row["failed"]),
        failure_kind=row["failure_kind"],
        response_id=row["response_id"],
        is_bare=bool(row["is_bare"]),
        is_log=bool(row["is_log"]),
    )
