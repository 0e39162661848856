from ledger.domain.usage import Usage
from tests.ingest.conventions.sending import understood

CALL = {"gen_ai.operation.name": "chat", "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o-mini"}


def test_its_invented_zero_is_no_cost() -> None:
    assert understood(CALL | {"gen_ai.usage.cost": 0}).reported_cost is None
    assert understood(CALL | {"gen_ai.usage.cost": 0.0}).reported_cost is None
    assert understood(CALL | {"gen_ai.usage.cost": 0.00015}).reported_cost == "0.0001500000"


def test_the_total_under_a_metric_s_name_is_a_total_and_no_usage() -> None:
    assert understood(CALL | {"gen_ai.client.token.usage": 1291}).usage == Usage()


def test_that_total_tells_whether_the_input_holds_the_cache() -> None:
    usage = {
        "gen_ai.usage.input_tokens": 500,
        "gen_ai.usage.output_tokens": 10,
        "gen_ai.usage.cache_read.input_tokens": 400,
    }

    assert understood(CALL | usage | {"gen_ai.client.token.usage": 910}).usage.input == 500
    assert understood(CALL | usage | {"gen_ai.client.token.usage": 510}).usage.input == 100


def test_the_first_token_is_believed_of_streams_alone_whatever_type_it_has() -> None:
    for figure in (2, 2.0, "2"):
        assert understood(CALL | {"gen_ai.server.time_to_first_token": figure}).ttft is None
        streamed = CALL | {"gen_ai.server.time_to_first_token": figure, "gen_ai.request.is_stream": True}
        assert understood(streamed).ttft == 2_000_000


def test_its_environment_is_read() -> None:
    assert understood(CALL | {"gen_ai.environment": "staging"}).environment == "staging"


def test_a_plain_request_below_a_call_is_a_span() -> None:
    assert understood({"http.request.method": "POST"}, name="POST", parent_id="3" * 16).kind == "span"
