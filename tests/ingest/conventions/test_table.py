from typing import Any

import orjson
import pytest

from ingest.conventions.sent import CLIENT, ERROR, SERVER, Origin, Sent
from ingest.conventions.table import read
from ledger.domain.span import Event, Span
from ledger.domain.usage import Usage


def sent(attributes: dict[str, Any] | None = None, **fields: Any) -> Sent:
    known = {"trace_id": "1" * 32, "span_id": "2" * 16, "start": 1_000_000, "end": 3_000_000, "name": "a span"}
    return Sent(**known | fields, attributes=attributes or {})


def of(attributes: dict[str, Any], **fields: Any) -> Span:
    return read(sent(attributes, **fields))


def chat(**attributes: Any) -> dict[str, Any]:
    return {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"} | attributes


def test_a_span_that_speaks_no_convention_keeps_its_attributes() -> None:
    span = of({"db.system": "postgresql", "rows": 3}, parent_id="3" * 16)

    assert (span.kind, span.name, span.route) == ("span", "a span", "")
    assert span.attributes == {"db.system": "postgresql", "rows": 3}


class TestRoute:
    """In this order: ours, the program's own words, the served path, what frameworks call a feature, the root."""

    @pytest.mark.parametrize(
        ("attributes", "route"),
        [
            ({"spanledger.route": "ours", "app.route": "other", "gen_ai.workflow.name": "flow"}, "ours"),
            ({"app.route": "app", "route": "plain"}, "app"),
            ({"route": "plain", "gen_ai.workflow.name": "flow"}, "plain"),
            ({"metadata": '{"route": "meta"}', "ai.telemetry.functionId": "fn"}, "meta"),
            ({"ai.telemetry.functionId": "fn", "gen_ai.workflow.name": "flow"}, "fn"),
            ({"traceloop.association.properties.route": "asked", "traceloop.workflow.name": "flow"}, "asked"),
            ({"gen_ai.workflow.name": "flow"}, "flow"),
            ({}, "a span"),
        ],
    )
    def test_the_first_of_these_names_it(self, attributes: dict[str, Any], route: str) -> None:
        assert of(attributes).route == route

    def test_a_served_path_is_a_route_and_a_called_one_is_none(self) -> None:
        served = of({"http.route": "/ask"}, kind=SERVER)
        called = of(chat() | {"http.route": "/v1/messages"}, kind=CLIENT)

        assert (served.route, called.route) == ("/ask", "")

    def test_a_root_that_is_a_model_call_is_no_route(self) -> None:
        assert of(chat()).route == ""

    def test_the_resource_may_name_it_for_all_spans(self) -> None:
        assert of(chat(), origin=Origin({"spanledger.route": "batch"})).route == "batch"


def test_our_own_sdk_is_understood() -> None:
    span = of(
        {
            "spanledger.kind": "tool",
            "spanledger.customer": "acme",
            "spanledger.prompt": "greeting",
            "spanledger.release": "1.2",
            "spanledger.environment": "production",
            "spanledger.tag.plan": "pro",
            "spanledger.tag.seats": 4,
            "spanledger.input": '{"q": 1}',
            "spanledger.output": "done",
            "spanledger.sampling.rate": 0.25,
            "user.id": "u-17",
            "session.id": "s-4",
        }
    )

    assert (span.kind, span.customer, span.prompt, span.release) == ("tool", "acme", "greeting", "1.2")
    assert (span.environment, span.user_id, span.session_id) == ("production", "u-17", "s-4")
    assert span.tags == {"plan": "pro", "seats": "4"}
    assert (span.input, span.output, span.weight) == ('{"q": 1}', "done", 4.0)
    assert "spanledger.input" not in span.attributes


@pytest.mark.parametrize(
    ("resource", "instance"),
    [
        ({"service.instance.id": "7b1c", "host.name": "a", "process.pid": 7}, "7b1c"),
        ({"host.name": "web-1", "process.pid": 4711}, "web-1:4711"),
        ({"host.name": "web-1"}, ""),
        ({"process.pid": 4711}, ""),
        ({}, ""),
    ],
)
def test_an_instance_is_a_process(resource: dict[str, Any], instance: str) -> None:
    assert of({}, origin=Origin(resource)).instance == instance


def test_service_environment_and_release_come_from_the_resource() -> None:
    resource = {"service.name": "shop", "service.version": "7", "deployment.environment": "staging"}

    span = of(chat(), origin=Origin(resource, scope="an.instrumentor"))

    assert (span.service, span.release, span.environment, span.scope) == ("shop", "7", "staging", "an.instrumentor")


class TestUsage:
    def test_the_cache_is_taken_out_of_the_input(self) -> None:
        span = of(
            chat(
                **{
                    "gen_ai.usage.input_tokens": 1510,
                    "gen_ai.usage.output_tokens": 91,
                    "gen_ai.usage.cache_read.input_tokens": 1000,
                    "gen_ai.usage.cache_write.input_tokens": 300,
                    "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": 100,
                    "gen_ai.usage.reasoning.output_tokens": 40,
                }
            )
        )

        assert span.usage == Usage(210, 1000, 300, 100, 91, 40)

    @pytest.mark.parametrize(
        "name", ["cache_write.input_tokens", "cache_creation.input_tokens", "cache_creation_input_tokens"]
    )
    def test_old_and_new_names_of_the_cache_are_read(self, name: str) -> None:
        span = of(chat(**{"gen_ai.usage.input_tokens": 100, f"gen_ai.usage.{name}": 30}))

        assert (span.usage.input, span.usage.cache_write) == (70, 30)

    def test_an_input_smaller_than_its_cache_can_not_hold_it(self) -> None:
        span = of(chat(**{"gen_ai.usage.input_tokens": 2, "gen_ai.usage.cache_read.input_tokens": 84_562}))

        assert (span.usage.input, span.usage.cache_read) == (2, 84_562)

    def test_what_nobody_said_is_none(self) -> None:
        assert of(chat()).usage == Usage()

    def test_an_embedding_has_no_output(self) -> None:
        span = of({"gen_ai.operation.name": "embeddings", "gen_ai.usage.input_tokens": 24})

        assert (span.usage.input, span.usage.output) == (24, 0)

    @pytest.mark.parametrize("odd", [-1, "many", 1.5, float("inf"), 10**18, True, ["1"]])
    def test_odd_numbers_are_unknown_and_flagged(self, odd: object) -> None:
        span = of(chat(**{"gen_ai.usage.input_tokens": odd}))

        assert span.usage.input is None
        assert "odd_number" in span.flags

    @pytest.mark.parametrize("sent", [12, 12.0, "12", " 12 "])
    def test_counts_come_in_many_shapes(self, sent: object) -> None:
        assert of(chat(**{"gen_ai.usage.input_tokens": sent})).usage.input == 12

    def test_two_conventions_complete_each_other(self) -> None:
        span = of(chat(**{"gen_ai.usage.input_tokens": 100, "llm.token_count.completion": 7}))

        assert (span.usage.input, span.usage.output) == (100, 7)


class TestModelAndProvider:
    def test_the_model_is_the_one_that_answered(self) -> None:
        span = of(chat(**{"gen_ai.response.model": "gpt-4o-2024-08-06"}))

        assert (span.model, span.request_model) == ("gpt-4o-2024-08-06", "gpt-4o")

    def test_a_prefix_that_is_the_provider_is_cut(self) -> None:
        span = of(chat(**{"gen_ai.request.model": "openai/gpt-4o"}))

        assert (span.provider, span.model) == ("openai", "gpt-4o")

    def test_a_prefix_of_a_reseller_stays(self) -> None:
        span = of(chat(**{"gen_ai.request.model": "openai/gpt-4o", "gen_ai.provider.name": "openrouter"}))

        assert (span.provider, span.model) == ("openrouter", "openai/gpt-4o")

    def test_a_framework_is_no_provider(self) -> None:
        span = of(chat(**{"gen_ai.system": "langchain", "server.address": "api.anthropic.com"}))

        assert span.provider == "anthropic"


class TestEndings:
    def test_an_error_keeps_its_own_type_beside_the_kind(self) -> None:
        span = of(
            chat(**{"error.type": "RateLimitError"}), status_code=ERROR, status_message="Error code: 429 - slow down"
        )

        assert (span.status, span.failure_kind, span.error_type) == ("error", "rate_limit", "RateLimitError")
        assert span.error_message == "Error code: 429 - slow down"

    def test_an_exception_event_tells_what_the_status_does_not(self) -> None:
        event = Event(
            1, "exception", {"exception.type": "openai.APITimeoutError", "exception.message": "Request timed out."}
        )

        span = of(chat(), status_code=ERROR, events=(event,))

        assert (span.failure_kind, span.error_message) == ("timeout", "Request timed out.")

    def test_a_truncated_answer_is_named_and_is_no_error(self) -> None:
        span = of(chat(**{"gen_ai.response.finish_reasons": '["length"]'}))

        assert (span.status, span.failure_kind, span.finish_reasons) == ("ok", "truncated", ("length",))


class TestTimeToFirstToken:
    def test_it_is_sent_in_seconds(self) -> None:
        assert of(chat(**{"gen_ai.response.time_to_first_chunk": 0.25})).ttft == 250_000

    def test_or_told_by_the_first_chunks_event(self) -> None:
        events = tuple(Event(1_000_000 + at, "First Token Stream Event", {}) for at in (900, 400))

        assert of({"openinference.span.kind": "LLM"}, events=events).ttft == 400

    def test_a_servers_figure_is_believed_of_streams_alone(self) -> None:
        figure = {"gen_ai.server.time_to_first_token": 2.0}

        assert of(chat(**figure)).ttft is None
        assert of(chat(**figure, **{"gen_ai.request.stream": True})).ttft == 2_000_000


class TestMessages:
    def test_semantic_conventions_are_kept_as_they_are(self) -> None:
        asked = [{"role": "user", "parts": [{"type": "text", "content": "Weather?"}]}]

        span = of(
            chat(
                **{
                    "gen_ai.system_instructions": '[{"type":"text","content":"terse"}]',
                    "gen_ai.input.messages": orjson.dumps(asked).decode(),
                }
            )
        )

        system = {"role": "system", "parts": [{"type": "text", "content": "terse"}]}
        assert orjson.loads(span.input) == [system, *asked]
        assert "gen_ai.input.messages" not in span.attributes

    def test_flat_lists_become_the_same_form(self) -> None:
        call = "llm.output_messages.0.message.tool_calls.0.tool_call."
        span = of(
            {
                "openinference.span.kind": "LLM",
                "llm.input_messages.3.message.role": "user",
                "llm.input_messages.3.message.content": "Weather?",
                "llm.input_messages.12.message.role": "tool",
                "llm.input_messages.12.message.tool_call_id": "c1",
                "llm.input_messages.12.message.content": "21C",
                "llm.output_messages.0.message.role": "assistant",
                f"{call}id": "c2",
                f"{call}function.name": "get_weather",
                f"{call}function.arguments": '{"city":"Paris"}',
            }
        )

        assert orjson.loads(span.input) == [
            {"role": "user", "parts": [{"type": "text", "content": "Weather?"}]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "result": "21C"}]},
        ]
        call_part = {"type": "tool_call", "id": "c2", "name": "get_weather", "arguments": '{"city":"Paris"}'}
        assert orjson.loads(span.output) == [{"role": "assistant", "parts": [call_part]}]

    def test_a_cut_list_of_messages_is_kept_as_text(self) -> None:
        span = of(chat(**{"gen_ai.input.messages": '[{"role":"user","parts":[… [cut here] …'}))

        assert span.input.startswith('[{"role":"user"')

    def test_vectors_are_not_kept(self) -> None:
        span = of(
            {
                "openinference.span.kind": "EMBEDDING",
                "embedding.embeddings.0.embedding.text": "Paris",
                "embedding.embeddings.0.embedding.vector": [0.1] * 1000,
            }
        )

        assert (span.input, span.output) == ('["Paris"]', "")
        assert not [key for key in span.attributes if key.startswith("embedding.embeddings")]


def test_hostile_keys_are_only_keys() -> None:
    hostile: dict[str, Any] = dict.fromkeys(("__class__", "a.b[0].__proto__", "{0.__class__}", "." * 10000, "", "'"), 1)

    assert of(hostile).attributes == hostile


def test_a_second_report_of_a_stream_is_flagged() -> None:
    assert of(chat(**{"logfire.span_type": "log"})).flags == ("log_of_parent",)
