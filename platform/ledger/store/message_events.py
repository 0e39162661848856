"""What was said in spans and told by log records of their own, which may come before the span or after it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched
from typing import Any, cast
from uuid import UUID

import orjson

from ledger.domain.message_event import DETAILS, EXCEPTION, MessageEvent
from ledger.store.client import Columns, Row, Store
from ledger.store.writing import KEYS_AT_ONCE, Key

type Bodies = Mapping[tuple[str, datetime], Row]
"""What spans say themselves, by span and start."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """An event, whose it is and when it came; the time in microseconds since 1970."""

    project: UUID
    event: MessageEvent
    received_at: int


def write_events(store: Store, arrived: Sequence[Arrived], token: str = "") -> None:
    """Keeps what the spans in the store don't say already. Under one token the same events are taken once."""
    told = [one for project in {one.project for one in arrived} for one in untold(store, project, arrived)]
    store.insert("message_events", columns(told), token)


def untold(store: Store, project: UUID, arrived: Sequence[Arrived]) -> Iterator[Arrived]:
    """A project's events, less what their spans say themselves: many clients send content both ways."""
    ours = [one for one in arrived if one.project == project]
    saying = spans_saying(store, project, [(one.event.trace_id, one.event.span_id) for one in ours])
    for one in ours:
        with_input, with_output = saying.get((one.event.trace_id, one.event.span_id), (False, False))
        event = replace(
            one.event,
            input="" if with_input else one.event.input,
            output="" if with_output else one.event.output,
        )
        if event.input or event.output or event.attributes:
            yield replace(one, event=event)


def spans_saying(store: Store, project: UUID, keys: Sequence[Key]) -> dict[Key, tuple[bool, bool]]:
    """Whether the store has input, and output, of these spans; those that have not arrived are missing."""
    found: dict[Key, tuple[bool, bool]] = {}
    for some in batched(dict.fromkeys(keys), KEYS_AT_ONCE):
        rows = store.query("spans_saying", project=project, keys=",".join(trace + span for trace, span in some))
        found |= {(row["trace"], row["span"]): (bool(row["with_input"]), bool(row["with_output"])) for row in rows}
    return found


def columns(arrived: Sequence[Arrived]) -> Columns:
    events = [one.event for one in arrived]
    return {
        "project_id": [one.project for one in arrived],
        "trace_id": [bytes.fromhex(event.trace_id) for event in events],
        "span_id": [bytes.fromhex(event.span_id) for event in events],
        "time": [event.time for event in events],
        "id": [event.id for event in events],
        "position": [event.position for event in events],
        "name": [event.name for event in events],
        "input": [event.input for event in events],
        "output": [event.output for event in events],
        "attributes": [orjson.dumps(event.attributes, default=str).decode() for event in events],
        "received_at": [one.received_at for one in arrived],
    }


def completed(store: Store, project: UUID, trace_id: str, spans: Sequence[Row], bodies: Bodies) -> Bodies:
    """The bodies of a trace's spans, with what events say where the span itself says nothing."""
    if not spans:
        return bodies
    rows = store.query("message_events", project=project, trace=trace_id, spans=[row["span_id_text"] for row in spans])
    told: dict[str, list[Row]] = {}
    for row in rows:
        told.setdefault(row["span"], []).append(row)
    later = {key: completion(bodies.get(key, {}), told[key[0]]) for key in map(key_of, spans) if key[0] in told}
    return {**bodies, **later}


def key_of(span: Row) -> tuple[str, datetime]:
    return span["span_id_text"], span["start_time"]


def completion(body: Row, events: Sequence[Row]) -> Row:
    happened = [happening(row) for row in events if row["name"] == EXCEPTION]
    own: list[Row] = orjson.loads(body.get("events") or "[]")
    return body | {
        "input": body.get("input") or conversation(events, "input"),
        "output": body.get("output") or conversation(events, "output"),
        "events": orjson.dumps(sorted([*own, *happened], key=lambda event: cast(int, event["time"]))).decode(),
    }


def happening(row: Row) -> Row:
    return {"time": row["at"], "name": row["name"], "attributes": orjson.loads(row["attributes"])}


def conversation(events: Sequence[Row], side: str) -> str:
    """The last account of the whole call, where there is one; else message by message."""
    whole = [row[side] for row in events if row["name"] == DETAILS and row[side]]
    if whole:
        return str(whole[-1])
    said: list[Any] = [message for row in events if row[side] for message in orjson.loads(row[side])]  # Any: messages
    return orjson.dumps(said).decode() if said else ""
