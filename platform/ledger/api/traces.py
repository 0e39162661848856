"""Traces: lists of them, and one with all its spans."""

import re
from typing import Any, Literal

from ninja import Query, Router
from pydantic import BaseModel, Field

from ledger import stores
from ledger.api.access import ApiRequest, Needs
from ledger.api.errors import Missing
from ledger.api.paging import MOST_ITEMS
from ledger.api.parameters import Portion, Stretch
from ledger.api.strict import strict
from ledger.api.wire import Micros, Money, Shown, Text, Time
from ledger.domain.questions import read_limit, read_trace_filters
from ledger.domain.span import CostStatus, Kind, Status
from ledger.store import traces as store
from ledger.store.traces import TraceDetail, TracePage

router = Router(tags=["traces"], auth=Needs("read"))

TRACE_ID = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)


class Usage(Shown):
    """Tokens in classes that never overlap; `cache_write_1h` and `reasoning` are "of which" figures."""

    input: int | None
    cache_read: int | None
    cache_write: int | None
    cache_write_1h: int | None
    output: int | None
    reasoning: int | None


class Ending(Shown):
    """How a task ended, as its outcomes say: `success` if none failed, `value` what they were worth."""

    success: bool
    value: Money | None
    received_at: Time | None = Field(description="When the first of them came")


class Loop(Shown):
    """A tool that was asked the same again and again, straight after."""

    tool: str
    calls: int


class TraceItem(Shown):
    trace_id: str
    name: Text
    route: Text
    start: Time
    duration_ms: float
    status: Status
    failure_kind: Text
    cost: Money | None
    calls: int
    models: tuple[str, ...]
    usage: Usage
    user_id: Text
    session_id: Text
    environment: Text
    charges: Money | None
    outcome: Ending | None
    loop: Loop | None


class Traces(Shown):
    items: tuple[TraceItem, ...]
    cursor: str | None


class Score(Shown):
    id: str
    span_id: Text
    name: str
    value: float | None
    label: Text
    reason: Text
    source: str
    evaluator_version: Text
    segment: Text
    timestamp: Time | None


class SpanError(Shown):
    kind: Text
    type: Text
    message: Text


class Event(Shown):
    time: Micros
    name: str
    attributes: dict[str, Any]  # Any: as the client sent them


class Link(Shown):
    trace_id: str
    span_id: str
    attributes: dict[str, Any]


class Span(Shown):
    span_id: str
    parent_id: Text
    kind: Kind
    name: Text
    start: Time
    duration_ms: float
    ttft_ms: float | None
    status: Status
    error: SpanError | None
    operation: Text
    provider: Text
    model: Text
    request_model: Text
    response_id: Text
    finish_reasons: tuple[str, ...]
    usage: Usage
    cost: Money | None
    cost_status: CostStatus
    reported_cost: Money | None
    price_id: Text
    price_version: int
    route: Text
    service: Text
    scope: Text
    agent: Text
    tier: Text
    tool: Text
    input: Any
    output: Any
    attributes: dict[str, Any]
    resource: dict[str, Any]
    events: tuple[Event, ...]
    links: tuple[Link, ...]
    flags: tuple[str, ...]
    weight: float


class Outcome(Shown):
    """One thing that was told of how the trace ended, or its session; of one name the newest holds."""

    subject: Literal["trace", "session"]
    name: Text
    success: bool
    value: Money | None
    id: Text


class ToldEnding(Ending):
    told: tuple[Outcome, ...] = Field(description="Each outcome; one of a session counts in the session's last trace")


class Trace(Shown):
    trace_id: str
    name: Text
    route: Text
    start: Time
    duration_ms: float
    status: Status
    failure_kind: Text
    session_id: Text
    user_id: Text
    customer: Text
    environment: Text
    release: Text
    tags: dict[str, str]
    calls: int
    cost: Money | None
    charges: Money | None = Field(description="What the task cost beside tokens; null where nobody said")
    outcome: ToldEnding | None = Field(description="null where nobody said how the task ended")
    loop: Loop | None
    usage: Usage
    span_count: int
    scores: tuple[Score, ...]
    cursor: str | None
    spans: tuple[Span, ...]


class Asked(Stretch, Portion):
    q: str = Field("", description="A text in names and in the beginnings of inputs and outputs")
    sort: str = Field("start", description="start, cost or duration")


@router.get("/traces", response=Traces)
@strict
def list_traces(request: ApiRequest, asked: Query[Asked]) -> TracePage:
    """Traces that began in a window, newest, dearest or longest first."""
    return store.list_traces(
        stores.reader(),
        request.auth.project.id,
        asked.window,
        read_trace_filters(asked.filters),
        q=asked.q,
        sort=store.read_sort(asked.sort),
        limit=read_limit(asked.limit, MOST_ITEMS),
        cursor=asked.cursor,
    )


class Onward(BaseModel):
    cursor: str | None = Field(None, description="Where the spans of the answer before this one ended")


@router.get("/traces/{trace_id}", response=Trace)
@strict
def read_trace(request: ApiRequest, trace_id: str, asked: Query[Onward]) -> TraceDetail:
    """One trace with its spans, inputs and outputs."""
    if TRACE_ID.fullmatch(trace_id) is None:
        raise Missing("trace", trace_id)
    trace = store.read_trace(stores.reader(), request.auth.project.id, trace_id.lower(), asked.cursor)
    if trace is None:
        raise Missing("trace", trace_id)
    return trace
