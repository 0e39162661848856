"""A span in our own words: what the door makes of any client's span, and what the spool carries to the store."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from ledger.domain.usage import Usage

Kind = Literal[
    "agent",
    "workflow",
    "generation",
    "embedding",
    "retrieval",
    "rerank",
    "tool",
    "guardrail",
    "evaluator",
    "memory",
    "span",
]
Status = Literal["ok", "error"]
CostStatus = Literal["priced", "reported", "unpriced", "unknown_usage", "duplicate", "not_billable", "pending"]

KINDS: tuple[Kind, ...] = get_args(Kind)
CALL_KINDS: tuple[Kind, ...] = ("generation", "embedding")
"""Spans of these kinds are model calls: only their usage counts."""

type Value = str | int | float | bool | list["Value"] | dict[str, "Value"] | None
"""An attribute's value, typed as it was sent."""


@dataclass(frozen=True, slots=True)
class Event:
    """A point in time on a span; `time` in microseconds since 1970."""

    time: int
    name: str
    attributes: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Link:
    """A span's pointer to another span, ids in lower-case hex."""

    trace_id: str
    span_id: str
    attributes: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the wire said of a span beside its attributes. Kept, so that a corrected mapping can read the span again."""

    name: str = ""
    side: int = 0
    """OTLP's kind of span: server, client, …"""
    status_code: int = 0
    status_message: str = ""
    trace_state: str = ""
    scope_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One span as the ledger understands it.

    Ids are lower-case hex (32 and 16 digits; `parent_id` empty for a root), times microseconds since 1970. An empty
    string means that the client did not say. `model` is the one that answered, else the one asked for. `route` and the
    other dimensions are the span's own; what is missing is filled in from the trace's root when the trace is settled.
    """

    trace_id: str
    span_id: str
    parent_id: str = ""
    kind: Kind = "span"
    name: str = ""
    start: int
    end: int
    ttft: int | None = None
    """Microseconds from the start to the first token."""
    status: Status = "ok"
    failure_kind: str = ""
    error_type: str = ""
    error_message: str = ""
    operation: str = ""
    provider: str = ""
    model: str = ""
    request_model: str = ""
    response_id: str = ""
    finish_reasons: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)
    reported_cost: str | None = None
    """The client's own figure in USD, as a decimal string."""
    route: str = ""
    session_id: str = ""
    user_id: str = ""
    customer: str = ""
    environment: str = ""
    release: str = ""
    service: str = ""
    instance: str = ""
    """The process that sent it: two reports of one call come from the same one."""
    scope: str = ""
    """The instrumentor: name of the instrumentation scope."""
    prompt: str = ""
    agent: str = ""
    tool: str = ""
    tier: str = ""
    region: str = ""
    variant: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    weight: float = 1.0
    """How many spans this one stands for, where the client sampled."""
    input: str = ""
    """What went in: JSON list of messages for a generation, else the text or JSON as sent."""
    output: str = ""
    attributes: dict[str, Value] = field(default_factory=dict)
    resource: dict[str, Value] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    links: tuple[Link, ...] = ()
    flags: tuple[str, ...] = ()
    """What the door had to mend: `negative_duration`, `invalid_utf8`, `truncated`, …"""
    envelope: Envelope = Envelope()
    mapping_version: int = 1

    @property
    def duration(self) -> int:
        """Microseconds from start to end, never negative."""
        return max(0, self.end - self.start)


def version_of(end: int, received: int, position: int) -> int:
    """How one sending of a span competes with the others: the later end wins, then the later arrival.

    `end` and `received` are microseconds since 1970, `position` is the place in the request. The lowest 12 bits count
    settlements, so that a settled row replaces the raw one and still yields to a later sending. Fits UInt128.
    """
    return (max(0, end) << 64) | ((received + position) << 12)
