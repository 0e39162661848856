"""Traces: lists of them, and one with all its spans."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from ledger.domain.questions import Filter, Threshold
from ledger.domain.score import Score
from ledger.domain.span import CostStatus, Event, Kind, Link, Status, Value
from ledger.domain.usage import Usage
from ledger.domain.windows import Window
from ledger.store.client import Store

Sort = Literal["start", "cost", "duration"]
"""Newest, dearest or longest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceItem:
    """A trace in a list. Texts are empty where the client did not say; money is None where no call's cost is known."""

    trace_id: str
    name: str
    route: str
    start: datetime
    duration_ms: float
    status: Status
    failure_kind: str
    cost: Decimal | None
    calls: int
    models: tuple[str, ...]
    usage: Usage
    user_id: str
    session_id: str
    environment: str


@dataclass(frozen=True, slots=True)
class TracePage:
    """Some traces, and how to ask for the next ones; None where there are no more."""

    items: tuple[TraceItem, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class SpanError:
    """Why a span failed."""

    kind: str
    type: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanDetail:
    """One span with what was said. `parent_id` is empty for a root, and may name a span that never arrived."""

    span_id: str
    parent_id: str
    kind: Kind
    name: str
    start: datetime
    duration_ms: float
    ttft_ms: float | None
    status: Status
    error: SpanError | None
    operation: str
    provider: str
    model: str
    request_model: str
    response_id: str
    finish_reasons: tuple[str, ...]
    usage: Usage
    cost: Decimal | None
    cost_status: CostStatus
    reported_cost: Decimal | None
    price_id: str
    price_version: int
    duplicate_of: tuple[str, str] | None
    """Trace and span that carry the money, where this span is a further report of the same call."""
    route: str
    service: str
    scope: str
    agent: str
    tool: str
    input: Value
    """Messages and other JSON as lists and dicts, anything else as text; None where nothing was sent."""
    output: Value
    attributes: dict[str, Value]
    resource: dict[str, Value]
    events: tuple[Event, ...]
    links: tuple[Link, ...]
    flags: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceDetail:
    """A trace as its root tells it, else its earliest span; sums are over all its calls, shown on this page or not."""

    trace_id: str
    name: str
    route: str
    start: datetime
    duration_ms: float
    status: Status
    failure_kind: str
    session_id: str
    user_id: str
    customer: str
    environment: str
    release: str
    tags: dict[str, str]
    calls: int
    cost: Decimal | None
    charges: Decimal | None
    """None while no charge is known."""
    outcome: None
    """Outcomes are not kept yet."""
    usage: Usage
    span_count: int
    scores: tuple[Score, ...]
    spans: tuple[SpanDetail, ...]
    """In order of time, a parent before its children; at most SPANS_A_PAGE."""
    cursor: str | None


SPANS_A_PAGE = 500
MOST_TRACES = 500


def list_traces(
    store: Store,
    project: UUID,
    window: Window,
    filters: tuple[Filter | Threshold, ...] = (),
    *,
    q: str = "",
    sort: Sort = "start",
    limit: int = 50,
    cursor: str | None = None,
) -> TracePage:
    """Traces that began in the window; `q` looks for a text in names and in the beginnings of inputs and outputs."""
    raise NotImplementedError


def read_trace(store: Store, project: UUID, trace_id: str, cursor: str | None = None) -> TraceDetail | None:
    """A trace with its spans, from the cursor on; None where the project has no such trace."""
    raise NotImplementedError
