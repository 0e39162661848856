"""OpenTelemetry's semantic conventions for generative AI: the oldest names, those of 1.37 and those since."""

from ingest.conventions.convention import Convention, kind_of
from ingest.conventions.messages import Message, message, of_chat
from ingest.conventions.sent import Sent
from ingest.conventions.tokens import Tokens
from ingest.conventions.values import (
    Read,
    as_content,
    as_json,
    as_list,
    as_texts,
    count,
    first_of,
    seconds,
    text,
)
from ledger.domain.span import Kind

OPERATIONS: dict[str, Kind] = {
    "chat": "generation",
    "generate_content": "generation",
    "text_completion": "generation",
    "completion": "generation",
    "embeddings": "embedding",
    "embedding": "embedding",
    "retrieval": "retrieval",
    "rerank": "rerank",
    "execute_tool": "tool",
    "create_agent": "agent",
    "invoke_agent": "agent",
    "invoke_workflow": "workflow",
    "plan": "workflow",
    "fetch_response": "span",
    "create_memory": "memory",
    "search_memory": "memory",
    "update_memory": "memory",
    "upsert_memory": "memory",
    "delete_memory": "memory",
    "create_memory_store": "memory",
    "delete_memory_store": "memory",
}

input_tokens = count("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")
output_tokens = count("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")
cache_read = count(
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.cached_tokens",
    "gen_ai.usage.cache_read_tokens",
    "gen_ai.usage.details.cache_read_tokens",
)
cache_write = count(
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.cache_write_tokens",
    "gen_ai.usage.details.cache_write_tokens",
)
reasoning = count(
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
    "gen_ai.usage.details.reasoning_tokens",
)
input_audio = count(
    "gen_ai.usage.audio.input_tokens",
    "gen_ai.usage.input_audio_tokens",
    "gen_ai.usage.audio_input_tokens",
    "gen_ai.usage.prompt_tokens_details.audio",
    "gen_ai.usage.details.input_audio_tokens",
    "gen_ai.usage.details.audio_prompt_tokens",
)
output_audio = count(
    "gen_ai.usage.audio.output_tokens",
    "gen_ai.usage.output_audio_tokens",
    "gen_ai.usage.audio_output_tokens",
    "gen_ai.usage.completion_tokens_details.audio",
    "gen_ai.usage.details.output_audio_tokens",
    "gen_ai.usage.details.audio_candidates_tokens",
)
input_image = count(
    "gen_ai.usage.image.input_tokens",
    "gen_ai.usage.input_image_tokens",
    "gen_ai.usage.image_input_tokens",
    "gen_ai.usage.details.image_prompt_tokens",
)
output_image = count(
    "gen_ai.usage.image.output_tokens",
    "gen_ai.usage.output_image_tokens",
    "gen_ai.usage.image_output_tokens",
    "gen_ai.usage.details.image_candidates_tokens",
)
total = count("gen_ai.usage.total_tokens", "llm.usage.total_tokens")


def tokens(sent: Sent) -> Tokens:
    return Tokens(
        input=input_tokens(sent),
        output=output_tokens(sent),
        cache_read=cache_read(sent),
        cache_write=cache_write(sent),
        reasoning=reasoning(sent),
        input_audio=input_audio(sent),
        output_audio=output_audio(sent),
        input_image=input_image(sent),
        output_image=output_image(sent),
        total=total(sent),
    )


def response_id(sent: Sent) -> str | None:
    """The provider's id; LiteLLM writes its own call's id here where there is none."""
    said = text("gen_ai.response.id")(sent)
    return said if said != sent.attributes.get("litellm.call_id") else None


def finish_reasons(sent: Sent) -> tuple[str, ...] | None:
    return as_texts(sent.attributes.get("gen_ai.response.finish_reasons")) or None


def input_messages(sent: Sent) -> str | None:
    held = sent.attributes
    system = as_list(held.get("gen_ai.system_instructions"))
    said: list[Message] = [message("system", [part for part in system if isinstance(part, dict)])] if system else []
    said += of_chat(held.get("gen_ai.input.messages"))
    return as_json(said) if said else text("gen_ai.input.messages")(sent)


def output_messages(sent: Sent) -> str | None:
    said = of_chat(sent.attributes.get("gen_ai.output.messages"))
    return as_json(said) if said else text("gen_ai.output.messages")(sent)


def content(*keys: str) -> Read[str]:
    """The first of these attributes that holds anything, as text."""

    def read(sent: Sent) -> str | None:
        return next((found for key in keys if (found := as_content(sent.attributes.get(key)))), None)

    return read


OPENTELEMETRY = Convention(
    name="opentelemetry",
    keys=("gen_ai.", "openai."),
    kind=kind_of(OPERATIONS, text("gen_ai.operation.name")),
    operation=text("gen_ai.operation.name"),
    provider=text("gen_ai.provider.name", "gen_ai.system"),
    request_model=text("gen_ai.request.model"),
    model=text("gen_ai.response.model"),
    response_id=response_id,
    finish_reasons=finish_reasons,
    tokens=tokens,
    ttft=seconds("gen_ai.response.time_to_first_chunk"),
    route=text("gen_ai.workflow.name"),
    session_id=text("gen_ai.conversation.id"),
    user_id=text("gen_ai.request.user", "gen_ai.user"),
    prompt=text("gen_ai.prompt.name"),
    agent=text("gen_ai.agent.name", "gen_ai.workflow.name"),
    tool=text("gen_ai.tool.name"),
    tier=text(
        "gen_ai.openai.response.service_tier",
        "openai.response.service_tier",
        "gen_ai.response.service_tier",
        "gen_ai.openai.request.service_tier",
        "openai.request.service_tier",
        "gen_ai.request.service_tier",
    ),
    input=first_of(input_messages, content("gen_ai.tool.call.arguments", "gen_ai.retrieval.query.text")),
    output=first_of(output_messages, content("gen_ai.tool.call.result", "gen_ai.retrieval.documents")),
    content=(
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.system_instructions",
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.call.result",
        "gen_ai.retrieval.query.text",
        "gen_ai.retrieval.documents",
    ),
)
