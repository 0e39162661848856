"""The real openai client against a real server, and what the ledger receives of it."""

import asyncio
import json
import threading

import openai
import pytest

import spanledger

USAGE = {
    "gen_ai.usage.input_tokens": 1210,
    "gen_ai.usage.cache_read.input_tokens": 1024,
    "gen_ai.usage.output_tokens": 45,
    "gen_ai.usage.reasoning.output_tokens": 16,
}
HELLO = [{"role": "user", "content": "hello"}]


@pytest.fixture
def client(model):
    with openai.OpenAI(base_url=model.url, api_key="k", max_retries=0, timeout=5) as client:
        yield client


def having(attributes, expected):
    """What `attributes` says under the expected keys."""
    return {key: attributes.get(key) for key in expected}


class TestChat:
    def test_a_call_is_told_with_models_usage_and_both_sides(self, ledger, client):
        client.chat.completions.create(model="gpt-4o-mini", messages=HELLO, temperature=0.2, max_tokens=100)

        call = ledger.named("chat gpt-4o-mini")
        expected = {
            **USAGE,
            "spanledger.kind": "generation",
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
            "gen_ai.response.id": "chatcmpl-1",
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.request.temperature": 0.2,
            "gen_ai.request.max_tokens": 100,
            "server.address": "127.0.0.1",
        }
        assert having(call.attributes, expected) == expected
        assert call.messages("input") == [{"role": "user", "parts": [{"type": "text", "content": "hello"}]}]
        answer = {"type": "text", "content": "You said: hello"}
        assert call.messages("output") == [{"role": "assistant", "parts": [answer], "finish_reason": "stop"}]

    def test_messages_changed_after_the_call_are_told_as_they_were_sent(self, ledger, client):
        messages = [{"role": "user", "content": "before"}]

        client.chat.completions.create(model="gpt-4o", messages=messages)
        messages[0]["content"] = "after"
        messages.append({"role": "user", "content": "more"})

        told = ledger.named("chat gpt-4o").messages("input")
        assert told == [{"role": "user", "parts": [{"type": "text", "content": "before"}]}]

    def test_tools_their_calls_and_their_answers_are_told_as_parts(self, ledger, client):
        function = {"name": "find_order", "arguments": '{"order": 4}'}
        asked = [
            {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function", "function": function}]},
            {"role": "tool", "tool_call_id": "call_1", "content": "shipped"},
        ]
        definition = {"name": "find_order", "description": "Finds it.", "parameters": {"type": "object"}}

        client.chat.completions.create(
            model="tools", messages=asked, tools=[{"type": "function", "function": definition}]
        )

        call = ledger.named("chat tools")
        assert [message["parts"] for message in call.messages("input")] == [
            [{"type": "tool_call", "id": "call_1", "name": "find_order", "arguments": {"order": 4}}],
            [{"type": "tool_call_response", "id": "call_1", "response": "shipped"}],
        ]
        assert call.messages("output")[0]["parts"] == [
            {"type": "tool_call", "id": "call_2", "name": "find_order", "arguments": {"order": 17}}
        ]
        assert json.loads(call.attributes["gen_ai.tool.definitions"]) == [{"type": "function", **definition}]

    def test_the_clients_own_message_objects_are_understood(self, ledger, client):
        first = client.chat.completions.create(model="tools", messages=HELLO)

        client.chat.completions.create(
            model="second", messages=[first.choices[0].message, {"role": "user", "content": "and?"}]
        )

        told = ledger.named("chat second").messages("input")
        assert told[0]["role"] == "assistant"
        assert told[0]["parts"][0]["name"] == "find_order"

    def test_without_capture_no_words_leave_the_program(self, sink, client):
        spanledger.init(sink.url, "sl_ingest_test", capture_content=False)
        try:
            client.chat.completions.create(model="gpt-4o", messages=HELLO)

            assert not [key for key in sink.named("chat gpt-4o").attributes if "messages" in key]
        finally:
            spanledger.shutdown()

    def test_a_raw_response_is_told_and_stays_raw(self, ledger, client):
        raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=HELLO)

        assert raw.parse().id == "chatcmpl-1"
        told = ledger.named("chat gpt-4o").attributes
        assert having(told, USAGE) == USAGE

    def test_a_family_name_at_an_unknown_host_names_the_provider(self, ledger, client):
        client.chat.completions.create(model="claude-sonnet-4-5", messages=HELLO)

        assert ledger.named("chat claude-sonnet-4-5").attributes["gen_ai.provider.name"] == "anthropic"


class TestAsync:
    def test_concurrent_calls_stay_in_their_own_traces(self, ledger, model):
        @spanledger.trace
        async def task(number):
            spanledger.tag(user=f"u{number}")
            async with openai.AsyncOpenAI(base_url=model.url, api_key="k") as client:
                await client.chat.completions.create(
                    model="gpt-4o", messages=[{"role": "user", "content": f"n{number}"}]
                )

        async def all_tasks():
            await asyncio.gather(*(task(number) for number in range(5)))

        asyncio.run(all_tasks())

        assert spanledger.flush(5)
        roots = {span.proto.trace_id: span for span in ledger.spans if span.name == "task"}
        calls = [span for span in ledger.spans if span.name.startswith("chat")]
        assert len(roots) == len(calls) == 5
        for call in calls:
            root = roots[call.proto.trace_id]
            assert call.proto.parent_span_id == root.proto.span_id
            assert call.attributes["user.id"] == root.attributes["user.id"]
            said = call.messages("input")[0]["parts"][0]["content"]
            assert said == root.attributes["spanledger.input"].join(["n", ""])

    def test_an_async_stream_is_told_whole(self, ledger, model):
        async def read():
            async with openai.AsyncOpenAI(base_url=model.url, api_key="k") as client:
                stream = await client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True)
                return [chunk async for chunk in stream]

        chunks = asyncio.run(read())

        assert len(chunks) == 4
        told = ledger.named("chat gpt-4o")
        assert having(told.attributes, USAGE) == USAGE
        assert told.messages("output")[0]["parts"] == [{"type": "text", "content": "Hello"}]


class TestStream:
    def test_the_usage_is_asked_for_and_hidden_where_the_program_did_not_ask(self, ledger, client, model):
        chunks = list(client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True))

        assert model.requests[0]["stream_options"] == {"include_usage": True}
        assert all(chunk.choices and chunk.usage is None for chunk in chunks)
        told = ledger.named("chat gpt-4o").attributes
        assert having(told, USAGE) == USAGE
        assert told["gen_ai.request.stream"] is True
        assert 0 < told["gen_ai.response.time_to_first_chunk"] < 5

    def test_the_usage_is_shown_where_the_program_asked(self, ledger, client):
        options = {"include_usage": True}

        chunks = list(
            client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True, stream_options=options)
        )

        assert chunks[-1].usage.prompt_tokens == 1210
        assert having(ledger.named("chat gpt-4o").attributes, USAGE) == USAGE

    def test_a_server_that_refuses_the_question_gets_the_programs_own_request(self, ledger, client, model):
        chunks = list(client.chat.completions.create(model="deaf", messages=HELLO, stream=True))
        list(client.chat.completions.create(model="deaf", messages=HELLO, stream=True))

        assert len(chunks) == 4
        assert ["stream_options" in request for request in model.requests] == [True, False, False]
        spanledger.flush(5)
        assert [span.proto.status.code for span in ledger.spans] == [0, 0]

    def test_a_stream_left_early_is_told_as_far_as_it_came(self, ledger, client):
        with client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True) as stream:
            next(stream)
            next(stream)

        told = ledger.named("chat gpt-4o")
        assert told.messages("output")[0]["parts"] == [{"type": "text", "content": "Hel"}]
        assert "gen_ai.usage.input_tokens" not in told.attributes

    def test_the_stream_helper_works_and_is_told_once(self, ledger, client):
        with client.chat.completions.stream(model="gpt-4o", messages=HELLO) as stream:
            said = stream.get_final_completion().choices[0].message.content

        assert said == "Hello"
        assert having(ledger.named("chat gpt-4o").attributes, USAGE) == USAGE


class TestErrors:
    def test_a_refusal_reaches_the_program_unchanged_and_is_told(self, ledger, client):
        with pytest.raises(openai.RateLimitError) as refused:
            client.chat.completions.create(model="limited", messages=HELLO)

        assert refused.value.__context__ is None or "spanledger" not in repr(refused.value.__context__)
        told = ledger.named("chat limited")
        assert told.proto.status.code == 2
        assert told.attributes["error.type"] == "openai.RateLimitError"
        assert told.attributes["http.response.status_code"] == 429
        assert [event.name for event in told.proto.events] == ["exception"]
        assert told.messages("input")[0]["parts"][0]["content"] == "hello"

    def test_a_timeout_is_told_as_one(self, ledger, client):
        with pytest.raises(openai.APITimeoutError):
            client.chat.completions.create(model="slow", messages=HELLO, timeout=0.1)

        assert ledger.named("chat slow").attributes["error.type"] == "openai.APITimeoutError"

    def test_a_broken_reading_of_the_answer_does_not_break_the_call(self, ledger, client, monkeypatch):
        monkeypatch.setattr("spanledger._openai.call.Call._finish", broken)

        assert client.chat.completions.create(model="gpt-4o", messages=HELLO).id == "chatcmpl-1"

    def test_a_broken_reading_of_the_request_does_not_break_the_call(self, ledger, client, monkeypatch):
        monkeypatch.setattr("spanledger._openai.call.server_of", broken)

        assert client.chat.completions.create(model="gpt-4o", messages=HELLO).id == "chatcmpl-1"


def broken(*_):
    raise ZeroDivisionError


class TestOtherEndpoints:
    def test_a_response_is_told_with_its_instructions(self, ledger, client):
        client.responses.create(model="gpt-4.1", input="How are you?", instructions="Be brief.")

        told = ledger.named("chat gpt-4.1")
        expected = {
            "gen_ai.usage.input_tokens": 30,
            "gen_ai.usage.cache_read.input_tokens": 10,
            "gen_ai.usage.output_tokens": 5,
            "gen_ai.usage.reasoning.output_tokens": 2,
            "gen_ai.response.id": "resp_1",
            "gen_ai.response.finish_reasons": ["stop"],
        }
        assert having(told.attributes, expected) == expected
        assert told.messages("input") == [{"role": "user", "parts": [{"type": "text", "content": "How are you?"}]}]
        assert told.messages("output") == [{"role": "assistant", "parts": [{"type": "text", "content": "Fine."}]}]
        instructions = json.loads(told.attributes["gen_ai.system_instructions"])
        assert instructions == [{"type": "text", "content": "Be brief."}]

    def test_a_streamed_response_is_told_whole(self, ledger, client):
        events = list(client.responses.create(model="gpt-4.1", input="How are you?", stream=True))

        assert [event.type for event in events] == ["response.completed"]
        told = ledger.named("chat gpt-4.1").attributes
        assert told["gen_ai.usage.input_tokens"] == 30
        assert told["gen_ai.response.time_to_first_chunk"] > 0

    def test_an_embedding_is_told_without_its_vector(self, ledger, client):
        client.embeddings.create(model="embed-1", input=["one text"], encoding_format="float")

        told = ledger.named("embeddings embed-1").attributes
        expected = {
            "spanledger.kind": "embedding",
            "gen_ai.operation.name": "embeddings",
            "gen_ai.usage.input_tokens": 7,
            "gen_ai.usage.output_tokens": 0,
            "gen_ai.response.model": "embed-1-dated",
            "gen_ai.embeddings.dimension.count": 3,
            "spanledger.input": '["one text"]',
        }
        assert having(told, expected) == expected


def test_threads_keep_their_calls_apart(ledger, client):
    def task(number):
        with spanledger.trace(route=f"route.{number}", name=f"task {number}"):
            client.chat.completions.create(model="gpt-4o", messages=HELLO)

    threads = [threading.Thread(target=task, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert spanledger.flush(5)
    routes = {span.proto.trace_id: set() for span in ledger.spans}
    for span in ledger.spans:
        routes[span.proto.trace_id].add(span.attributes["spanledger.route"])
    assert sorted(routes.values(), key=str) == [{f"route.{number}"} for number in range(8)]


def test_before_init_the_client_is_left_alone(model):
    with openai.OpenAI(base_url=model.url, api_key="k") as client:
        list(client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True))

    assert "stream_options" not in model.requests[0]
