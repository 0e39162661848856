"""OpenLLMetry by Traceloop: workflows, tasks, agents and tools around calls that speak OpenTelemetry's convention."""

from collections.abc import Mapping

from ingest.conventions.convention import Convention, kind_of, pairs
from ingest.conventions.messages import Message, message, text_part, tool_call
from ingest.conventions.sent import Sent
from ingest.conventions.values import Read, as_content, as_json, as_text, indexed, text
from ledger.domain.span import Kind, Value

KIND_WORDS: dict[str, Kind] = {"workflow": "workflow", "task": "workflow", "agent": "agent", "tool": "tool"}
ASSOCIATED = "traceloop.association.properties."
FIELDS = ("session_id", "user_id", "route", "customer_id", "thread_id")

of_word = kind_of(KIND_WORDS, text("traceloop.span.kind"))


def tags(sent: Sent) -> Mapping[str, str] | None:
    own = {key.removeprefix(ASSOCIATED): value for key, value in sent.attributes.items() if key.startswith(ASSOCIATED)}
    return pairs(own, leave=FIELDS) or None


def entity(kind: Kind) -> Read[str]:
    """The entity's name, where the span is of this kind: Traceloop copies names onto every descendant."""

    def read(sent: Sent) -> str | None:
        return text("traceloop.entity.name")(sent) if of_word(sent) == kind else None

    return read


def old_messages(prefix: str) -> Read[str]:
    """Messages as they were written before they became one JSON attribute."""

    def read(sent: Sent) -> str | None:
        said = [old_message(fields) for fields in indexed(sent.attributes, prefix)]
        return as_json(said) if said else None

    return read


def old_message(fields: Mapping[str, Value]) -> Message:
    calls = [
        tool_call(call.get("id"), call.get("name"), call.get("arguments")) for call in indexed(fields, "tool_calls")
    ]
    content = fields.get("content")
    spoken = [text_part(content)] if content not in (None, "") else []
    role = as_text(fields.get("role")) or "assistant"
    return message(role, spoken + calls, as_text(fields.get("finish_reason")))


def recorded(old: str, key: str) -> Read[str]:
    older = old_messages(old)

    def read(sent: Sent) -> str | None:
        return older(sent) or as_content(sent.attributes.get(key)) or None

    return read


TRACELOOP = Convention(
    name="traceloop",
    keys=("traceloop.", "gen_ai.prompt.", "gen_ai.completion."),
    kind=of_word,
    route=text("traceloop.workflow.name"),
    session_id=text(f"{ASSOCIATED}session_id"),
    user_id=text(f"{ASSOCIATED}user_id"),
    prompt=text("traceloop.prompt.key"),
    agent=entity("agent"),
    tool=entity("tool"),
    tags=tags,
    input=recorded("gen_ai.prompt", "traceloop.entity.input"),
    output=recorded("gen_ai.completion", "traceloop.entity.output"),
    content=("traceloop.entity.input", "traceloop.entity.output", "gen_ai.prompt.", "gen_ai.completion."),
)
