from ledger.domain.usage import Usage
from tests.ingest.conventions.sending import understood

CALL = {
    "gen_ai.operation.name": "generate_content",
    "gen_ai.system": "gcp.vertex.agent",
    "gen_ai.request.model": "openai/gpt-4o",
    "gen_ai.agent.name": "weather_agent",
    "gcp.vertex.agent.session_id": "s-4",
    "gcp.vertex.agent.invocation_id": "e-1",
    "gen_ai.usage.input_tokens": 1210,
    "gen_ai.usage.output_tokens": 81,
    "gen_ai.usage.cache_read.input_tokens": 1024,
}


def test_the_kit_is_no_provider_and_the_model_s_first_part_is() -> None:
    span = understood(CALL)

    assert (span.provider, span.model, span.kind) == ("openai", "gpt-4o", "generation")
    assert span.usage == Usage(186, 1024, None, None, 81, None)


def test_its_session_and_agent_are_read() -> None:
    span = understood(CALL)

    assert (span.session_id, span.agent) == ("s-4", "weather_agent")


def test_what_a_tool_was_given_and_gave_is_read_and_empty_records_are_none() -> None:
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "get_weather"}
    told = {"gcp.vertex.agent.tool_call_args": '{"city":"Paris"}', "gcp.vertex.agent.tool_response": '{"t":21}'}

    span, hidden = understood(tool | told), understood(tool | {"gcp.vertex.agent.tool_call_args": "{}"})

    assert (span.input, span.output, span.tool) == ('{"city":"Paris"}', '{"t":21}', "get_weather")
    assert hidden.input == ""


def test_a_workflow_around_agents_is_a_workflow() -> None:
    span = understood({"gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": "weather_agent"})

    assert (span.kind, span.route) == ("workflow", "weather_agent")
