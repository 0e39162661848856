"""Which word is believed first, field by field: each case holds all the words, and loses its first one by one."""

from itertools import pairwise
from typing import Any

import pytest

from ingest.conventions.sent import SERVER, Origin
from ledger.domain.span import Event
from tests.ingest.conventions.sending import START, understood

type Words = list[tuple[str, Any, object]]
"""Attribute, value, what it is read as; the most believed first."""

KINDS: Words = [
    ("langfuse.observation.type", "guardrail", "guardrail"),
    ("openinference.span.kind", "RERANKER", "rerank"),
    ("ai.operationId", "ai.embed.doEmbed", "embedding"),
    ("gen_ai.operation.name", "chat", "generation"),
    ("traceloop.span.kind", "workflow", "workflow"),
    ("lmnr.span.type", "EVALUATOR", "evaluator"),
    ("mlflow.spanType", '"RETRIEVER"', "retrieval"),
    ("gen_ai.tool.name", "get_weather", "tool"),
]
PROVIDERS: Words = [
    ("gen_ai.provider.name", "cohere", "cohere"),
    ("gen_ai.system", "mistral_ai", "mistral"),
    ("llm.provider", "azure", "azure"),
    ("llm.system", "deepseek", "deepseek"),
    ("ai.model.provider", "groq.chat", "groq"),
    ("langsmith.metadata.ls_provider", "google_genai", "google"),
    ("server.address", "api.anthropic.com", "anthropic"),
]
REQUEST_MODELS: Words = [
    ("gen_ai.request.model", "a", "a"),
    ("llm.request.model_name", "b", "b"),
    ("llm.invocation_parameters", '{"model":"d"}', "d"),
    ("ai.model.id", "c", "c"),
    ("model", '"e"', "e"),
    ("langfuse.observation.model.name", "f", "f"),
]
MODELS: Words = [
    ("gen_ai.response.model", "a", "a"),
    ("llm.response.model_name", "b", "b"),
    ("ai.response.model", "c", "c"),
    ("mlflow.llm.model", '"d"', "d"),
    ("langfuse.observation.model.name", "e", "e"),
]
RESPONSE_IDS: Words = [
    ("gen_ai.response.id", "a", "a"),
    ("ai.response.id", "b", "b"),
    ("output.value", '{"id":"c","choices":[]}', "c"),
]
INPUT_TOKENS: Words = [
    ("gen_ai.usage.input_tokens", 1, 1),
    ("gen_ai.usage.prompt_tokens", 2, 2),
    ("llm.token_count.prompt", 3, 3),
    ("ai.usage.inputTokens", 4, 4),
    ("ai.usage.promptTokens", 5, 5),
    ("langfuse.observation.usage_details", '{"input":6}', 6),
    ("mlflow.chat.tokenUsage", '{"input_tokens":7}', 7),
]
OUTPUT_TOKENS: Words = [
    ("gen_ai.usage.output_tokens", 1, 1),
    ("gen_ai.usage.completion_tokens", 2, 2),
    ("llm.token_count.completion", 3, 3),
    ("ai.usage.outputTokens", 4, 4),
    ("ai.usage.completionTokens", 5, 5),
    ("langfuse.observation.usage_details", '{"output":6}', 6),
]
CACHE_READ: Words = [
    ("gen_ai.usage.cache_read.input_tokens", 1, 1),
    ("gen_ai.usage.cache_read_input_tokens", 2, 2),
    ("gen_ai.usage.cached_tokens", 3, 3),
    ("gen_ai.usage.cache_read_tokens", 4, 4),
    ("gen_ai.usage.details.cache_read_tokens", 5, 5),
    ("llm.token_count.prompt_details.cache_read", 6, 6),
    ("ai.usage.cachedInputTokens", 7, 7),
    ("ai.usage.inputTokenDetails.cacheReadTokens", 8, 8),
    ("langfuse.observation.usage_details", '{"prompt_tokens":99,"prompt_tokens_details":{"cached_tokens":9}}', 9),
    ("gen_ai.usage.input_token_details", "{'cache_read': 10}", 10),
]
CACHE_WRITE: Words = [
    ("gen_ai.usage.cache_write.input_tokens", 1, 1),
    ("gen_ai.usage.cache_creation.input_tokens", 2, 2),
    ("gen_ai.usage.cache_creation_input_tokens", 3, 3),
    ("llm.token_count.prompt_details.cache_write", 4, 4),
    ("ai.response.providerMetadata", '{"anthropic":{"cacheCreationInputTokens":5}}', 5),
]
REASONING: Words = [
    ("gen_ai.usage.reasoning.output_tokens", 1, 1),
    ("gen_ai.usage.reasoning_tokens", 2, 2),
    ("gen_ai.usage.details.reasoning_tokens", 5, 5),
    ("llm.token_count.completion_details.reasoning", 3, 3),
    ("ai.usage.reasoningTokens", 4, 4),
]
INPUT_AUDIO: Words = [
    ("gen_ai.usage.audio.input_tokens", 1, 1),
    ("gen_ai.usage.input_audio_tokens", 2, 2),
    ("gen_ai.usage.audio_input_tokens", 3, 3),
    ("gen_ai.usage.prompt_tokens_details.audio", 4, 4),
    ("gen_ai.usage.details.input_audio_tokens", 5, 5),
    ("gen_ai.usage.details.audio_prompt_tokens", 6, 6),
    ("llm.token_count.prompt_details.audio", 7, 7),
    ("langfuse.observation.usage_details", '{"input":1,"input_audio":8}', 8),
    ("gen_ai.usage.input_token_details", "{'audio': 9}", 9),
]
OUTPUT_AUDIO: Words = [
    ("gen_ai.usage.audio.output_tokens", 1, 1),
    ("gen_ai.usage.output_audio_tokens", 2, 2),
    ("gen_ai.usage.audio_output_tokens", 3, 3),
    ("gen_ai.usage.completion_tokens_details.audio", 4, 4),
    ("gen_ai.usage.details.output_audio_tokens", 5, 5),
    ("gen_ai.usage.details.audio_candidates_tokens", 6, 6),
    ("llm.token_count.completion_details.audio", 7, 7),
    ("langfuse.observation.usage_details", '{"output":1,"output_audio":8}', 8),
    ("gen_ai.usage.output_token_details", "{'audio': 9}", 9),
]
INPUT_IMAGE: Words = [
    ("gen_ai.usage.image.input_tokens", 1, 1),
    ("gen_ai.usage.input_image_tokens", 2, 2),
    ("gen_ai.usage.image_input_tokens", 3, 3),
    ("gen_ai.usage.details.image_prompt_tokens", 4, 4),
]
OUTPUT_IMAGE: Words = [
    ("gen_ai.usage.image.output_tokens", 1, 1),
    ("gen_ai.usage.output_image_tokens", 2, 2),
    ("gen_ai.usage.image_output_tokens", 3, 3),
    ("gen_ai.usage.details.image_candidates_tokens", 4, 4),
]
COSTS: Words = [
    ("langfuse.observation.cost_details", '{"total":1}', "1.0000000000"),
    ("llm.cost.total", 2, "2.0000000000"),
    ("gen_ai.cost.total_cost", "3", "3.0000000000"),
    ("operation.cost", 4.0, "4.0000000000"),
    ("gen_ai.usage.cost", 5, "5.0000000000"),
]
TTFT: Words = [
    ("gen_ai.response.time_to_first_chunk", 1, 1_000_000),
    ("ai.response.msToFirstChunk", 2, 2_000),
    ("langfuse.observation.completion_start_time", '"1970-01-01T00:00:01.000003Z"', 3),
    ("gen_ai.latency.time_to_first_token", 0.000004, 4),
]
TOOLS: Words = [
    ("gen_ai.tool.name", "a", "a"),
    ("tool.name", "b", "b"),
    ("ai.toolCall.name", "c", "c"),
    ("traceloop.entity.name", "d", "d"),
]
SESSIONS: Words = [
    ("session.id", "a", "a"),
    ("langfuse.session.id", "b", "b"),
    ("gen_ai.conversation.id", "c", "c"),
    ("traceloop.association.properties.session_id", "d", "d"),
    ("lmnr.association.properties.session_id", "e", "e"),
    ("ai.telemetry.metadata.sessionId", "f", "f"),
    ("langsmith.metadata.session_id", "g", "g"),
    ("metadata.session_id", "h", "h"),
    ("metadata", '{"session_id":"i"}', "i"),
    ("mlflow.trace.session", '"j"', "j"),
]
USERS: Words = [
    ("user.id", "a", "a"),
    ("enduser.id", "b", "b"),
    ("langfuse.user.id", "c", "c"),
    ("traceloop.association.properties.user_id", "d", "d"),
    ("lmnr.association.properties.user_id", "e", "e"),
    ("ai.telemetry.metadata.userId", "f", "f"),
    ("llm.user", "g", "g"),
    ("gen_ai.request.user", "h", "h"),
    ("metadata.user_id", "i", "i"),
]
ROUTES: Words = [
    ("spanledger.route", "a", "a"),
    ("app.route", "b", "b"),
    ("route", "c", "c"),
    ("metadata.route", "d", "d"),
    ("http.route", "e", "e"),
    ("ai.telemetry.functionId", "f", "f"),
    ("gen_ai.workflow.name", "g", "g"),
    ("traceloop.workflow.name", "h", "h"),
]
PROMPTS: Words = [
    ("gen_ai.prompt.name", "a", "a"),
    ("llm.prompt_template.version", "d", "d"),
    ("langfuse.observation.prompt.name", "b", "b"),
    ("traceloop.prompt.key", "c", "c"),
]
FINISH: Words = [
    ("gen_ai.response.finish_reasons", ["a"], ("a",)),
    ("anthropic.message.stop_reason", "d", ("d",)),
    ("llm.finish_reason", "b", ("b",)),
    ("ai.response.finishReason", "c", ("c",)),
    ("gen_ai.output.messages", '[{"role":"assistant","parts":[],"finish_reason":"e"}]', ("e",)),
]
TIERS: Words = [
    ("gen_ai.openai.response.service_tier", "a", "a"),
    ("openai.response.service_tier", "b", "b"),
    ("gen_ai.response.service_tier", "c", "c"),
    ("gen_ai.openai.request.service_tier", "d", "d"),
    ("openai.request.service_tier", "e", "e"),
    ("anthropic.response.service_tier", "f", "f"),
]
ENVIRONMENTS: Words = [
    ("spanledger.environment", "a", "a"),
    ("langfuse.environment", "c", "c"),
    ("gen_ai.environment", "d", "d"),
    ("deployment.environment.name", "b", "b"),
]


def steps(words: Words) -> list[tuple[dict[str, Any], object]]:
    """All the words, then all but the first, and so on."""
    return [({key: value for key, value, _ in words[at:]}, words[at][2]) for at in range(len(words))]


@pytest.mark.parametrize(("attributes", "kind"), steps(KINDS))
def test_kind(attributes: dict[str, Any], kind: str) -> None:
    assert understood(attributes).kind == kind


def test_langsmith_s_kind_goes_before_the_operation_that_it_made_up() -> None:
    assert understood({"langsmith.span.kind": "retriever", "gen_ai.operation.name": "embeddings"}).kind == "retrieval"


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("provider", PROVIDERS),
        ("model", MODELS),
        ("reported_cost", COSTS),
        ("session_id", SESSIONS),
        ("user_id", USERS),
        ("prompt", PROMPTS),
        ("finish_reasons", FINISH),
        ("tier", TIERS),
        ("environment", ENVIRONMENTS),
    ],
)
def test_fields_of_any_span(field: str, words: Words) -> None:
    for attributes, expected in steps(words):
        assert getattr(understood({"spanledger.kind": "generation"} | attributes), field) == expected, attributes


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("input", INPUT_TOKENS),
        ("output", OUTPUT_TOKENS),
        ("cache_read", CACHE_READ),
        ("cache_write", CACHE_WRITE),
        ("reasoning", REASONING),
        ("input_audio", INPUT_AUDIO),
        ("output_audio", OUTPUT_AUDIO),
        ("input_image", INPUT_IMAGE),
        ("output_image", OUTPUT_IMAGE),
    ],
)
def test_tokens(field: str, words: Words) -> None:
    for attributes, expected in steps(words):
        assert getattr(understood(attributes).usage, field) == expected, attributes


def test_request_model() -> None:
    for attributes, expected in steps(REQUEST_MODELS):
        assert understood({"mlflow.spanType": '"LLM"'} | attributes).request_model == expected


def test_response_id() -> None:
    for attributes, expected in steps(RESPONSE_IDS):
        assert understood({"openinference.span.kind": "LLM"} | attributes).response_id == expected


def test_time_to_first_token() -> None:
    for attributes, expected in steps(TTFT):
        assert understood({"langfuse.observation.type": "generation"} | attributes).ttft == expected


def test_tool() -> None:
    for attributes, expected in steps(TOOLS):
        assert understood({"traceloop.span.kind": "tool"} | attributes).tool == expected


def test_route() -> None:
    for attributes, expected in steps(ROUTES):
        assert understood(attributes, kind=SERVER).route == expected


def test_messages() -> None:
    ours = '[{"role":"user","parts":[{"type":"text","content":"%s"}]}]'
    words: Words = [
        ("gen_ai.input.messages", ours % "a", "a"),
        ("langfuse.observation.input", '[{"role":"user","content":"b"}]', "b"),
        ("llm.input_messages.0.message.content", "c", "c"),
        ("gen_ai.prompt.0.content", "d", "d"),
        ("ai.prompt.messages", '[{"role":"user","content":"e"}]', "e"),
        ("pydantic_ai.all_messages", ours % "f", "f"),
        ("gen_ai.prompt", '{"messages":[{"role":"user","content":"g"}]}', "g"),
    ]
    kinds = {"langfuse.observation.type": "generation", "openinference.span.kind": "LLM", "langsmith.span.kind": "llm"}

    for attributes, expected in steps(words):
        assert f'"{expected}"' in understood(kinds | attributes).input


def test_the_error_s_own_word_goes_before_the_exception_s_and_the_status() -> None:
    exception = Event(START, "exception", {"exception.type": "ValueError", "exception.message": "told by the event"})
    both = understood({"error.type": "RateLimitError"}, status_code=2, status_message="status", events=(exception,))
    event = understood({}, status_code=2, status_message="status", events=(exception,))
    status = understood({}, status_code=2, status_message="status")

    assert [(span.error_type, span.error_message) for span in (both, event, status)] == [
        ("RateLimitError", "told by the event"),
        ("ValueError", "told by the event"),
        ("", "status"),
    ]


def test_a_region_is_the_span_s_else_the_process_s() -> None:
    origin = Origin({"cloud.region": "eu-west-1"})

    assert understood({"cloud.region": "us-east-1"}, origin=origin).region == "us-east-1"
    assert understood({"gen_ai.operation.name": "chat"}, origin=origin).region == "eu-west-1"


def test_a_stated_sampling_becomes_a_weight_our_own_word_first() -> None:
    ours = understood({"spanledger.sampling.rate": 0.1}, trace_state="ot=th:8")

    assert (ours.weight, understood({}, trace_state="ot=th:8").weight, understood({}).weight) == (10.0, 2.0, 1.0)


def test_no_two_words_of_a_case_read_the_same() -> None:
    """Else a wrong order would not be seen."""
    cases = (
        PROVIDERS,
        REQUEST_MODELS,
        MODELS,
        INPUT_TOKENS,
        CACHE_READ,
        CACHE_WRITE,
        REASONING,
        COSTS,
        SESSIONS,
        USERS,
    )

    assert all(one[2] != two[2] for case in cases for one, two in pairwise(case))
