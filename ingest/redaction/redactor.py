"""What a project's policy makes of spans, scores and anything else that is kept. It never raises and never leaks:
where it fails, the content is left out, the rest is kept, and the failure is counted."""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import Any, ClassVar, Protocol
from uuid import UUID

from ingest.redaction.marks import project_key
from ingest.redaction.texts import Kit, Texts
from ledger.domain.redaction import Policy
from ledger.domain.score import Score
from ledger.domain.span import Envelope, Event, Link, Span, Value

REDACTED, DROPPED, FAILED = "redacted", "content_dropped", "redaction_failed"
LEFT_OUT = "[left out: redaction failed]"


NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")


class Item(Protocol):
    """Any dataclass that is kept."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


class NoPolicy(Exception):
    """What a project wants taken out can't be read."""


AS_SENT = frozenset(
    {
        "trace_id", "span_id", "parent_id", "kind", "start", "end", "ttft", "status", "failure_kind", "operation",
        "provider", "model", "request_model", "response_id", "finish_reasons", "usage", "reported_cost", "route",
        "environment", "release", "service", "scope", "tier", "region", "weight", "flags", "mapping_version",
        "links", "events", "envelope",
    }
)  # fmt: skip
"""Fields by which calls are known, joined and priced; the last three have texts within, and are read by themselves."""

TEXTS = tuple(field.name for field in fields(Span) if field.name not in AS_SENT)
"""Every other field, also one that is added tomorrow."""
texts_of = attrgetter(*TEXTS)

METADATA = (
    "gen_ai.operation.",
    "gen_ai.provider.",
    "gen_ai.system",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "gen_ai.response.id",
    "gen_ai.response.finish_reasons",
    "gen_ai.output.type",
    "gen_ai.agent.id",
    "gen_ai.agent.name",
    "gen_ai.conversation.id",
    "gen_ai.tool.name",
    "gen_ai.tool.call.id",
    "gen_ai.tool.type",
    "gen_ai.evaluation.name",
    "openinference.span.kind",
    "llm.model_name",
    "llm.provider",
    "llm.system",
    "langfuse.observation.type",
    "langfuse.observation.model.name",
    "ai.model.",
    "ai.operationId",
    "ai.response.model",
    "ai.response.finishReason",
    "traceloop.span.kind",
    "traceloop.workflow.name",
    "mlflow.spanType",
    "error.type",
    "http.request.method",
    "http.route",
    "rpc.",
    "server.",
    "service.",
    "session.id",
    "user.id",
    "customer.id",
    "deployment.",
    "cloud.",
    "spanledger.kind",
    "spanledger.route",
    "spanledger.operation",
    "spanledger.user",
    "spanledger.session",
    "spanledger.customer",
    "spanledger.environment",
    "spanledger.release",
    "spanledger.prompt",
    "spanledger.agent",
    "spanledger.tool",
    "spanledger.tag.",
)
"""Beginnings of the attributes whose texts stay where content is dropped."""


@dataclass(slots=True)
class Redactor:
    """For one request. Without a kit the project's policy could not be read, and nothing but metadata is kept."""

    kit: Kit | None
    texts: Texts | None = None
    failed: int = 0

    def __post_init__(self) -> None:
        self.texts = Texts(self.kit) if self.kit else None

    def span(self, span: Span) -> Span:
        return self.safely(lambda texts: redacted(span, texts), span, lambda: bare(span))

    def item[T: Item](self, held: T, content: tuple[str, ...], words: tuple[str, ...] = ()) -> T:
        """Anything else that is kept, by the names of its fields: those with content, and those with other words."""
        return self.safely(
            lambda texts: replaced(held, texts, content, words),
            held,
            lambda: emptied(held, (*content, *words), numbers),
        )

    def score(self, score: Score) -> Score:
        """Labels and reasons are prose about the content."""
        return self.item(score, ("reason",), ("label", "segment"))

    def sample(self, text: str) -> str:
        """What is shown of a span that was not taken."""
        return self.safely(lambda texts: texts.text(text), text, lambda: LEFT_OUT)

    def safely[T](self, redact: Callable[[Texts], T], sent: T, bare: Callable[[], T]) -> T:
        if self.texts is not None and self.texts.kit.policy.mode == "off":
            return sent
        try:
            if self.texts is None:
                raise NoPolicy
            return redact(self.texts)
        except Exception:
            # The outermost place: whatever it was, its message may hold the text, so it is counted and not told.
            self.failed += 1
            return bare()


class Redactors:
    """A redactor for each request, out of kits that are made once for a project and its policy."""

    KITS = 64

    def __init__(self, secret_key: str) -> None:
        self.secret_key = secret_key
        self.kits: OrderedDict[tuple[UUID, Policy], Kit] = OrderedDict()

    def of(self, project: UUID, policy: Policy | None) -> Redactor:
        return Redactor(None if policy is None else self.kit(project, policy))

    def kit(self, project: UUID, policy: Policy) -> Kit:
        known = self.kits.get((project, policy))
        if known is not None:
            self.kits.move_to_end((project, policy))
            return known
        made = self.kits[project, policy] = Kit.of(policy, project_key(self.secret_key, project))
        if len(self.kits) > self.KITS:
            self.kits.popitem(last=False)
        return made


def redacted(span: Span, texts: Texts) -> Span:
    sent = without_content(span) if drops(texts) else span
    # Any: one of the span's own fields, of that field's type.
    held = zip(TEXTS, texts_of(sent), strict=True)
    new: dict[str, Any] = {name: part(said, name, texts) for name, said in held if said}
    if sent.events:
        new["events"] = same(sent.events, tuple(event(one, texts) for one in sent.events))
    if sent.links:
        new["links"] = same(sent.links, tuple(link(one, texts) for one in sent.links))
    new["envelope"] = envelope(sent.envelope, texts)
    if sent.route and sent.route == sent.name:
        new["route"] = new.get("name", "")  # a root's route is its name
    changed = {name: value for name, value in new.items() if value is not getattr(sent, name)}
    return replace(sent, **changed, flags=(*sent.flags, REDACTED)) if changed else sent


def part(held: Any, name: str, texts: Texts) -> Any:
    """A field: a text or a mapping. Any: what its type is, it stays."""
    return texts.text(held, name) if isinstance(held, str) else texts.mapping(held)


def same[T](old: tuple[T, ...], new: tuple[T, ...]) -> tuple[T, ...]:
    return old if all(one is other for one, other in zip(old, new, strict=True)) else new


def event(held: Event, texts: Texts) -> Event:
    name, attributes = texts.text(held.name), texts.mapping(held.attributes)
    return held if name is held.name and attributes is held.attributes else Event(held.time, name, attributes)


def link(held: Link, texts: Texts) -> Link:
    attributes = texts.mapping(held.attributes)
    return held if attributes is held.attributes else replace(held, attributes=attributes)


def envelope(held: Envelope, texts: Texts) -> Envelope:
    name, message, state = texts.text(held.name), texts.text(held.status_message), texts.text(held.trace_state)
    if name is held.name and message is held.status_message and state is held.trace_state:
        return held
    return replace(held, name=name, status_message=message, trace_state=state)


def replaced[T: Item](held: T, texts: Texts, content: tuple[str, ...], words: tuple[str, ...]) -> T:
    if drops(texts):
        held = emptied(held, content, metadata)
    new = {name: part(getattr(held, name), name, texts) for name in (*content, *words)}
    changed = {name: value for name, value in new.items() if value is not getattr(held, name)}
    return replace(held, **changed) if changed else held


def emptied[T: Item](held: T, names: tuple[str, ...], stay: Callable[[Mapping[str, Value]], dict[str, Value]]) -> T:
    """Texts are emptied; of mappings some members stay."""
    empty: dict[str, Any] = {
        name: "" if isinstance(known := getattr(held, name), str) else stay(known) for name in names
    }
    return replace(held, **empty)


def drops(texts: Texts) -> bool:
    return texts.kit.policy.mode == "drop"


def metadata(held: Mapping[str, Value]) -> dict[str, Value]:
    """Numbers, yes and no, and the texts that are known to be no content."""
    return {key: value for key, value in held.items() if isinstance(value, int | float) or key.startswith(METADATA)}


def numbers(held: Mapping[str, Value]) -> dict[str, Value]:
    """Under names that are names: a key is as free a text as a value."""
    return {key: value for key, value in held.items() if isinstance(value, int | float) and NAME.fullmatch(key)}


def without_content(span: Span) -> Span:
    return replace(
        span,
        input="",
        output="",
        error_message="",
        attributes=metadata(span.attributes),
        events=tuple(Event(one.time, one.name, {}) for one in span.events),
        links=tuple(replace(one, attributes={}) for one in span.links),
        envelope=replace(span.envelope, status_message=""),
        flags=(*span.flags, DROPPED),
    )


def bare(span: Span) -> Span:
    """A span of which nobody could say what its texts hold: ids, times, models, tokens and numbers."""
    nothing: dict[str, Any] = {name: "" if isinstance(getattr(span, name), str) else {} for name in TEXTS}
    return replace(
        span,
        **nothing
        | {
            "name": span.operation or span.kind,
            "attributes": numbers(span.attributes),
            "route": "" if span.route == span.name else span.route,
            "events": (),
            "links": tuple(replace(one, attributes={}) for one in span.links),
            "envelope": Envelope(side=span.envelope.side, status_code=span.envelope.status_code),
            "flags": (*span.flags, FAILED),
        },
    )
