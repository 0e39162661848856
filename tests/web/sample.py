"""Spans put straight into the store, settled, for pages to show."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.domain.score import Score
from ledger.store.client import Store
from ledger.store.scores import write_scores
from tests.store.ledgers import Fields, write

NEVER = bytes(24)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A span as it lies in the store; ids are made from the words given for them."""

    trace: str
    span: str
    parent: str = ""
    start: datetime
    milliseconds: float = 100
    kind: str = "generation"
    name: str = "chat"
    status: str = "ok"
    failure_kind: str = ""
    provider: str = "openai"
    model: str = ""
    tokens: tuple[int | None, int | None, int | None] = (None, None, None)
    """Uncached input, cache read, output."""
    cost: str | None = None
    cost_status: str = "not_billable"
    duplicate_of: tuple[str, str] | None = None
    route: str = "support"
    input: object = ""
    output: object = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)


def trace_id(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()[:32]


def span_id(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()[:16] if word else "0" * 16


def call(**given: Any) -> Row:
    """A priced model call that is a trace of its own, unless it is said otherwise."""
    usual = {"cost": "0.01", "cost_status": "priced", "model": "gpt-4o", "tokens": (100, 0, 10), "span": given["trace"]}
    return Row(**usual | given)


def insert(store: Store, project: UUID, rows: Iterable[Row]) -> None:
    """The spans and, as settling leaves them, the entries of their calls and traces."""
    write(store, project, *(fields(row) for row in rows))


def fields(row: Row) -> Fields:
    """The row in the names of the store's columns."""
    fresh, cached, out = row.tokens
    known = {
        "start_time": row.start,
        "trace_id": bytes.fromhex(trace_id(row.trace)),
        "span_id": bytes.fromhex(span_id(row.span)),
        "parent_id": bytes.fromhex(span_id(row.parent)),
        "version": 1,
        "is_deleted": 0,
        "kind": row.kind,
        "name": row.name,
        "duration_us": int(row.milliseconds * 1000),
        "status": row.status,
        "failure_kind": row.failure_kind,
        "error_message": "the provider said no" if row.status == "error" else "",
        "provider": row.provider if row.model else "",
        "model": row.model,
        "input_tokens": fresh,
        "cache_read_tokens": cached,
        "output_tokens": out,
        "cost": None if row.cost is None else Decimal(row.cost),
        "cost_status": row.cost_status,
        "duplicate_of": carrier(row),
        "route": row.route,
        "input_preview": written(row.input)[:200],
        "output_preview": written(row.output)[:200],
        "input": row.input,
        "output": row.output,
        "attributes": row.attributes,
    }
    return known | row.more


def carrier(row: Row) -> bytes:
    """Trace and span of the report that counts, where this one is a further one."""
    if row.duplicate_of is None:
        return NEVER
    return bytes.fromhex(trace_id(row.duplicate_of[0]) + span_id(row.duplicate_of[1]))


def written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


QUESTION = "My kettle arrived broken. Can I have my money back? <b>Please!</b>"
ANSWER = "I am sorry about the kettle. I have refunded $39.90 to your card; it takes three to five working days."


def agent_trace(start: datetime) -> list[Row]:
    """An agent run: a failed call and its retry, a tool, and a second report of one call by another instrumentor."""

    def after(milliseconds: float) -> datetime:
        return start + timedelta(milliseconds=milliseconds)

    here = {"trace": "agent", "route": "support.refunds"}
    asked = [
        {"role": "system", "content": "You answer customers of a kitchen shop. Refunds up to $50 need no approval."},
        {"role": "user", "content": QUESTION},
    ]
    calls = {
        "id": "c1",
        "type": "function",
        "function": {"name": "refund", "arguments": '{"order": 4711, "amount": "39.90"}'},
    }
    told = [{"role": "assistant", "content": None, "tool_calls": [calls]}, {"role": "tool", "content": '{"ok": true}'}]
    return [
        Row(
            **here,
            span="root",
            start=start,
            milliseconds=5400,
            kind="agent",
            name="refund agent",
            input=QUESTION,
            output=ANSWER,
            more={
                "user_id": "u-17",
                "session_id": "s-4",
                "environment": "production",
                "release": "2026.11.3",
                "tags": {"plan": "pro"},
            },
        ),
        Row(
            **here,
            span="try-1",
            parent="root",
            start=after(40),
            milliseconds=300,
            name="chat gpt-4o",
            model="gpt-4o",
            status="error",
            failure_kind="rate_limit",
            input=asked,
            more={"error_type": "openai.RateLimitError"},
        ),
        Row(
            **here,
            span="try-2",
            parent="root",
            start=after(900),
            milliseconds=1600,
            name="chat gpt-4o",
            model="gpt-4o",
            tokens=(824, 1024, 61),
            cost="0.00395",
            cost_status="priced",
            input=asked,
            output=told[:1],
            attributes={"gen_ai.request.temperature": 0.2, "gen_ai.request.max_tokens": 400},
            more={
                "price_id": "openai/gpt-4o",
                "price_version": 1,
                "ttft_us": 410_000,
                "request_model": "gpt-4o-2024-08-06",
                "finish_reasons": ["tool_calls"],
                "response_id": "chatcmpl-77",
            },
        ),
        Row(
            **here,
            span="copy",
            parent="try-2",
            start=after(905),
            milliseconds=1590,
            name="ChatCompletion",
            model="gpt-4o",
            tokens=(824, 1024, 61),
            cost_status="duplicate",
            duplicate_of=("agent", "try-2"),
        ),
        Row(
            **here,
            span="tool",
            parent="root",
            start=after(2550),
            milliseconds=420,
            kind="tool",
            name="refund",
            input={"order": 4711, "amount": "39.90"},
            output={"ok": True},
        ),
        Row(
            **here,
            span="answer",
            parent="root",
            start=after(3000),
            milliseconds=2300,
            name="chat claude-sonnet-4-5",
            provider="anthropic",
            model="claude-sonnet-4-5",
            tokens=(1450, 0, 212),
            cost="0.00753",
            cost_status="priced",
            input=asked + told,
            output=[{"role": "assistant", "content": ANSWER}],
        ),
    ]


ROUTES = ("support.refunds", "support.orders", "search.answer", "digest.daily")
MODELS = {
    "gpt-4o": ("openai", "0.0061"),
    "gpt-4o-mini": ("openai", "0.0004"),
    "claude-sonnet-4-5": ("anthropic", "0.0093"),
}


def history(now: datetime, days: int = 30) -> list[Row]:
    """Calls of many days in a rhythm: no two routes use the models alike, some calls fail, one model has no price."""
    return [row for day in range(days) for number in range(24 + 7 * (day % 5)) for row in [past(now, day, number)]]


def past(now: datetime, day: int, number: int) -> Row:
    route = ROUTES[(number * number + day) % 4 if number % 3 else 0]
    model = list(MODELS)[(number + len(route)) % 3]
    provider, cost = MODELS[model]
    unpriced = route == "digest.daily" and number % 4 == 1
    failed = (number * 13 + day * 7) % 29 == 0 or (day < 3 and route == "search.answer" and number % 4 == 2)
    start = now - timedelta(days=day, minutes=17 + number * 41 % 1200)
    return Row(
        trace=f"{day}-{number}",
        span=f"{day}-{number}",
        start=start.astimezone(UTC),
        milliseconds=700 + (number * 977 + day * 131) % 5200,
        name=f"answer {route.rpartition('.')[2]}",
        status="error" if failed else "ok",
        failure_kind=("timeout", "rate_limit")[number % 2] if failed else "",
        provider="" if unpriced else provider,
        model="house-7b" if unpriced else model,
        tokens=(None, None, None) if failed else (400 + number * 11, 128 * (number % 3), 90 + number),
        cost=None if failed or unpriced else str(Decimal(cost) * (10 + number % 7) / 10),
        cost_status="not_billable" if failed else "unpriced" if unpriced else "priced",
        route=route,
        input=[{"role": "user", "content": f"Question {number} of day {day}"}],
        output=[{"role": "assistant", "content": "An answer."}],
        more={"environment": "production" if number % 5 else "staging", "user_id": f"u-{number % 9}"}
        | told(now, start, route, number, failed),
    )


def told(now: datetime, start: datetime, route: str, number: int, failed: bool) -> dict[str, Any]:
    """What the shop says of its tasks: of the digest nothing, of search no worth, of four in five how they ended.

    It takes minutes for some and two days for others, so not all of it is known yet.
    """
    known = start + (timedelta(minutes=9) if number % 3 else timedelta(hours=2 * (number % 25)))
    if route == "digest.daily" or number % 5 == 2 or known > now:
        return {}
    success = not failed and number % 8 != 3
    worth = {"revenue": "0.05" if success else "0"} if route != "search.answer" else {}
    return (
        {"success": success, "outcome_at": known.astimezone(UTC)}
        | worth
        | ({"charges": "0.002"} if route == "support.orders" else {})
    )


def answered(store: Store, project: UUID, rows: Iterable[Row]) -> None:
    """A score for each successful call: most answered."""
    kept = [row for row in rows if row.status == "ok" and row.model]
    scores = [
        Score(
            trace_id=trace_id(row.trace),
            span_id=span_id(row.span),
            name="answered",
            value=float(number % 11 != 3),
            reason="The answer is not empty and does not refuse." if number % 11 != 3 else "The answer is a refusal.",
            evaluator_version="answered@1",
            timestamp=row.start,
            id=f"{row.trace}-{row.span}",
        )
        for number, row in enumerate(kept)
    ]
    write_scores(store, project, scores)
