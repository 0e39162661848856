"""The frameworks that OpenInference instruments: CrewAI, smolagents, LlamaIndex, LangChain, Anthropic."""

import orjson
import pytest

from ingest.conventions.sent import Origin
from ledger.domain.usage import Usage
from tests.ingest.conventions.sending import understood


def test_crewai_s_tool_parameters_are_a_schema_and_not_what_it_was_given() -> None:
    span = understood(
        {
            "openinference.span.kind": "TOOL",
            "tool.name": "get_weather",
            "tool.parameters": '{"properties":{"city":{"type":"string"}}}',
            "input.value": '{"city":"Paris"}',
            "output.value": "21C",
        }
    )

    assert (span.kind, span.tool, span.input, span.output) == ("tool", "get_weather", '{"city":"Paris"}', "21C")


def test_crewai_s_crew_and_agents_hold_no_calls_of_their_own() -> None:
    crew = understood({"openinference.span.kind": "CHAIN", "output.value": "Mild."}, name="Crew.kickoff")
    agent = understood({"openinference.span.kind": "AGENT", "graph.node.name": "researcher"})

    assert (crew.kind, crew.usage) == ("workflow", Usage())
    assert (agent.kind, agent.agent) == ("agent", "researcher")


def test_smolagents_steps_are_workflows_and_its_calls_tell_no_cache() -> None:
    step = understood({"openinference.span.kind": "CHAIN"}, name="Step 1", parent_id="3" * 16)
    call = understood(
        {
            "openinference.span.kind": "LLM",
            "llm.model_name": "gpt-4o",
            "llm.token_count.prompt": 1210,
            "llm.token_count.completion": 81,
        }
    )

    assert step.kind == "workflow"
    assert call.usage == Usage(1210, None, None, None, 81, None)


def test_llamaindex_s_documents_are_what_a_retrieval_found() -> None:
    document = "retrieval.documents.0.document."
    span = understood(
        {
            "openinference.span.kind": "RETRIEVER",
            "input.value": "Hot?",
            f"{document}id": "d-1",
            f"{document}content": "Paris is 21C today.",
            f"{document}score": 1.0,
        }
    )

    assert (span.kind, span.input) == ("retrieval", "Hot?")
    assert orjson.loads(span.output) == [{"id": "d-1", "content": "Paris is 21C today.", "score": 1.0}]
    assert not [key for key in span.attributes if key.startswith("retrieval.documents.")]


@pytest.mark.parametrize(
    ("answer", "ident"),
    [
        ('{"id":"chatcmpl-7","choices":[]}', "chatcmpl-7"),
        ('{"responseId":"gem-7","candidates":[]}', "gem-7"),
        ('{"id":"msg_7","content":[],"usage":{}}', "msg_7"),
        ('{"generations":[[{"message":{"kwargs":{"response_metadata":{"id":"lc-7"}}}}]]}', "lc-7"),
        ('{"id":"order-7","status":"shipped"}', ""),
        ('{"id":"chatcmpl-7","choices":[', ""),
        ("Mild.", ""),
    ],
)
def test_the_response_id_is_in_the_recorded_answer_unless_a_model_wrote_it(answer: str, ident: str) -> None:
    assert understood({"openinference.span.kind": "LLM", "output.value": answer}).response_id == ident


def test_a_tool_s_answer_has_no_response_id() -> None:
    span = understood({"openinference.span.kind": "TOOL", "output.value": '{"id":"chatcmpl-7","choices":[]}'})

    assert span.response_id == ""


def test_sparse_lists_are_closed_up_and_long_ones_are_cut() -> None:
    far = {f"llm.input_messages.{at * 7}.message.content": "m" for at in range(12_000)}

    span = understood({"openinference.span.kind": "LLM"} | far)

    assert len(orjson.loads(span.input)) == 10_000


def test_a_service_tier_may_stand_among_the_parameters() -> None:
    span = understood({"openinference.span.kind": "LLM", "llm.invocation_parameters": '{"service_tier":"flex"}'})

    assert span.tier == "flex"


CACHED = {
    "openinference.span.kind": "LLM",
    "llm.provider": "anthropic",
    "llm.model_name": "claude-sonnet-4-5",
    "llm.token_count.prompt": 1510,
    "llm.token_count.completion": 91,
    "llm.token_count.prompt_details.cache_read": 1000,
    "llm.token_count.prompt_details.cache_write": 300,
}


@pytest.mark.parametrize(
    ("scope", "version", "input_tokens"),
    [
        ("openinference.instrumentation.anthropic", "3.1.0", 210),
        ("openinference.instrumentation.langchain", "0.1.54", 1510),
        ("openinference.instrumentation.langchain", "0.1.55", 210),
        ("openinference.instrumentation.langchain", "", 210),
        ("openinference.instrumentation.claude_agent_sdk", "0.1.11", 1510),
        ("openinference.instrumentation.claude_agent_sdk", "0.1.12", 210),
    ],
)
def test_whether_the_prompt_holds_the_cache_depends_on_instrumentor_and_version(
    scope: str, version: str, input_tokens: int
) -> None:
    assert understood(CACHED, origin=Origin({}, scope, version)).usage.input == input_tokens


def test_the_same_old_instrumentor_counts_other_providers_caches_in() -> None:
    span = understood(
        CACHED | {"llm.provider": "openai"}, origin=Origin({}, "openinference.instrumentation.langchain", "0.1.54")
    )

    assert span.usage.input == 210
