"""LangSmith's exporter: its own kinds, usage details as Python prints them, an environment in the metadata."""

import re
from collections.abc import Mapping

from ingest.conventions.answers import id_of
from ingest.conventions.convention import HOUSEKEEPING, Convention, kind_of, labels, pairs
from ingest.conventions.messages import Message, of_chat
from ingest.conventions.sent import Sent
from ingest.conventions.tokens import Tokens
from ingest.conventions.values import (
    Read,
    as_content,
    as_count,
    as_json,
    as_list,
    as_object,
    as_printed,
    as_texts,
    text,
)
from ledger.domain.span import Kind, Value

METADATA = "langsmith.metadata."
KIND_WORDS: dict[str, Kind] = {
    "llm": "generation",
    "embedding": "embedding",
    "chain": "workflow",
    "agent": "agent",
    "tool": "tool",
    "retriever": "retrieval",
    "prompt": "span",
    "parser": "span",
}
"""Believed before the operation's name, which this client derives from it: a retriever's reads `embeddings`."""

ENVIRONMENT = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
SECRET = re.compile(
    r"(api|access|secret|private)[_-]?key|secret|passw|credential|authorization|(^|[_.-])token$", re.IGNORECASE
)

of_word = kind_of(KIND_WORDS, text("langsmith.span.kind"))


def private(key: str) -> bool:
    """Variables of the program's environment and what is named like a secret."""
    if key == "langsmith.request.headers":
        return True
    name = key.removeprefix(METADATA)
    return name != key and bool(ENVIRONMENT.fullmatch(name) or SECRET.search(name))


def tokens(sent: Sent) -> Tokens:
    """The parts of input and output that OpenTelemetry's names leave out here."""
    inward = as_printed(sent.attributes.get("gen_ai.usage.input_token_details"))
    outward = as_printed(sent.attributes.get("gen_ai.usage.output_token_details"))
    return Tokens(
        cache_read=as_count(inward.get("cache_read")),
        cache_write=as_count(inward.get("cache_creation")),
        reasoning=as_count(outward.get("reasoning")),
        input_audio=as_count(inward.get("audio")),
        output_audio=as_count(outward.get("audio")),
        input_image=as_count(inward.get("image")),
        output_image=as_count(outward.get("image")),
    )


def response_id(sent: Sent) -> str | None:
    return id_of(sent.attributes.get("gen_ai.completion")) if of_word(sent) == "generation" else None


def tags(sent: Sent) -> Mapping[str, str] | None:
    held = {key.removeprefix(METADATA): value for key, value in sent.attributes.items() if key.startswith(METADATA)}
    own = {key: value for key, value in held.items() if not private(METADATA + key)}
    return labels(as_texts(sent.attributes.get("langsmith.span.tags"))) | pairs(own, leave=HOUSEKEEPING) or None


def said(key: str, *members: str) -> Read[str]:
    """The messages of a model call, else the JSON as it was recorded."""

    def read(sent: Sent) -> str | None:
        held = sent.attributes.get(key)
        made = messages(as_object(held), members) if of_word(sent) == "generation" else []
        return as_json(made) if made else as_content(held) or None

    return read


def messages(recorded: Mapping[str, Value], members: tuple[str, ...]) -> list[Message]:
    found = next((recorded[name] for name in members if recorded.get(name)), None)
    return of_chat([plain(item) for item in flat(as_list(found) or [found])])


def flat(items: list[Value]) -> list[Value]:
    """LangChain keeps a list of messages for each prompt of a batch."""
    return [inner for item in items for inner in (item if isinstance(item, list) else [item])]


ROLES = {"human": "user", "ai": "assistant", "AIMessageChunk": "assistant"}


def plain(item: Value) -> Value:
    """A message out of a choice, a generation or LangChain's serialized form."""
    held = as_object(as_object(item).get("message", item))
    kwargs = as_object(held.get("kwargs")) or held
    role = kwargs.get("role", kwargs.get("type"))
    return {**kwargs, "role": ROLES.get(str(role), role)} if kwargs else None


LANGSMITH = Convention(
    name="langsmith",
    keys=("langsmith.", "gen_ai.usage.input_token_details", "gen_ai.usage.output_token_details"),
    withheld=private,
    kind=of_word,
    provider=text(f"{METADATA}ls_provider"),
    request_model=text(f"{METADATA}ls_model_name"),
    response_id=response_id,
    tokens=tokens,
    tags=tags,
    input=said("gen_ai.prompt", "messages"),
    output=said("gen_ai.completion", "choices", "generations", "messages", "message", "output"),
    content=("gen_ai.prompt",),
)
