"""OpenInference: flat indexed lists, upper-case kinds, a prompt count that includes the cache, no response id."""

from collections.abc import Mapping

from ingest.conventions.answers import id_of
from ingest.conventions.convention import HOUSEKEEPING, Convention, kind_of, labels, pairs
from ingest.conventions.messages import Message, Part, message, text_part, tool_call, tool_response
from ingest.conventions.sent import Sent
from ingest.conventions.tokens import Tokens
from ingest.conventions.values import (
    as_content,
    as_cost,
    as_json,
    as_object,
    as_text,
    as_texts,
    count,
    first_of,
    indexed,
    member,
    text,
)
from ledger.domain.span import CALL_KINDS, Kind, Value

KIND_WORDS: dict[str, Kind] = {
    "llm": "generation",
    "embedding": "embedding",
    "chain": "workflow",
    "retriever": "retrieval",
    "reranker": "rerank",
    "tool": "tool",
    "agent": "agent",
    "guardrail": "guardrail",
    "evaluator": "evaluator",
    "prompt": "span",
    "unknown": "span",
}

of_word = kind_of(KIND_WORDS, text("openinference.span.kind"))


def kind(sent: Sent) -> Kind | None:
    """By its word; without one, a span that names a model and its tokens is a call."""
    if "openinference.span.kind" in sent.attributes:
        return of_word(sent)
    counted = any(key.startswith("llm.token_count.") for key in sent.attributes)
    return "generation" if counted and "llm.model_name" in sent.attributes else None


def tokens(sent: Sent) -> Tokens:
    return Tokens(
        input=count("llm.token_count.prompt")(sent),
        output=count("llm.token_count.completion")(sent),
        cache_read=count("llm.token_count.prompt_details.cache_read")(sent),
        cache_write=count("llm.token_count.prompt_details.cache_write")(sent),
        reasoning=count("llm.token_count.completion_details.reasoning")(sent),
        input_audio=count("llm.token_count.prompt_details.audio")(sent),
        output_audio=count("llm.token_count.completion_details.audio")(sent),
        input_image=count("llm.token_count.prompt_details.image")(sent),
        output_image=count("llm.token_count.completion_details.image")(sent),
        total=count("llm.token_count.total")(sent),
    )


def response_id(sent: Sent) -> str | None:
    """The provider's id out of the recorded answer: there is no attribute of its own for it."""
    return id_of(sent.attributes.get("output.value")) if of_word(sent) in CALL_KINDS else None


def finish_reasons(sent: Sent) -> tuple[str, ...] | None:
    return as_texts(sent.attributes.get("llm.finish_reason")) or None


def reported_cost(sent: Sent) -> str | None:
    return as_cost(sent.attributes.get("llm.cost.total"))


def tags(sent: Sent) -> Mapping[str, str] | None:
    said = labels(as_texts(sent.attributes.get("tag.tags")))
    return said | pairs(as_object(sent.attributes.get("metadata")), leave=HOUSEKEEPING) or None


def messages(sent: Sent, prefix: str) -> list[Message]:
    """The messages under a prefix, without those of which nothing was recorded but the role."""
    made = [one(fields) for fields in indexed(sent.attributes, prefix)]
    return [said for said in made if said["parts"]]


def one(fields: Mapping[str, Value]) -> Message:
    role = as_text(fields.get("message.role")) or "assistant"
    content = fields.get("message.content")
    if role == "tool" and "message.tool_call_id" in fields:
        return message(role, [tool_response(fields["message.tool_call_id"], content)])
    blocks = [part(block) for block in indexed(fields, "message.contents")]
    if not blocks and content not in (None, ""):
        blocks = [text_part(content)]
    return message(role, blocks + [call(fields) for fields in indexed(fields, "message.tool_calls")])


def part(block: Mapping[str, Value]) -> Part:
    kind = as_text(block.get("message_content.type")) or "text"
    if kind == "text":
        return text_part(block.get("message_content.text"))
    rest: Part = {key.removeprefix("message_content."): value for key, value in block.items()}
    if kind == "reasoning" and "text" in rest:
        return {"type": "reasoning", "content": rest["text"]}
    return rest


def call(fields: Mapping[str, Value]) -> Part:
    name, arguments = fields.get("tool_call.function.name"), fields.get("tool_call.function.arguments")
    return tool_call(fields.get("tool_call.id"), name, arguments)


def input_text(sent: Sent) -> str | None:
    """Messages of a call, texts of an embedding, the query of a re-ranking, else what was recorded as the input."""
    kind = of_word(sent)
    if kind == "embedding":
        items = indexed(sent.attributes, "embedding.embeddings")
        texts = [item["embedding.text"] for item in items if "embedding.text" in item]
        return as_json(texts) if texts else recorded(sent, "input.value")
    said = messages(sent, "llm.input_messages") if kind == "generation" else []
    if said:
        return as_json(said)
    return text("reranker.query")(sent) or recorded(sent, "input.value")


def output_text(sent: Sent) -> str | None:
    """Messages of a call, documents of a retrieval, else what was recorded as the output. No vectors."""
    kind = of_word(sent)
    if kind == "embedding":
        return None
    said = messages(sent, "llm.output_messages") if kind == "generation" else []
    found = documents(sent, "retrieval.documents") or documents(sent, "reranker.output_documents")
    if said or found:
        return as_json(said or found)
    return recorded(sent, "output.value")


def documents(sent: Sent, prefix: str) -> list[dict[str, Value]]:
    items = indexed(sent.attributes, prefix)
    return [{key.removeprefix("document."): value for key, value in item.items()} for item in items]


def recorded(sent: Sent, key: str) -> str | None:
    return as_content(sent.attributes.get(key)) or None


def prompt(sent: Sent) -> str | None:
    """The template's name or version; templates themselves are content."""
    return text("llm.prompt_template.name", "prompt.id")(sent) or text("llm.prompt_template.version")(sent)


OPENINFERENCE = Convention(
    name="openinference",
    keys=(
        *("openinference.", "llm.", "embedding.", "retrieval.documents.", "reranker.", "input.", "output."),
        *("tool.name", "agent.name", "graph.node.name", "prompt.id", "tag.tags", "metadata"),
    ),
    kind=kind,
    provider=text("llm.provider", "llm.system"),
    request_model=first_of(
        text("llm.request.model_name"),
        member("llm.invocation_parameters", "model", "model_name"),
        member("embedding.invocation_parameters", "model"),
    ),
    model=text("llm.response.model_name", "llm.model_name", "embedding.model_name", "reranker.model_name"),
    response_id=response_id,
    finish_reasons=finish_reasons,
    tokens=tokens,
    reported_cost=reported_cost,
    user_id=text("llm.user"),
    tier=member("llm.invocation_parameters", "service_tier"),
    prompt=prompt,
    agent=text("agent.name", "graph.node.name"),
    tool=text("tool.name"),
    tags=tags,
    input=input_text,
    output=output_text,
    content=(
        "llm.input_messages.",
        "llm.output_messages.",
        "embedding.embeddings.",
        "retrieval.documents.",
        "reranker.output_documents.",
        "input.value",
    ),
)
