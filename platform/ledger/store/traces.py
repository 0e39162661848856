"""Traces: lists of them, and one with all its spans."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, cast, get_args
from uuid import UUID

import orjson

from ledger.domain.errors import BadCursor, UnknownSort
from ledger.domain.money import plain
from ledger.domain.outcome import Outcome
from ledger.domain.questions import Filter, Threshold
from ledger.domain.score import Score
from ledger.domain.span import CALL_KINDS, CostStatus, Event, Kind, Link, Status, Value
from ledger.domain.usage import Usage
from ledger.domain.windows import LATEST, Window
from ledger.store.clauses import Clauses, both, bounds, micros, moment, threshold
from ledger.store.client import Row, Store
from ledger.store.message_events import completed
from ledger.store.pieces import piece
from ledger.store.scores import scores_of

Sort = Literal["start", "cost", "duration"]
"""Newest, dearest or longest first."""

SORTS: tuple[Sort, ...] = get_args(Sort)
SPANS_A_PAGE = 500
NO_SPAN = "0" * 16
TRACE_ID = re.compile(r"[0-9a-f]{32}\Z")
AFTER_TRACE = re.compile(r"(start|cost|duration)~(-?\d{1,25}(?:\.\d{1,12})?)~(\d{1,16})~([0-9a-f]{32})\Z")
AFTER_SPAN = re.compile(r"(\d{1,16})~(\d{1,19})~([0-9a-f]{16})\Z")


NOT_A_CALL: Row = {
    "cost": None, "cost_status": "not_billable", "price_id": "", "price_version": 0, "duplicate_of_text": "",
    "route": "",
}  # fmt: skip
UNSETTLED = (NOT_A_CALL, NOT_A_CALL | {"cost_status": "pending"})
"""What is known of a span that has no entry, and of a report of a call that has none yet."""

type Place = tuple[str, datetime]
"""A span's id and its start."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a task ended, as its outcomes say: a success if none failed; `value` is what all of them were worth."""

    success: bool
    value: Decimal | None
    received_at: datetime | None
    """When the first of them came."""
    told: tuple[Outcome, ...] = ()
    """Each of them, those of the trace's session as well; not in a list."""


@dataclass(frozen=True, slots=True)
class Loop:
    """A tool that was asked the same again and again, and how often."""

    tool: str
    calls: int


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
    charges: Decimal | None = None
    outcome: Ending | None = None
    loop: Loop | None = None


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
    tier: str
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
    outcome: Ending | None
    """None while nobody has said how it ended."""
    loop: Loop | None
    usage: Usage
    span_count: int
    scores: tuple[Score, ...]
    spans: tuple[SpanDetail, ...]
    """In order of time, a parent before its children; at most SPANS_A_PAGE."""
    cursor: str | None


@dataclass(frozen=True, slots=True)
class AfterTrace:
    """The last trace of a page, as far as the next page needs to know it."""

    sort: str
    rank: str
    start: int
    trace_id: str

    def __str__(self) -> str:
        return f"{self.sort}~{self.rank}~{self.start}~{self.trace_id}"

    @classmethod
    def read(cls, text: str, sort: Sort) -> "AfterTrace":
        found = AFTER_TRACE.match(text)
        if found is None or found[1] != sort or int(found[3]) >= micros(LATEST):
            raise BadCursor(text)
        return cls(found[1], found[2], int(found[3]), found[4])


def read_sort(text: str) -> Sort:
    """The order that the parameter of a URL asks for."""
    for sort in SORTS:
        if text == sort:
            return sort
    raise UnknownSort(text, SORTS)


def list_traces(
    store: Store,
    project: UUID,
    window: Window,
    filters: Sequence[Filter | Threshold] = (),
    *,
    q: str = "",
    sort: Sort = "start",
    limit: int = 50,
    cursor: str | None = None,
) -> TracePage:
    """Traces that began in the window; `q` looks for a text in names and in the beginnings of inputs and outputs."""
    after = AfterTrace.read(cursor, sort) if cursor else None
    listing = Listing(tuple(filters), q, sort, after, limit)
    rows: list[Row] = []
    for part in listing.parts(window):
        rows += store.select(listing.text, project=project, **listing.parameters(part))
        if len(rows) > limit:
            break
    return TracePage(tuple(map(trace_item, rows[:limit])), cursor_after(rows, sort, limit))


@dataclass(frozen=True)
class Listing:
    """The query of a list of traces."""

    filters: tuple[Filter | Threshold, ...]
    q: str
    sort: Sort
    after: AfterTrace | None
    limit: int

    def parts(self, window: Window) -> Iterator[Window]:
        """What to search, one after the other: by time the newest first, and nothing newer than the cursor."""
        if self.sort != "start":
            return iter([window])
        if self.after is None:
            return window.newest_first()
        end = min(window.until, moment(self.after.start + 1))
        return Window(min(window.since, end), end).newest_first()

    @property
    def clauses(self) -> Clauses:
        return Clauses((), tuple(filter for filter in self.filters if isinstance(filter, Filter)))

    @property
    def thresholds(self) -> list[Threshold]:
        return [filter for filter in self.filters if isinstance(filter, Threshold)]

    @property
    def text(self) -> str:
        return piece(
            "traces",
            "page",
            rank=piece("traces", f"by_{self.sort}"),
            conditions=both(*self.conditions()),
        )

    def conditions(self) -> Iterator[str]:
        """Each filter on a trace's steps may be met by another of them."""
        yield from map(self.clauses.condition, self.clauses.root_filters)
        for filter in self.clauses.step_filters:
            yield piece("conditions", "has_step", condition=self.clauses.step((filter,)))
        yield from (threshold(number, limit) for number, limit in enumerate(self.thresholds))
        if self.q:
            yield piece("traces", "has_text")
        if self.after:
            yield piece("traces", "after")

    def parameters(self, window: Window) -> dict[str, object]:
        values = bounds(window) | self.clauses.values() | {"q": self.q, "rows": self.limit + 1}
        for number, limit in enumerate(self.thresholds):
            values |= {f"limit_{number}": limit.limit, f"limit_{number}_name": limit.score}
        if self.after:
            values |= {
                "after_rank": self.after.rank,
                "after_start": self.after.start,
                "after_trace": self.after.trace_id,
            }
        return values


def cursor_after(rows: Sequence[Row], sort: Sort, limit: int) -> str | None:
    if len(rows) <= limit:
        return None
    last = rows[limit - 1]
    return str(AfterTrace(sort, f"{last['rank']:f}", micros(last["start_time"]), last["trace_id_text"]))


def trace_item(row: Row) -> TraceItem:
    return TraceItem(
        trace_id=row["trace_id_text"],
        name=row["name"],
        route=row["route"],
        start=row["start_time"],
        duration_ms=milliseconds(row["duration_us"]),
        status=row["status"],
        failure_kind=row["failure_kind"],
        cost=money(row["cost"]),
        calls=row["calls"],
        models=tuple(row["models"]),
        usage=usage(row),
        user_id=row["user_id"],
        session_id=row["session_id"],
        environment=row["environment"],
        charges=money(row["charges"]),
        outcome=ending(row),
        loop=loop(row),
    )


def ending(row: Row, told: Sequence[Row] = ()) -> Ending | None:
    if row["success"] is None:
        return None
    names = ("subject", "subject_id", "name", "success", "id")
    outcomes = (Outcome(**{name: each[name] for name in names}, value=money(each["value"])) for each in told)
    return Ending(row["success"], money(row["revenue"]), row["outcome_at"], tuple(outcomes))


def loop(row: Row) -> Loop | None:
    return Loop(row["loop_tool"], row["loop_calls"]) if row["loop_calls"] else None


def read_trace(store: Store, project: UUID, trace_id: str, cursor: str | None = None) -> TraceDetail | None:
    """A trace with its spans, from the cursor on; None where the project has no such trace."""
    after = read_span_cursor(cursor)
    if not TRACE_ID.match(trace_id):
        return None
    found = store.query("trace_range", project=project, trace=trace_id)
    if not found:
        return None
    place: dict[str, object] = {"project": project, "trace": trace_id, **found[0]}
    headings = store.query("trace_heading", **place) or store.query("trace_unsettled", **place)
    if not headings:
        return None
    spans = store.query("trace_spans", **place, **after, rows=SPANS_A_PAGE + 1)
    page = spans[:SPANS_A_PAGE]
    calls = said_in(store, "trace_calls", page, place)
    spans = [known(span, calls, headings[0]["route"]) for span in spans]
    bodies = completed(store, project, trace_id, page, said_in(store, "trace_bodies", page, place))
    told = outcomes_of(store, project, headings[0])
    return trace_detail(headings[0], spans, bodies, scores_of(store, project, trace_id), told)


def outcomes_of(store: Store, project: UUID, heading: Row) -> list[Row]:
    """What was told of the trace and its session; asked only where something is known."""
    if heading["success"] is None:
        return []
    trace, session = heading["trace_id_text"], heading["session_id"]
    return store.query("trace_outcomes", project=project, trace=trace, session=session)


def read_span_cursor(cursor: str | None) -> dict[str, object]:
    if not cursor:
        return {"after_start": 0, "after_duration": 2**63 - 1, "after_span": ""}
    found = AFTER_SPAN.match(cursor)
    if found is None or int(found[1]) >= micros(LATEST) or int(found[2]) >= 2**63:
        raise BadCursor(cursor)
    return {"after_start": int(found[1]), "after_duration": int(found[2]), "after_span": found[3]}


def said_in(store: Store, query: str, spans: Sequence[Row], place: Mapping[str, object]) -> dict[Place, Row]:
    """What is known of these spans beside their facts, by the key of a span's current row, and no earlier one's."""
    if not spans:
        return {}
    between = {"first": micros(spans[0]["start_time"]), "last": micros(spans[-1]["start_time"])}
    rows = store.query(query, **{**place, **between})
    return {(row["span_id_text"], row["start_time"]): row for row in rows}


def known(span: Row, calls: Mapping[Place, Row], route: str) -> Row:
    """A span and what is known of its call. One that names no route of its own belongs to its trace's."""
    call = calls.get((span["span_id_text"], span["start_time"]), UNSETTLED[span["kind"] in CALL_KINDS])
    return {**span, **call, "route": call["route"] or span["own_route"] or route}


def trace_detail(
    row: Row,
    spans: Sequence[Row],
    bodies: Mapping[Place, Row],
    scores: Sequence[Score],
    told: Sequence[Row],
) -> TraceDetail:
    page = spans[:SPANS_A_PAGE]
    return TraceDetail(
        trace_id=row["trace_id_text"],
        name=row["name"],
        route=row["route"],
        start=row["start_time"],
        duration_ms=milliseconds(row["duration_us"]),
        status=row["status"],
        failure_kind=row["failure_kind"],
        session_id=row["session_id"],
        user_id=row["user_id"],
        customer=row["customer"],
        environment=row["environment"],
        release=row["release"],
        tags=dict(row["tags"]),
        calls=row["calls"],
        cost=money(row["cost"]),
        charges=money(row["charges"]),
        outcome=ending(row, told),
        loop=loop(row),
        usage=usage(row),
        span_count=row["spans"],
        scores=tuple(scores),
        spans=tuple(span_detail(span, bodies.get((span["span_id_text"], span["start_time"]), {})) for span in page),
        cursor=span_cursor(page[-1]) if len(spans) > SPANS_A_PAGE else None,
    )


def span_cursor(row: Row) -> str:
    return f"{micros(row['start_time'])}~{row['duration_us']}~{row['span_id_text']}"


def span_detail(row: Row, body: Row) -> SpanDetail:
    return SpanDetail(
        span_id=row["span_id_text"],
        parent_id="" if row["parent_id_text"] == NO_SPAN else row["parent_id_text"],
        kind=row["kind"],
        name=row["name"],
        start=row["start_time"],
        duration_ms=milliseconds(row["duration_us"]),
        ttft_ms=None if row["ttft_us"] is None else milliseconds(row["ttft_us"]),
        status=row["status"],
        error=error_of(row),
        operation=row["operation"],
        provider=row["provider"],
        model=row["model"],
        request_model=row["request_model"],
        response_id=row["response_id"],
        finish_reasons=tuple(row["finish_reasons"]),
        usage=usage(row),
        cost=money(row["cost"]),
        cost_status=row["cost_status"],
        reported_cost=money(row["reported_cost"]),
        price_id=row["price_id"],
        price_version=row["price_version"],
        duplicate_of=counted_span(row["duplicate_of_text"]),
        route=row["route"],
        service=row["service"],
        scope=row["scope"],
        agent=row["agent"],
        tier=row["tier"],
        tool=row["tool"],
        input=said(body.get("input", "")),
        output=said(body.get("output", "")),
        attributes=attributes_of(body.get("attributes", "")),
        resource=attributes_of(body.get("resource", "")),
        events=events_of(body.get("events", "")),
        links=links_of(body.get("links", "")),
        flags=tuple(row["flags"]),
        weight=row["weight"],
    )


def error_of(row: Row) -> SpanError | None:
    if row["status"] != "error" and not row["failure_kind"]:
        return None
    return SpanError(row["failure_kind"], row["error_type"], row["error_message"])


def counted_span(key: str) -> tuple[str, str] | None:
    """Trace and span out of the 24 bytes that name another span; zeros name none."""
    return (key[:32], key[32:]) if key.strip("0") else None


def said(text: str) -> Value:
    """Lists and objects as such, anything else as the text it is."""
    if not text:
        return None
    return value_of(text, otherwise=text) if text[0] in "[{" else text


def value_of(text: str, otherwise: Value) -> Value:
    """What a JSON text holds; one that can't be read counts as if nothing had been sent."""
    try:
        return cast(Value, orjson.loads(text))
    except orjson.JSONDecodeError:
        return otherwise


def attributes_of(text: str) -> dict[str, Value]:
    return cast(dict[str, Value], value_of(text, otherwise={}))


def events_of(text: str) -> tuple[Event, ...]:
    events = cast(list[dict[str, Any]], value_of(text, otherwise=[]))  # Any: an Event's own fields
    return tuple(Event(**event) for event in events)


def links_of(text: str) -> tuple[Link, ...]:
    links = cast(list[dict[str, Any]], value_of(text, otherwise=[]))  # Any: a Link's own fields
    return tuple(Link(**link) for link in links)


def usage(row: Row) -> Usage:
    """The tokens of a span or a trace; what was sound and what pictures is said of spans alone."""
    return Usage(
        input=row["input_tokens"],
        cache_read=row["cache_read_tokens"],
        cache_write=row["cache_write_tokens"],
        cache_write_1h=row["cache_write_1h_tokens"],
        output=row["output_tokens"],
        reasoning=row["reasoning_tokens"],
        input_audio=row.get("input_audio_tokens"),
        output_audio=row.get("output_audio_tokens"),
        input_image=row.get("input_image_tokens"),
        output_image=row.get("output_image_tokens"),
    )


def milliseconds(microseconds: int) -> float:
    return microseconds / 1000


def money(value: Decimal | None) -> Decimal | None:
    return None if value is None else plain(value)
