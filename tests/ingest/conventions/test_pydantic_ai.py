import orjson

from ingest.conventions.sent import Origin
from ledger.domain.usage import Usage
from tests.ingest.conventions.sending import understood

RUN = {
    "gen_ai.operation.name": "invoke_agent",
    "gen_ai.aggregated_usage.input_tokens": 2430,
    "gen_ai.aggregated_usage.output_tokens": 163,
    "gen_ai.aggregated_usage.cache_read.input_tokens": 2048,
    "agent_name": "weather_agent",
    "model_name": "gpt-4o",
    "final_result": "It is 21C in Paris.",
    "pydantic_ai.all_messages": '[{"role":"user","parts":[{"type":"text","content":"Hot?"}]}]',
}


def test_the_sum_of_a_run_stands_on_its_agent_which_is_no_call() -> None:
    span = understood(RUN)

    assert (span.kind, span.agent) == ("agent", "weather_agent")
    assert span.usage == Usage(382, 2048, None, None, 163, None)


def test_what_the_agent_was_told_and_said_is_read() -> None:
    span = understood(RUN)

    assert orjson.loads(span.input) == [{"role": "user", "parts": [{"type": "text", "content": "Hot?"}]}]
    assert span.output == "It is 21C in Paris."


def test_older_versions_put_plain_usage_on_an_agent_without_an_operation() -> None:
    old = {"agent_name": "weather_agent", "model_name": "gpt-4o", "gen_ai.usage.input_tokens": 2430}

    span = understood(old, name="agent run", origin=Origin({}, "pydantic-ai"))

    assert (span.kind, span.usage.input) == ("agent", 2430)


def test_its_cost_per_call_is_kept() -> None:
    call = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "operation.cost": 0.002555}

    assert understood(call).reported_cost == "0.0025550000"
