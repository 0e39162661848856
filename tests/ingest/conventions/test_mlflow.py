from ledger.domain.usage import Usage
from tests.ingest.conventions.sending import understood


def test_every_value_is_json_in_a_text() -> None:
    span = understood(
        {
            "mlflow.spanType": '"CHAT_MODEL"',
            "mlflow.llm.model": '"gpt-4o-mini-2024-07-18"',
            "model": '"gpt-4o-mini"',
            "mlflow.chat.tokenUsage": (
                '{"input_tokens":1350,"output_tokens":95,"total_tokens":1445,"cache_read_input_tokens":1024}'
            ),
            "mlflow.spanOutputs": '{"id":"chatcmpl-7","choices":[]}',
            "mlflow.trace.session": '"s-4"',
        }
    )

    assert (span.kind, span.model, span.request_model) == ("generation", "gpt-4o-mini-2024-07-18", "gpt-4o-mini")
    assert (span.response_id, span.session_id) == ("chatcmpl-7", "s-4")
    assert span.usage == Usage(326, 1024, None, None, 95, None)


def test_a_tool_s_answer_has_no_response_id() -> None:
    span = understood({"mlflow.spanType": '"TOOL"', "mlflow.spanOutputs": '{"id":"order-7","model":"T"}'})

    assert (span.kind, span.response_id) == ("tool", "")
