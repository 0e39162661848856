from ingest.conventions.sent import ERROR
from ledger.domain.usage import Usage
from tests.ingest.conventions.sending import understood

CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.system": "openai",
    "gen_ai.request.model": "openai/gpt-4o-mini",
    "litellm.call_id": "8182e1f6-3e1d-4760-b3e9-68ac2e54c7ec",
}


def test_the_cache_is_told_by_a_usage_that_python_printed() -> None:
    usage = "{'completion_tokens': 87, 'prompt_tokens': 1270, 'prompt_tokens_details': {'cached_tokens': 1024}}"

    span = understood(
        CALL | {"gen_ai.usage.input_tokens": 1270, "gen_ai.usage.output_tokens": 87, "metadata.usage_object": usage}
    )

    assert span.usage == Usage(246, 1024, None, None, 87, None)


def test_its_cost_is_kept_and_a_zero_is_unknown() -> None:
    assert understood(CALL | {"gen_ai.cost.total_cost": 0.0001659}).reported_cost == "0.0001659000"
    assert understood(CALL | {"gen_ai.cost.total_cost": "0.0"}).reported_cost is None


def test_the_raw_request_below_a_call_is_no_second_call() -> None:
    raw = understood(
        {
            "llm.openai.id": "chatcmpl-1",
            "llm.openai.model": "gpt-4o-mini",
            "llm.openai.usage": "{'completion_tokens': 87, 'prompt_tokens': 1270}",
        },
        name="raw_gen_ai_request",
        parent_id="3" * 16,
    )

    assert (raw.kind, raw.usage) == ("span", Usage())


def test_its_own_call_id_is_not_the_provider_s() -> None:
    span = understood(CALL | {"gen_ai.response.id": CALL["litellm.call_id"]})

    assert span.response_id == ""


def test_an_embedding_may_be_named_in_the_singular() -> None:
    span = understood(CALL | {"gen_ai.operation.name": "embedding", "gen_ai.usage.input_tokens": 24})

    assert (span.kind, span.usage.output) == ("embedding", 0)


def test_empty_texts_are_not_set() -> None:
    span = understood(
        CALL
        | {
            "metadata.user_api_key_end_user_id": "",
            "metadata.requester_metadata": "",
            "metadata.user_api_key_team_alias": "",
            "metadata.user_agent": "",
        }
    )

    assert (span.user_id, span.tags) == ("", {})


def test_what_the_caller_said_of_itself_becomes_user_and_tags() -> None:
    span = understood(
        CALL
        | {
            "metadata.user_api_key_end_user_id": "u-17",
            "metadata.requester_metadata": "{'plan': 'pro'}",
            "metadata.user_api_key_team_alias": "growth",
            "metadata.tags": "['beta']",
        }
    )

    assert span.user_id == "u-17"
    assert span.tags["plan"] == "pro"
    assert span.tags["team"] == "growth"


def test_an_error_s_code_tells_its_kind() -> None:
    span = understood(CALL | {"error.code": "429", "error.type": "SomeError"}, status_code=ERROR)

    assert (span.failure_kind, span.error_type) == ("rate_limit", "SomeError")


def test_the_provider_before_the_model_is_cut() -> None:
    span = understood(CALL)

    assert (span.provider, span.request_model) == ("openai", "gpt-4o-mini")
