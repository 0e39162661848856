from ingest.conventions.sent import CLIENT, Origin
from ledger.domain.usage import Usage
from tests.ingest.conventions.sending import understood

NATIVE = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "anthropic",
    "gen_ai.request.model": "claude-sonnet-4-5",
    "gen_ai.usage.input_tokens": 1510,
    "gen_ai.usage.output_tokens": 91,
    "gen_ai.usage.cache_read.input_tokens": 1000,
    "anthropic.usage.cache_creation.ephemeral_5m_input_tokens": 200,
    "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": 100,
    "anthropic.message.stop_reason": "max_tokens",
    "anthropic.response.service_tier": "priority",
    "http.route": "/v1/messages",
}
ORIGIN = Origin({}, "com.anthropic.sdk.python")


def test_what_was_written_to_the_cache_is_told_by_how_long_it_is_kept() -> None:
    span = understood(NATIVE, kind=CLIENT, origin=ORIGIN)

    assert span.usage == Usage(210, 1000, 300, 100, 91, None)


def test_a_total_that_is_told_wins_over_the_sum_of_its_parts() -> None:
    span = understood(NATIVE | {"gen_ai.usage.cache_write.input_tokens": 310}, kind=CLIENT, origin=ORIGIN)

    assert (span.usage.input, span.usage.cache_write) == (200, 310)


def test_stop_reason_and_tier_are_read_and_the_called_path_is_no_route() -> None:
    span = understood(NATIVE, kind=CLIENT, origin=ORIGIN)

    assert (span.finish_reasons, span.failure_kind, span.tier) == (("max_tokens",), "truncated", "priority")
    assert span.route == ""
