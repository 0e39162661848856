from ingest.conventions.sent import Origin
from ledger.domain.usage import Usage
from tests.ingest.conventions.sending import understood


def test_a_name_that_it_copies_onto_all_descendants_makes_no_agents_of_them() -> None:
    call = understood({"gen_ai.agent.name": "weather_agent", "gen_ai.operation.name": "chat"})
    task = understood({"gen_ai.agent.name": "weather_agent", "traceloop.span.kind": "task"})

    assert (call.kind, task.kind) == ("generation", "workflow")


def test_its_oldest_names_are_read() -> None:
    span = understood(
        {
            "gen_ai.system": "OpenAI",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.prompt_tokens": 100,
            "gen_ai.usage.completion_tokens": 7,
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": "Hot?",
        }
    )

    assert (span.kind, span.provider) == ("generation", "openai")
    assert span.usage == Usage(100, None, None, None, 7, None)
    assert "Hot?" in span.input


def test_its_bedrock_instrumentor_leaves_the_cache_out_of_the_input() -> None:
    call = {
        "gen_ai.operation.name": "chat",
        "gen_ai.system": "aws.bedrock",
        "gen_ai.request.model": "anthropic.claude-sonnet-4-5",
        "gen_ai.usage.input_tokens": 5000,
        "gen_ai.usage.output_tokens": 7,
        "gen_ai.usage.cache_read.input_tokens": 1000,
    }

    bedrock = understood(call, origin=Origin({}, "opentelemetry.instrumentation.bedrock", "0.62.0"))
    anthropic = understood(call, origin=Origin({}, "opentelemetry.instrumentation.anthropic", "0.62.0"))

    assert (bedrock.usage.input, anthropic.usage.input) == (5000, 4000)
