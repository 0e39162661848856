"""Stored spans for reading again: those that an older mapping read, what was kept of them, and their new rows."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from ledger.domain.span import Envelope, Event, Link, Span
from ledger.domain.usage import Usage
from ledger.store.client import Columns, Row, Store
from ledger.store.feed import EVALS, advance
from ledger.store.writing import SAME, Sending, bodies, facts

NODE = "reread"
"""Under this name corrected traces stand in the feed, beside those of the writers."""

AHEAD = 1
"""A corrected row outranks the one that it was read from, and yields to every later sending."""


type Trace = tuple[UUID, bytes]
"""Project and trace id."""


@dataclass(frozen=True, slots=True)
class Window:
    """From a moment to before another, in microseconds since 1970."""

    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A span as it is stored. What its trace filled in is in its session, user and so on; `route` is its own."""

    span: Span
    version: int
    received_at: int
    readable: bool
    """False where its attributes are no longer kept."""
    input_hash: int = 0


def projects(store: Store, window: Window, mapping: int) -> list[UUID]:
    """The projects with something to read again."""
    rows = store.query("projects_read_before", since=window.since, until=window.until, mapping=mapping)
    return [row["project_id"] for row in rows]


def days(store: Store, project: UUID, window: Window, mapping: int) -> dict[date, int]:
    """How many spans there are to read again, by day."""
    rows = store.query("days_read_before", project=project, since=window.since, until=window.until, mapping=mapping)
    return {row["day"]: row["spans"] for row in rows}


def traces(store: Store, project: UUID, window: Window, mapping: int) -> dict[str, int]:
    """The traces with spans to read again, in order of time, and how many of those each has in the window."""
    rows = store.columns("traces_read_before", project=project, since=window.since, until=window.until, mapping=mapping)
    return dict(zip(rows["trace"], rows["spans"], strict=True)) if rows else {}


def kept(store: Store, project: UUID, traces: Sequence[str]) -> Iterator[Kept]:
    """All spans of some traces, trace by trace."""
    reach = store.query("reach_of_traces", project=project, traces=list(traces))[0]
    for row in store.query("kept_spans", project=project, traces=list(traces), **reach):
        yield kept_of(row)


def correct(store: Store, project: UUID, corrected: Sequence[tuple[Kept, Span]]) -> None:
    """Puts the new reading in the place of the old one, and has the traces settled anew: what a call cost stays where
    nothing changed that it follows from."""
    if not corrected:
        return
    traces = list(dict.fromkeys(bytes.fromhex(new.trace_id) for _, new in corrected))
    announced = announce(store, [(project, trace) for trace in traces])
    sendings = [Sending(project, new, old.version + AHEAD, old.received_at) for old, new in corrected]
    changed = [one for one, (old, new) in zip(sendings, corrected, strict=True) if body(old.span) != body(new)]
    store.insert("bodies", bodies(changed))
    store.insert("spans", facts(sendings))
    announce(store, announced)


def announce(store: Store, traces: Sequence[Trace]) -> Sequence[Trace]:
    """Into the feed, as if they had arrived again. Evaluations look away: what was said has not changed.

    Traces are announced before they are corrected and once more after it: see `announce_last`.
    """
    seq = time.time_ns() // 1000
    advance(store, EVALS, NODE, seq)
    arrivals: Columns = {
        "node": [NODE] * len(traces),
        "group_seq": [seq] * len(traces),
        "project_id": [project for project, _ in traces],
        "trace_id": [trace for _, trace in traces],
        "reason": ["reread"] * len(traces),
    }
    store.insert("arrivals", arrivals)
    return traces


def announce_last(store: Store) -> None:
    """Once more what was announced last: a run that was killed in between may have left it corrected and unsettled."""
    traces = [(row["project_id"], row["trace_id"]) for row in store.query("announced_last", node=NODE)]
    if traces:
        announce(store, traces)


def body(span: Span) -> tuple[object, ...]:
    return span.input, span.output, span.attributes


def kept_of(row: Row) -> Kept:
    """The end of a span is in its version, also where it lies before its start."""
    span = Span(
        **{name: row[name] for name in SAME},
        **said(row),
        trace_id=row["trace_id"].hex(),
        span_id=row["span_id"].hex(),
        parent_id=row["parent_id"].hex() if row["parent_id"].strip(b"\0") else "",
        start=row["start"],
        end=row["version"] >> 64,
        ttft=row["ttft_us"],
        finish_reasons=tuple(row["finish_reasons"]),
        usage=usage(row),
        reported_cost=None if row["reported_cost"] is None else amount(row["reported_cost"]),
        route=row["own_route"],
        tags=dict(row["tags"]),
        weight=row["weight"],
        flags=tuple(row["flags"]),
        mapping_version=row["mapping_version"],
    )
    return Kept(span, row["version"], row["received"], bool(row["attributes"]), row["input_hash"])


def said(row: Row) -> dict[str, Any]:
    """What was kept of a span's words, as JSON of our own making: hence Any."""
    return {
        "input": row["input"],
        "output": row["output"],
        "attributes": orjson.loads(row["attributes"] or "{}"),
        "resource": orjson.loads(row["resource"] or "{}"),
        "events": tuple(Event(**event) for event in orjson.loads(row["events"] or "[]")),
        "links": tuple(Link(**link) for link in orjson.loads(row["links"] or "[]")),
        "envelope": Envelope(**orjson.loads(row["envelope"] or "{}")),
    }


def usage(row: Row) -> Usage:
    return Usage(**{field.name: row[f"{field.name}_tokens"] for field in fields(Usage)})


def amount(cost: Decimal) -> str:
    return format(cost, ".10f")
