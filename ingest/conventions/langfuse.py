"""Langfuse's SDKs: observations whose members are JSON in strings."""

from collections.abc import Mapping
from datetime import datetime

from ingest.conventions.convention import Convention, Trouble, kind_of, labels, pairs
from ingest.conventions.messages import message, of_chat, text_part
from ingest.conventions.sent import Sent
from ingest.conventions.tokens import Tokens, of_report
from ingest.conventions.values import Read, as_content, as_cost, as_json, as_object, as_texts, first_of, parsed, text
from ledger.domain.span import Kind

OBSERVATION = "langfuse.observation."
KIND_WORDS: dict[str, Kind] = {
    "generation": "generation",
    "embedding": "embedding",
    "agent": "agent",
    "tool": "tool",
    "chain": "workflow",
    "retriever": "retrieval",
    "guardrail": "guardrail",
    "evaluator": "evaluator",
    "span": "span",
    "event": "span",
}


def of_json(key: str) -> Read[str]:
    """A text that may have been written as JSON once more: `"\\"acme\\""`."""

    def read(sent: Sent) -> str | None:
        said = text(key)(sent)
        if said and said.startswith('"'):
            said = str(parsed(said) or "")
        return said or None

    return read


def tokens(sent: Sent) -> Tokens:
    return of_report(as_object(sent.attributes.get(f"{OBSERVATION}usage_details")))


def reported_cost(sent: Sent) -> str | None:
    return as_cost(as_object(sent.attributes.get(f"{OBSERVATION}cost_details")).get("total"))


def ttft(sent: Sent) -> int | None:
    said = of_json(f"{OBSERVATION}completion_start_time")(sent)
    try:
        return max(0, round(datetime.fromisoformat(said).timestamp() * 1_000_000) - sent.start) if said else None
    except (ValueError, OverflowError):
        return None


def trouble(sent: Sent) -> Trouble | None:
    if sent.attributes.get(f"{OBSERVATION}level") != "ERROR":
        return None
    return Trouble(message=text(f"{OBSERVATION}status_message")(sent) or "")


def tags(sent: Sent) -> Mapping[str, str] | None:
    prefix = "langfuse.trace.metadata."
    own = {key.removeprefix(prefix): of_json(key)(sent) for key in sent.attributes if key.startswith(prefix)}
    return labels(as_texts(sent.attributes.get("langfuse.trace.tags"))) | pairs(own) or None


def finish_reasons(sent: Sent) -> tuple[str, ...] | None:
    said = of_json(f"{OBSERVATION}metadata.finish_reason")(sent)
    return (said,) if said else None


def content(key: str, role: str) -> Read[str]:
    """Messages of a generation, else the value as it was sent."""

    def read(sent: Sent) -> str | None:
        held = sent.attributes.get(key)
        if held is None or sent.attributes.get(f"{OBSERVATION}type") != "generation":
            return as_content(held) or None
        asked = as_object(held).get("messages")
        said = of_chat(asked if asked is not None else held)
        return as_json(said or [message(role, [text_part(held)])])

    return read


LANGFUSE = Convention(
    name="langfuse",
    keys=("langfuse.",),
    kind=kind_of(KIND_WORDS, text(f"{OBSERVATION}type")),
    request_model=text(f"{OBSERVATION}model.name"),
    model=text(f"{OBSERVATION}model.name"),
    response_id=of_json(f"{OBSERVATION}metadata.id"),
    finish_reasons=finish_reasons,
    tokens=tokens,
    reported_cost=reported_cost,
    ttft=ttft,
    trouble=trouble,
    session_id=text("langfuse.session.id"),
    user_id=text("langfuse.user.id"),
    environment=text("langfuse.environment"),
    release=first_of(text("langfuse.release"), text("langfuse.version")),
    prompt=text(f"{OBSERVATION}prompt.name"),
    tags=tags,
    input=content(f"{OBSERVATION}input", "user"),
    output=content(f"{OBSERVATION}output", "assistant"),
    content=(f"{OBSERVATION}input", f"{OBSERVATION}output"),
)
