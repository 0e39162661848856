import orjson

from ledger.domain.usage import Usage
from tests.ingest.conventions.sending import understood

CALL = {
    "langsmith.span.kind": "llm",
    "gen_ai.operation.name": "chat",
    "gen_ai.system": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
}
COMPLETION = {
    "generations": [
        [
            {
                "text": "Mild.",
                "message": {
                    "lc": 1,
                    "kwargs": {"content": "Mild.", "type": "ai", "response_metadata": {"id": "chatcmpl-7"}},
                },
            }
        ]
    ],
    "llm_output": None,
}


def test_usage_details_are_printed_as_python_prints_them() -> None:
    span = understood(
        CALL
        | {
            "gen_ai.usage.input_tokens": 1210,
            "gen_ai.usage.output_tokens": 81,
            "gen_ai.usage.input_token_details": "{'audio': 0, 'cache_read': 1024}",
            "gen_ai.usage.output_token_details": "{'audio': 0, 'reasoning': 12}",
        }
    )

    assert span.usage == Usage(186, 1024, None, None, 81, 12, input_audio=0, output_audio=0)


def test_what_is_printed_is_never_run_and_never_long() -> None:
    for details in (
        "{'cache_read': __import__('os').getpid()}",
        "{" * 1000,
        "{'a': 1}" + " " * 2000,
        "{1: 2}",
        "{'x'}",
    ):
        span = understood(CALL | {"gen_ai.usage.input_tokens": 10, "gen_ai.usage.input_token_details": details})

        assert (span.usage.input, span.usage.cache_read) == (10, None)


def test_its_own_kind_wins_over_the_operation_that_it_derives_from_it() -> None:
    retriever = understood({"langsmith.span.kind": "retriever", "gen_ai.operation.name": "embeddings"})
    prompt = understood({"langsmith.span.kind": "prompt", "gen_ai.operation.name": "chat"})
    chain = understood({"langsmith.span.kind": "chain", "gen_ai.operation.name": "chain"})

    assert (retriever.kind, prompt.kind, chain.kind) == ("retrieval", "span", "workflow")


def test_secrets_and_the_environment_in_its_metadata_are_not_kept() -> None:
    private = {
        "langsmith.metadata.LANGSMITH_TRACING": "true",
        "langsmith.metadata.OPENAI_BASE_URL": "http://internal",
        "langsmith.metadata.db_password": "hunter2",
        "langsmith.metadata.api_key": "sk-1",
        "langsmith.metadata.auth_token": "t-1",
        "langsmith.request.headers": "{'Authorization': 'Bearer x'}",
    }

    span = understood(CALL | private | {"langsmith.metadata.plan": "pro", "langsmith.metadata.max_tokens": 9})

    assert not set(private) & set(span.attributes)
    assert span.tags == {"plan": "pro", "max_tokens": "9"}
    assert "withheld" in span.flags


def test_tags_are_a_comma_list_and_frameworks_housekeeping_is_no_tag() -> None:
    span = understood(CALL | {"langsmith.span.tags": "beta, eu", "langsmith.metadata.langgraph_step": 1})

    assert span.tags == {"beta": "true", "eu": "true"}


def test_who_it_was_for_is_in_the_metadata_and_the_session_name_is_the_project() -> None:
    span = understood(
        CALL
        | {
            "langsmith.trace.session_name": "default",
            "langsmith.metadata.thread_id": "s-4",
            "langsmith.metadata.user_id": "u-17",
        }
    )

    assert (span.session_id, span.user_id) == ("s-4", "u-17")


def test_the_provider_may_stand_in_the_metadata_and_langchain_is_none() -> None:
    span = understood(
        CALL
        | {"gen_ai.system": "langchain", "langsmith.metadata.ls_provider": "anthropic", "gen_ai.request.model": "m"}
    )

    assert span.provider == "anthropic"


def test_whole_json_of_what_was_asked_and_answered_becomes_messages_and_tells_the_id() -> None:
    asked = {"messages": [[{"lc": 1, "kwargs": {"content": "Hot?", "type": "human"}}]]}

    span = understood(
        CALL | {"gen_ai.prompt": orjson.dumps(asked).decode(), "gen_ai.completion": orjson.dumps(COMPLETION).decode()}
    )

    assert span.response_id == "chatcmpl-7"
    assert orjson.loads(span.input) == [{"role": "user", "parts": [{"type": "text", "content": "Hot?"}]}]
    assert orjson.loads(span.output) == [{"role": "assistant", "parts": [{"type": "text", "content": "Mild."}]}]


def test_a_chain_s_input_stays_as_it_was_recorded() -> None:
    span = understood({"langsmith.span.kind": "chain", "gen_ai.prompt": '{"question":"Hot?"}'})

    assert span.input == '{"question":"Hot?"}'
