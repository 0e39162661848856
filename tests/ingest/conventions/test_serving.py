"""vLLM and SGLang."""

from ingest.conventions.sent import SERVER, Origin
from ledger.domain.usage import Usage
from tests.ingest.conventions.sending import understood

REQUEST = {
    "gen_ai.response.model": "mistral-7b",
    "gen_ai.request.id": "chatcmpl-7",
    "gen_ai.usage.prompt_tokens": 1210,
    "gen_ai.usage.completion_tokens": 81,
    "gen_ai.latency.time_to_first_token": 0.25,
    "gen_ai.latency.time_in_queue": 0.01,
}


def test_vllm_s_request_is_the_call_that_its_client_reports_too() -> None:
    span = understood(REQUEST, kind=SERVER, origin=Origin({}, "vllm.llm_engine"))

    assert (span.kind, span.response_id, span.ttft) == ("generation", "chatcmpl-7", 250_000)
    assert span.usage == Usage(1210, None, None, None, 81, None)


def test_a_model_served_at_home_has_not_its_maker_s_price() -> None:
    span = understood(REQUEST, kind=SERVER, origin=Origin({}, "vllm.llm_engine"))

    assert (span.provider, span.model) == ("vllm", "mistral-7b")


def test_sglang_tells_what_came_from_its_cache() -> None:
    span = understood(REQUEST | {"gen_ai.usage.cached_tokens": 1024}, origin=Origin({}, "sglang.srt"))

    assert (span.provider, span.usage) == ("sglang", Usage(186, 1024, None, None, 81, None))


def test_steps_inside_a_request_are_no_calls() -> None:
    assert understood({"gen_ai.latency.e2e": 1.0}, origin=Origin({}, "vllm.llm_engine")).kind == "span"
