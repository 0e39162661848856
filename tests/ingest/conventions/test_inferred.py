from typing import Any

import pytest

from ledger.domain.span import Event
from tests.ingest.conventions.sending import START, understood

CALL = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({"gen_ai.tool.name": "get_weather"}, "tool"),
        ({"gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 5}, "generation"),
        ({"gen_ai.response.model": "gpt-4o", "gen_ai.usage.prompt_tokens": 5}, "generation"),
        ({"gen_ai.request.model": "gpt-4o"}, "span"),
        (
            {"gen_ai.operation.name": "responses", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 5},
            "generation",
        ),
        ({"gen_ai.operation.name": "agent_step", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 5}, "span"),
        (
            {"gen_ai.operation.name": "fetch_response", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 5},
            "span",
        ),
    ],
)
def test_a_kind_that_nobody_names_follows_from_what_is_there(attributes: dict[str, Any], kind: str) -> None:
    assert understood(attributes).kind == kind


@pytest.mark.parametrize(
    ("attributes", "provider"),
    [
        ({"server.address": "api.anthropic.com"}, "anthropic"),
        ({"gen_ai.openai.api_base": "https://api.groq.com/openai/v1"}, "groq"),
        ({"gen_ai.provider.name": "openai", "server.address": "openrouter.ai"}, "openrouter"),
        ({"gen_ai.provider.name": "openai", "server.address": "127.0.0.1"}, "openai"),
        ({"gen_ai.provider.name": "mistral", "server.address": "api.openai.com"}, "mistral"),
        ({"gen_ai.system": "langchain", "llm.provider": "google"}, "google"),
    ],
)
def test_a_host_names_the_provider_where_nobody_does_or_where_many_speak_its_language(
    attributes: dict[str, Any], provider: str
) -> None:
    assert understood({"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"} | attributes).provider == provider


@pytest.mark.parametrize(
    "name", ["First Token Stream Event", "gen_ai.content.completion.chunk", "ai.stream.firstChunk"]
)
def test_the_first_chunk_s_event_tells_the_first_token(name: str) -> None:
    events = tuple(Event(START + at, name, {}) for at in (900, 400))

    assert understood(CALL, events=events).ttft == 400


def test_a_figure_that_was_sent_wins_over_an_event_and_an_event_over_a_server_s() -> None:
    events = (Event(START + 400, "gen_ai.content.completion.chunk", {}),)
    server = {"gen_ai.server.time_to_first_token": 2.0, "gen_ai.request.stream": True}

    assert understood(CALL | {"gen_ai.response.time_to_first_chunk": 0.25}, events=events).ttft == 250_000
    assert understood(CALL | server, events=events).ttft == 400


def test_an_answer_s_messages_tell_why_it_ended() -> None:
    span = understood(CALL | {"gen_ai.output.messages": '[{"role":"assistant","parts":[],"finish_reason":"length"}]'})

    assert (span.finish_reasons, span.failure_kind) == (("length",), "truncated")


def test_a_feature_flag_names_the_variant() -> None:
    newer = Event(START, "feature_flag.evaluation", {"feature_flag.key": "k", "feature_flag.result.variant": "b"})
    older = Event(START, "feature_flag", {"feature_flag.variant": "a"})

    assert understood(CALL, events=(newer,)).variant == "b"
    assert understood(CALL, events=(older,)).variant == "a"
    assert understood(CALL | {"feature_flag.result.variant": "c"}, events=(older,)).variant == "c"


def test_an_agent_without_a_name_has_its_span_s() -> None:
    assert understood({"gen_ai.operation.name": "invoke_agent"}, name="invoke_agent weather").agent == "weather"
    assert understood({"traceloop.span.kind": "agent"}, name="weather agent").agent == "weather agent"
