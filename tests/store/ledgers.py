"""Spans for tests of reading, written down as the writer and the settler leave them.

What settling would find out is said with the spans: `cost` and `cost_status` of a call, and on any span of a trace what
was told about the whole (`success`, `revenue`, `charges`). The entries are put together here, not by the settler.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from ledger.domain.questions import Question, read_question
from ledger.domain.windows import Window
from ledger.store.client import Store
from ledger.store.metrics import Answer, measure

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
DAY = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))
BODY = ("input", "output", "attributes", "resource", "events", "links")
KEY = ("start_time", "trace_id", "span_id", "version")

CALL_KINDS = ("generation", "embedding")

SETTLED = (
    *("cost", "cost_status", "price_id", "price_version", "duplicate_of", "cache_savings"),
    *("trace_failed", "for_evaluation"),
)
"""What the settler finds out of a call."""

TOLD = ("success", "revenue", "charges", "outcome_at", "loop_tool", "loop_calls")
"""What is told of a trace, or found out of it as a whole."""

ROOTS = ("route", "service", "variant")
"""What only a root says for its trace; the others the first span may that says them."""

INHERITED = ("session_id", "user_id", "customer", "environment", "release", "prompt")
STEP = ("kind", "provider", "model", "operation", "tier", "region", "agent", "tool")
TOKENS = (
    *("input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens"),
    *("output_tokens", "reasoning_tokens"),
)

type Fields = dict[str, Any]

KNOWN: dict[tuple[UUID, bytes], dict[bytes, Fields]] = {}
"""The spans of each trace as they are now."""

ENTERED: dict[tuple[UUID, bytes], tuple[datetime, int]] = {}
"""Where the entry of a trace lies, and in which version."""


def trace_id(number: int) -> str:
    return f"{number:032x}"


def span_id(number: int) -> str:
    return f"{number:016x}"


def span(trace: int = 1, span: int = 1, parent: int = 0, *, at: float = 0, ms: float = 1000, **more: Any) -> Fields:
    """A plain step that began `at` seconds after noon and took `ms`; `parent` 0 means a root."""
    start = NOON + timedelta(seconds=at)
    known: Fields = {
        "start_time": start,
        "trace_id": bytes.fromhex(trace_id(trace)),
        "span_id": bytes.fromhex(span_id(span)),
        "parent_id": bytes.fromhex(span_id(parent)),
        "version": 1,
        "is_deleted": 0,
        "kind": "span",
        "name": "step",
        "duration_us": round(ms * 1000),
        "status": "ok",
        "received_at": start,
    }
    return known | more


def call(trace: int = 1, span_number: int = 1, parent: int = 0, **more: Any) -> Fields:
    """A model call; one with a `cost` is priced."""
    cost = more.pop("cost", None)
    known = {
        "kind": "generation",
        "name": "chat",
        "model": "gpt-4o",
        "provider": "openai",
        "cost": None if cost is None else Decimal(cost),
        "cost_status": "unpriced" if cost is None else "priced",
    }
    return span(trace, span_number, parent, **(known | more))


def tool(trace: int = 1, span_number: int = 1, parent: int = 0, **more: Any) -> Fields:
    """A run of a tool."""
    return span(trace, span_number, parent, **({"kind": "tool", "cost_status": "not_billable"} | more))


def write(store: Store, project: UUID, *spans: Fields) -> None:
    """The spans as they are sent, and the entries of their traces as settling leaves them."""
    send(store, project, *spans)
    settle(store, project, {each["trace_id"] for each in spans})


def send(store: Store, project: UUID, *spans: Fields) -> None:
    """The rows of spans, bodies and keys; where a span has left its place, no key points there."""
    empty = {"input": "", "output": "", "attributes": {}, "resource": {}, "events": [], "links": []}
    bodies = [only(KEY, each) | {name: text(each.get(name, empty[name])) for name in BODY} for each in spans]
    keys = [only(KEY, each) for each in spans if not each["is_deleted"]]
    for table, rows in (("spans", list(map(facts, spans))), ("bodies", bodies), ("span_keys", keys)):
        insert(store, table, project, rows)
    for each in spans:
        remember(project, each)


def facts(span: Fields) -> Fields:
    """What a client sends of a span."""
    named = {"own_route" if name == "route" else name: value for name, value in span.items()}
    return {name: value for name, value in named.items() if name not in (*BODY, *SETTLED, *TOLD)}


def remember(project: UUID, span: Fields) -> None:
    trace = KNOWN.setdefault((project, span["trace_id"]), {})
    before = trace.get(span["span_id"])
    if not span["is_deleted"] and (before is None or before["version"] <= span["version"]):
        trace[span["span_id"]] = span


def settle(store: Store, project: UUID, traces: Iterable[bytes]) -> None:
    """The entries of these traces and of their calls."""
    entries = [entry(project, trace) for trace in sorted(traces)]
    insert(store, "trace_entries", project, [row for one in entries for row in moved(project, one)])
    insert(store, "call_entries", project, [row for one in entries for row in calls(project, one)])


def entry(project: UUID, trace: bytes) -> Fields:
    """What a trace comes to, as its root tells it, else its earliest span."""
    spans = sorted(KNOWN[project, trace].values(), key=place)
    root, counted = spans[0], [each for each in spans if is_counted(each)]
    told = {name: each[name] for name in TOLD for each in spans if name in each}
    costs = [each["cost"] for each in counted if each.get("cost") is not None]
    return {
        **only(("trace_id", "start_time", "name", "kind", "duration_us"), root),
        **{name: root.get(name, "") for name in ROOTS},
        **{name: first(spans, name) for name in INHERITED},
        **{name: summed([each.get(name) for each in counted]) for name in TOKENS},
        **outcome(root, spans, told),
        "first": min(each["start_time"] for each in spans),
        "last": max(each["start_time"] for each in spans),
        "ended": max(each["start_time"] + timedelta(microseconds=each["duration_us"]) for each in spans),
        "spans": len(spans),
        "tags": first(spans, "tags") or {},
        "weight": root.get("weight", 1.0),
        "steps": sorted({tuple(each.get(name, "") for name in STEP) for each in spans if is_step(each)}),
        "calls": len(counted),
        "failures": sum(each["status"] == "error" for each in counted),
        "tool_calls": sum(each["kind"] == "tool" for each in spans),
        "unpriced_calls": sum(each["cost_status"] == "unpriced" for each in counted),
        "unknown_usage_calls": sum(each["cost_status"] == "unknown_usage" for each in counted),
        "cost": sum(costs, Decimal(0)) if costs else None,
    }


def place(span: Fields) -> tuple[bool, datetime, bytes]:
    return any(span["parent_id"]), span["start_time"], span["span_id"]


def is_counted(span: Fields) -> bool:
    return span["kind"] in CALL_KINDS and span["cost_status"] != "duplicate"


def is_step(span: Fields) -> bool:
    return is_counted(span) or span["kind"] in ("tool", "agent")


def first(spans: Sequence[Fields], name: str) -> Any:
    return next((each[name] for each in spans if each.get(name)), "")


def summed(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return min(sum(known), 2**63 - 1) if known else None


def outcome(root: Fields, spans: Sequence[Fields], told: Fields) -> Fields:
    """How the trace ended: its root may know why, else its first step that failed does."""
    failed = root["status"] == "error" or told.get("success") is False
    step = first(spans, "failure_kind") if root["status"] == "error" else "task_failed" if failed else ""
    amounts = {name: Decimal(told[name]) if told.get(name) else None for name in ("revenue", "charges")}
    return {
        "status": "error" if failed else "ok",
        "failure_kind": root.get("failure_kind") or step,
        "loop_tool": told.get("loop_tool", ""),
        "loop_calls": told.get("loop_calls", 0),
        "success": told.get("success"),
        "outcome_at": told.get("outcome_at"),
        **amounts,
    }


def moved(project: UUID, entry: Fields) -> list[Fields]:
    """The row of the entry, and an empty one where it lay before."""
    key = (project, entry["trace_id"])
    start, version = ENTERED.get(key, (entry["start_time"], 0))
    ENTERED[key] = entry["start_time"], version + 1
    rows = [entry | {"version": version + 1, "is_deleted": 0}]
    return rows if start == entry["start_time"] else [*rows, rows[0] | {"start_time": start, "is_deleted": 1}]


def calls(project: UUID, entry: Fields) -> list[Fields]:
    """What settling leaves of the trace's calls; those that say to be pending are not settled."""
    found = KNOWN[project, entry["trace_id"]].values()
    return [settled(each, entry) for each in found if each["kind"] in (*CALL_KINDS, "tool") and is_settled(each)]


def is_settled(span: Fields) -> bool:
    return span.get("cost_status", "not_billable") != "pending"


def settled(span: Fields, entry: Fields) -> Fields:
    left_out = (*BODY, *TOLD, "parent_id", "error_message", "received_at", "input_preview", "output_preview")
    said = {name: value for name, value in span.items() if name not in (*left_out, "finish_reasons", "flags")}
    filled = {name: span.get(name) or entry[name] for name in ("route", *INHERITED)}
    failed = {"trace_failed": entry["status"] == "error"}
    return failed | {"cost_status": "not_billable"} | said | filled | {"tags": entry["tags"] | span.get("tags", {})}


def insert(store: Store, table: str, project: UUID, rows: Sequence[Fields]) -> None:
    for alike in shapes(rows):
        store.insert(table, {"project_id": [project] * len(alike)} | columns(alike))


def text(body: object) -> str:
    return body if isinstance(body, str) else orjson.dumps(body).decode()


def only(names: Iterable[str], row: Fields) -> Fields:
    return {name: row[name] for name in names}


def shapes(rows: Sequence[Fields]) -> list[list[Fields]]:
    """Rows with the same columns together: what a row leaves out gets the table's default."""
    found: dict[frozenset[str], list[Fields]] = {}
    for row in rows:
        found.setdefault(frozenset(row), []).append(row)
    return list(found.values())


def columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def question(measures: str, window: Window = DAY, **more: Any) -> Question:
    return read_question(measures, NOON, since=window.since.isoformat(), until=window.until.isoformat(), **more)


def answer(store: Store, project: UUID, measures: str, window: Window = DAY, **more: Any) -> Answer:
    return measure(store, project, question(measures, window, **more))


def total(store: Store, project: UUID, measures: str, **more: Any) -> list[object]:
    """The figures of the total, in the order of the measures."""
    return list(answer(store, project, measures, **more).total.values())


def groups(store: Store, project: UUID, measures: str, by: str, **more: Any) -> dict[object, list[object]]:
    """The figures of each group, under the values of its dimensions (a tuple where there are several)."""
    rows = answer(store, project, measures, by=by, **more).rows
    return {key(list(row.group.values())): list(row.figures.values()) for row in rows}


def key(values: list[str | None]) -> object:
    return values[0] if len(values) == 1 else tuple(values)
