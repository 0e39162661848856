"""Spans for tests of reading, written down as the writer and the settler leave them."""

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

type Fields = dict[str, Any]


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
        "cost_status": "not_billable",
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


def write(store: Store, project: UUID, *spans: Fields) -> None:
    """The rows of spans, bodies and keys; where a span has left its place, no key points there."""
    facts = [{name: value for name, value in each.items() if name not in BODY} for each in spans]
    key = ("start_time", "trace_id", "span_id", "version")
    empty = {"input": "", "output": "", "attributes": {}, "resource": {}, "events": [], "links": []}
    bodies = [
        {name: each[name] for name in key} | {name: text(each.get(name, empty[name])) for name in BODY}
        for each in spans
    ]
    keys = [only(key, each) for each in spans if not each["is_deleted"]]
    for table, rows in (("spans", facts), ("bodies", bodies), ("span_keys", keys)):
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
