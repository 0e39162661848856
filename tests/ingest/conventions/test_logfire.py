from ledger.domain.usage import Usage
from tests.ingest.conventions.sending import understood


def test_a_span_is_shown_under_what_its_template_became() -> None:
    span = understood({"logfire.msg": "Chat with 'gpt-4o'"}, name="Chat with {request_data[model]!r}")

    assert (span.name, span.envelope.name) == ("Chat with 'gpt-4o'", "Chat with {request_data[model]!r}")


def test_lists_written_as_texts_are_lists() -> None:
    call = {"gen_ai.operation.name": "chat", "gen_ai.response.finish_reasons": '["stop"]', "logfire.tags": '["beta"]'}

    span = understood(call)

    assert (span.finish_reasons, span.tags) == (("stop",), {"beta": "true"})


def test_the_cache_is_in_the_raw_usage() -> None:
    span = understood(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.usage.input_tokens": 1210,
            "gen_ai.usage.output_tokens": 81,
            "gen_ai.usage.raw": '{"prompt_tokens":1210,"prompt_tokens_details":{"cached_tokens":1024}}',
        }
    )

    assert span.usage == Usage(186, 1024, None, None, 81, None)
