"""Vercel's AI SDK: wrappers that repeat their calls' tokens, calls below them, tools beside them."""

from collections.abc import Mapping

from ingest.conventions.convention import Convention, labels, pairs
from ingest.conventions.messages import Message, message, of_chat, text_part, tool_call
from ingest.conventions.sent import Sent
from ingest.conventions.tokens import Tokens
from ingest.conventions.values import (
    as_content,
    as_count,
    as_json,
    as_list,
    as_object,
    as_text,
    as_texts,
    count,
    milliseconds,
    text,
)
from ledger.domain.span import Kind

METADATA = "ai.telemetry.metadata."
FIELDS = ("userId", "sessionId", "tags")

operation = text("ai.operationId")


def kind(sent: Sent) -> Kind | None:
    """`.doGenerate` and `.doStream` are the calls; what is around them is a workflow."""
    said = operation(sent) or ""
    if said.endswith((".doGenerate", ".doStream")):
        return "generation"
    if said.endswith(".doEmbed"):
        return "embedding"
    if said == "ai.toolCall":
        return "tool"
    return "workflow" if said.startswith("ai.") else None


def tokens(sent: Sent) -> Tokens:
    return Tokens(
        input=count("ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens")(sent),
        output=count("ai.usage.outputTokens", "ai.usage.completionTokens")(sent),
        cache_read=count("ai.usage.cachedInputTokens", "ai.usage.inputTokenDetails.cacheReadTokens")(sent),
        cache_write=written(sent),
        reasoning=count("ai.usage.reasoningTokens", "ai.usage.outputTokenDetails.reasoningTokens")(sent),
        total=count("ai.usage.totalTokens")(sent),
    )


def written(sent: Sent) -> int | None:
    """What went into the cache: older versions tell it among what the provider alone knows."""
    told = count("ai.usage.inputTokenDetails.cacheWriteTokens")(sent)
    about = as_object(sent.attributes.get("ai.response.providerMetadata")) if told is None else {}
    return told if told is not None else as_count(as_object(about.get("anthropic")).get("cacheCreationInputTokens"))


def tags(sent: Sent) -> Mapping[str, str] | None:
    own = {key.removeprefix(METADATA): value for key, value in sent.attributes.items() if key.startswith(METADATA)}
    return labels(as_texts(own.get("tags"))) | pairs(own, leave=FIELDS) or None


def finish_reasons(sent: Sent) -> tuple[str, ...] | None:
    return as_texts(sent.attributes.get("ai.response.finishReason")) or None


def input_text(sent: Sent) -> str | None:
    said = of_chat(sent.attributes.get("ai.prompt.messages"))
    if said:
        return as_json(said)
    values = sent.attributes.get("ai.values") or sent.attributes.get("ai.value")
    return as_content(values or sent.attributes.get("ai.toolCall.args") or sent.attributes.get("ai.prompt")) or None


def output_text(sent: Sent) -> str | None:
    said = answer(sent)
    if said["parts"]:
        return as_json([said])
    return text("ai.toolCall.result")(sent)


def answer(sent: Sent) -> Message:
    held = sent.attributes
    spoken = [text_part(said) for key in ("ai.response.text", "ai.response.object") if (said := held.get(key))]
    calls = [
        tool_call(call.get("toolCallId"), call.get("toolName"), call.get("input", call.get("args")))
        for call in as_list(held.get("ai.response.toolCalls"))
        if isinstance(call, dict)
    ]
    return message("assistant", spoken + calls, as_text(held.get("ai.response.finishReason")))


VERCEL = Convention(
    name="vercel",
    keys=("ai.",),
    kind=kind,
    operation=operation,
    provider=text("ai.model.provider"),
    request_model=text("ai.model.id"),
    model=text("ai.response.model"),
    response_id=text("ai.response.id"),
    finish_reasons=finish_reasons,
    tokens=tokens,
    ttft=milliseconds("ai.response.msToFirstChunk", "ai.stream.msToFirstChunk"),
    route=text("ai.telemetry.functionId"),
    session_id=text(f"{METADATA}sessionId"),
    user_id=text(f"{METADATA}userId"),
    tool=text("ai.toolCall.name"),
    tags=tags,
    input=input_text,
    output=output_text,
    content=(
        "ai.prompt",
        "ai.prompt.messages",
        "ai.response.text",
        "ai.response.object",
        "ai.response.toolCalls",
        "ai.toolCall.args",
        "ai.toolCall.result",
        "ai.values",
        "ai.value",
        "ai.embedding",
        "ai.embeddings",
    ),
)
