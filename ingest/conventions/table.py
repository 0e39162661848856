"""The one table: which convention is believed first, field by field, and how a sent span becomes ours."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from ingest.conventions.anthropic import ANTHROPIC
from ingest.conventions.claude_code import CLAUDE_CODE
from ingest.conventions.convention import Convention, Trouble
from ingest.conventions.exclusive import excludes_cache
from ingest.conventions.google_adk import GOOGLE_ADK
from ingest.conventions.inferred import INFERRED, finish_reasons, host
from ingest.conventions.laminar import LAMINAR
from ingest.conventions.langfuse import LANGFUSE
from ingest.conventions.langsmith import LANGSMITH
from ingest.conventions.litellm import LITELLM
from ingest.conventions.logfire import LOGFIRE
from ingest.conventions.mcp import MCP
from ingest.conventions.metadata import METADATA
from ingest.conventions.mlflow import MLFLOW
from ingest.conventions.openinference import OPENINFERENCE
from ingest.conventions.openlit import OPENLIT
from ingest.conventions.opentelemetry import OPENTELEMETRY
from ingest.conventions.pydantic_ai import PYDANTIC_AI
from ingest.conventions.sent import ERROR, Origin, Sent
from ingest.conventions.served import SERVED
from ingest.conventions.serving import SERVING
from ingest.conventions.spanledger import PLAIN, SPANLEDGER
from ingest.conventions.tokens import NOTHING, Tokens
from ingest.conventions.traceloop import TRACELOOP
from ingest.conventions.tracestate import weight_of
from ingest.conventions.values import Read, as_count, as_text, without
from ingest.conventions.vercel import VERCEL
from ledger.domain.failures import Complaint, of_error, of_finish
from ledger.domain.providers import canonical, of_model
from ledger.domain.span import CALL_KINDS, Kind, Span, Status, Value
from ledger.domain.usage import Usage

MAPPING_VERSION = 3
"""Raised whenever the same span would be read differently: a past window can then be read again."""

CONVENTIONS = (
    *(SPANLEDGER, OPENTELEMETRY, ANTHROPIC, OPENINFERENCE, VERCEL, LANGFUSE, TRACELOOP, LAMINAR, LANGSMITH, MLFLOW),
    *(LITELLM, OPENLIT, PYDANTIC_AI, LOGFIRE, GOOGLE_ADK, MCP, CLAUDE_CODE, SERVING, PLAIN, SERVED, METADATA, INFERRED),
)
"""In the order in which they are believed, where a field has no order of its own below."""

KIND_ORDER = (
    *(SPANLEDGER, LANGFUSE, OPENINFERENCE, VERCEL, LANGSMITH, OPENTELEMETRY, TRACELOOP, LAMINAR, MLFLOW),
    *(CLAUDE_CODE, SERVING, MCP, PYDANTIC_AI, INFERRED),
)
MODEL_ORDER = (OPENTELEMETRY, OPENINFERENCE, VERCEL, MLFLOW, LANGFUSE, LANGSMITH, CLAUDE_CODE)
ID_ORDER = (OPENTELEMETRY, VERCEL, OPENINFERENCE, LANGFUSE, LANGSMITH, MLFLOW, CLAUDE_CODE, SERVING)
ROUTE_ORDER = (SPANLEDGER, PLAIN, METADATA, SERVED, VERCEL, OPENTELEMETRY, TRACELOOP)
SESSION_ORDER = (
    *(SPANLEDGER, PLAIN, LANGFUSE, OPENTELEMETRY, TRACELOOP, LAMINAR, VERCEL, GOOGLE_ADK, METADATA, MLFLOW),
)
USER_ORDER = (
    *(SPANLEDGER, PLAIN, LANGFUSE, TRACELOOP, LAMINAR, VERCEL, OPENINFERENCE, OPENTELEMETRY, LITELLM, METADATA, MLFLOW),
)
MESSAGE_ORDER = (
    *(SPANLEDGER, OPENTELEMETRY, LANGFUSE, OPENINFERENCE, TRACELOOP, VERCEL, PYDANTIC_AI, LANGSMITH, MLFLOW, LAMINAR),
    *(GOOGLE_ADK, CLAUDE_CODE),
)
COST_ORDER = (LANGFUSE, OPENINFERENCE, LITELLM, PYDANTIC_AI, OPENLIT, CLAUDE_CODE)
TOOL_ORDER = (SPANLEDGER, OPENTELEMETRY, OPENINFERENCE, VERCEL, TRACELOOP, CLAUDE_CODE, MCP)

ASKED_ALWAYS = sum(1 << at for at, one in enumerate(CONVENTIONS) if not one.keys and not one.scopes)
"""As bits, one for each convention."""
WITHHELD = "withheld"

DIMENSION_LENGTH = 256
MESSAGE_LENGTH = 4096
CONTENT_LENGTH = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Column[T]:
    """The readers of one field, the most believed first, each with its convention."""

    readers: tuple[tuple[Convention, Read[T]], ...]

    def __call__(self, sent: Sent) -> T | None:
        for _, read in self.readers:
            found = read(sent)
            if found is not None:
                return found
        return None

    def answers(self, sent: Sent) -> Iterable[T]:
        return (found for _, read in self.readers if (found := read(sent)) is not None)

    def sourced(self, sent: Sent) -> tuple[T | None, Convention | None]:
        """The answer and the convention that gave it."""
        for convention, read in self.readers:
            found = read(sent)
            if found is not None:
                return found, convention
        return None, None


class Table:
    """The columns of those conventions that a span speaks."""

    def __init__(self, spoken: tuple[Convention, ...]) -> None:
        def column[T](
            pick: Callable[[Convention], Read[T] | None], order: tuple[Convention, ...] = CONVENTIONS
        ) -> Column[T]:
            return Column(
                tuple((one, read) for one in order if one in spoken and (read := pick(one)) is not None),
            )

        self.kind: Column[Kind] = column(lambda one: one.kind, KIND_ORDER)
        self.operation = column(lambda one: one.operation)
        self.display_name = column(lambda one: one.display_name)
        self.provider = column(lambda one: one.provider)
        self.request_model = column(lambda one: one.request_model, MODEL_ORDER)
        self.model = column(lambda one: one.model, MODEL_ORDER)
        self.response_id = column(lambda one: one.response_id, ID_ORDER)
        self.finish_reasons = column(lambda one: one.finish_reasons)
        self.tokens = column(lambda one: one.tokens)
        self.reported_cost = column(lambda one: one.reported_cost, COST_ORDER)
        self.ttft = column(lambda one: one.ttft)
        self.trouble = column(lambda one: one.trouble)
        self.route = column(lambda one: one.route, ROUTE_ORDER)
        self.session_id = column(lambda one: one.session_id, SESSION_ORDER)
        self.user_id = column(lambda one: one.user_id, USER_ORDER)
        self.customer = column(lambda one: one.customer)
        self.environment = column(lambda one: one.environment)
        self.release = column(lambda one: one.release)
        self.prompt = column(lambda one: one.prompt)
        self.agent = column(lambda one: one.agent)
        self.tool = column(lambda one: one.tool, TOOL_ORDER)
        self.tier = column(lambda one: one.tier)
        self.region = column(lambda one: one.region)
        self.variant = column(lambda one: one.variant)
        self.tags = column(lambda one: one.tags)
        self.weight = column(lambda one: one.weight)
        self.input = column(lambda one: one.input, MESSAGE_ORDER)
        self.output = column(lambda one: one.output, MESSAGE_ORDER)
        self.flags = column(lambda one: one.flags)
        self.withheld = tuple(one.withheld for one in CONVENTIONS if one in spoken and one.withheld is not None)


@dataclass(slots=True)
class Homes:
    """Which conventions an attribute or an instrumentor belongs to, remembered as a set of bits."""

    known: dict[str, int] = field(default_factory=dict)
    scopes: dict[str, int] = field(default_factory=dict)

    def table(self, keys: Iterable[str], scope: str = "") -> Table:
        """The table for those conventions that any of the keys, or the instrumentor, belongs to."""
        known = self.known
        bits = self.scopes[scope] if scope in self.scopes else self.learn_scope(scope)
        for key in keys:
            held = known.get(key)
            bits |= self.learn(key) if held is None else held
        return table_of(bits)

    def reads(self, key: str) -> bool:
        """Whether any convention reads this attribute."""
        held = self.known.get(key)
        return bool(self.learn(key) if held is None else held)

    def learn(self, key: str) -> int:
        if len(self.known) >= 10_000:
            self.known.clear()
        bits = sum(1 << at for at, one in enumerate(CONVENTIONS) if belongs(key, one))
        if len(key) <= 200:
            self.known[key] = bits
        return bits

    def learn_scope(self, scope: str) -> int:
        if len(self.scopes) >= 1_000:
            self.scopes.clear()
        bits = sum(1 << at for at, one in enumerate(CONVENTIONS) if one.scopes and scope.startswith(one.scopes))
        if len(scope) <= 200:
            self.scopes[scope] = bits | ASKED_ALWAYS
        return bits | ASKED_ALWAYS


def belongs(key: str, convention: Convention) -> bool:
    return any(key == known or (known.endswith(".") and key.startswith(known)) for known in convention.keys)


@cache
def table_of(bits: int) -> Table:
    return Table(tuple(one for at, one in enumerate(CONVENTIONS) if bits >> at & 1))


HOMES = Homes()


def read(sent: Sent) -> Span:
    """The span in our words. Never raises over what a client wrote: what can't be read is None, and flagged."""
    columns = HOMES.table(sent.attributes, sent.origin.scope)
    kind: Kind = columns.kind(sent) or "span"
    house = dimensions_of(sent.origin)
    request_model, model, provider = models(sent, columns)
    said_in, content_in = columns.input.sourced(sent)
    said_out, content_out = columns.output.sourced(sent)
    said_in, said_out = content(sent, said_in), content(sent, said_out)
    reasons = columns.finish_reasons(sent) or (finish_reasons(said_out) if kind in CALL_KINDS else ())
    status, failure_kind, trouble = ending(sent, columns, kind, reasons)
    spent = usage(sent, columns, kind, provider)
    sent.flags.update(flag for flags in columns.flags.answers(sent) for flag in flags)
    return Span(
        trace_id=sent.trace_id,
        span_id=sent.span_id,
        parent_id=sent.parent_id,
        kind=kind,
        name=short(columns.display_name(sent) or sent.name),
        start=sent.start,
        end=sent.end,
        ttft=columns.ttft(sent) if kind in CALL_KINDS else None,
        status=status,
        failure_kind=failure_kind,
        error_type=short(trouble.type),
        error_message=trouble.message[:MESSAGE_LENGTH],
        operation=short(columns.operation(sent)),
        provider=provider,
        model=model or request_model,
        request_model=request_model,
        response_id=short(columns.response_id(sent)),
        finish_reasons=tuple(short(reason) for reason in reasons)[:16],
        usage=spent,
        reported_cost=columns.reported_cost(sent),
        route=short(columns.route(sent) or house.get("route") or root_route(sent, kind)),
        session_id=short(columns.session_id(sent)),
        user_id=short(columns.user_id(sent)),
        customer=short(columns.customer(sent) or house.get("customer")),
        environment=short(columns.environment(sent) or house.get("environment")),
        release=short(columns.release(sent) or house.get("release")),
        service=short(as_text(sent.origin.resource.get("service.name"))),
        instance=house["instance"],
        scope=short(sent.origin.scope),
        prompt=short(columns.prompt(sent)),
        agent=short(columns.agent(sent) or (agent_of(sent.name) if kind == "agent" else "")),
        tool=short(columns.tool(sent) or (sent.name if kind == "tool" else "")),
        tier=short(columns.tier(sent)),
        region=short(columns.region(sent) or house.get("region")),
        variant=short(columns.variant(sent)),
        tags=tags(sent, columns),
        weight=columns.weight(sent) or weight_of(sent.trace_state),
        input=said_in,
        output=said_out,
        attributes=kept(sent, columns, content_in, content_out),
        resource=dict(sent.origin.resource),
        events=sent.events,
        links=sent.links,
        flags=tuple(sorted(sent.flags)),
        envelope=sent.envelope,
        mapping_version=MAPPING_VERSION,
    )


def models(sent: Sent, columns: Table) -> tuple[str, str, str]:
    """Request model, answering model and provider; `openai/gpt-4o` is split where its first part is the provider."""
    request_model, model = short(columns.request_model(sent)), short(columns.model(sent))
    named = next((known for said in columns.provider.answers(sent) if (known := canonical(said))), "")
    if named == SPOKEN_BY_MANY:
        named = host(sent) or named
    provider = short(named) or prefix_of(request_model) or of_model(model or request_model)
    return bare(request_model, provider), bare(model, provider), provider


SPOKEN_BY_MANY = "openai"
"""Many providers speak its language, and its client is then pointed at their hosts."""


def prefix_of(model: str) -> str:
    prefix, slash, _ = model.partition("/")
    return canonical(prefix) if slash else ""


def bare(model: str, provider: str) -> str:
    prefix, slash, rest = model.partition("/")
    return rest if slash and canonical(prefix) == provider else model


def usage(sent: Sent, columns: Table, kind: Kind, provider: str) -> Usage:
    """All reports of this span together, each class from the most believed one that has it."""
    tokens: Tokens = NOTHING
    for report in columns.tokens.answers(sent):
        tokens = report if tokens is NOTHING else tokens.or_else(report)
    if kind == "embedding" and tokens.input is not None and tokens.output is None:
        tokens = Tokens(output=0).or_else(tokens)
    if tokens.input is not None and excludes_cache(sent.origin.scope, sent.origin.version, provider):
        tokens = replace(tokens, exclusive=True)
    return tokens.disjoint()


def ending(sent: Sent, columns: Table, kind: Kind, reasons: tuple[str, ...]) -> tuple[Status, str, Trouble]:
    """Status, failure kind and the error's words. A bad finish reason names a kind without making an error of it."""
    told = columns.trouble(sent)
    error_type = as_text(sent.attributes.get("error.type"))
    if sent.status_code != ERROR and told is None and not error_type:
        return "ok", of_finish(reasons) or "", Trouble()
    trouble = worded(sent, told or Trouble(), error_type)
    http = (as_count(sent.attributes[key]) for key in HTTP_STATUS if key in sent.attributes)
    complaint = Complaint(trouble.type, trouble.message, next((code for code in http if code is not None), None))
    return "error", of_error(complaint, kind), trouble


HTTP_STATUS = ("http.response.status_code", "http.status_code", "error.code")


def worded(sent: Sent, told: Trouble, error_type: str) -> Trouble:
    """The error's type and message: by the convention, the attribute, the exception event, the status."""
    exception = sent.first_event("exception")
    about = exception.attributes if exception else {}
    return Trouble(
        type=told.type or error_type or as_text(about.get("exception.type")),
        message=told.message or as_text(about.get("exception.message")) or sent.status_message,
    )


def agent_of(name: str) -> str:
    """An agent that is not named has its span's name, less the operation in it."""
    operation, space, rest = name.partition(" ")
    return rest.strip() if space and operation in ("invoke_agent", "create_agent") else name


def root_route(sent: Sent, kind: Kind) -> str:
    """A root that is no model call is named after the feature that it serves."""
    return "" if sent.parent_id or kind in CALL_KINDS else sent.name


def tags(sent: Sent, columns: Table) -> dict[str, str]:
    merged: dict[str, str] = {}
    for found in columns.tags.answers(sent):
        merged = dict(found) | merged
    return merged


def dimensions_of(origin: Origin) -> Mapping[str, str]:
    """What the resource says for all its spans; read once."""
    if origin.told is None:
        sent = Sent(trace_id="", span_id="", attributes=dict(origin.resource))
        columns = HOMES.table(origin.resource)
        origin.told = {
            "route": columns.route(sent) or "",
            "customer": columns.customer(sent) or "",
            "environment": columns.environment(sent) or "",
            "release": columns.release(sent) or "",
            "region": columns.region(sent) or "",
            "instance": instance_of(origin.resource),
        }
    return origin.told


def instance_of(resource: Mapping[str, Value]) -> str:
    """The process, by the name that it gives itself, else by its machine and number."""
    named = as_text(resource.get("service.instance.id"))
    machine, process = as_text(resource.get("host.name")), as_text(resource.get("process.pid"))
    return short(named or (f"{machine}:{process}" if machine and process else ""))


def kept(sent: Sent, columns: Table, *sources: Convention | None) -> dict[str, Value]:
    """The attributes, less those whose content is now the span's input and output, and less what must not be kept."""
    gone = [key for source in sources if source is not None for key in source.content]
    private = {key for withheld in columns.withheld for key in sent.attributes if withheld(key)}
    if private:
        sent.flags.add(WITHHELD)
    if not gone and not private:
        return sent.attributes
    return without(sent.attributes, private.union(gone), tuple(key for key in gone if key.endswith(".")))


def content(sent: Sent, said: str | None) -> str:
    if said is None:
        return ""
    if len(said) > CONTENT_LENGTH:
        sent.flags.add("truncated")
        return said[:CONTENT_LENGTH]
    return said


def short(said: str | None) -> str:
    return said[:DIMENSION_LENGTH] if said else ""
