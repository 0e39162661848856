"""The stub model as the real openai client sees it."""

import asyncio
import json
import random

import openai
import pytest

from ledger.demo.shop import drawn_invoice, page_of
from ledger.demo.stub_model import Failure, Mood
from ledger.demo.words import INVOICE_SYSTEM

TOOL = {"type": "function", "function": {"name": "find_order", "parameters": {"type": "object", "properties": {}}}}
QUESTION = {"role": "user", "content": "Please cancel HP-12345, I ordered the wrong colour."}


@pytest.fixture
def client(stub):
    with openai.OpenAI(base_url=f"{stub}/v1", api_key="k", max_retries=0) as client:
        yield client


def test_a_known_question_gets_its_answer_with_usage(client):
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=[QUESTION])

    assert "order HP-12345 is cancelled" in answer.choices[0].message.content
    assert answer.model == "gpt-4o-mini"
    assert answer.usage.prompt_tokens == 4 + 1 + len(json.dumps(QUESTION["content"])) // 4
    assert answer.usage.prompt_tokens_details.cached_tokens == 0


def test_a_long_prompt_is_half_from_the_cache(client):
    long = {"role": "system", "content": "x" * 7998}

    usage = client.chat.completions.create(model="gpt-4o", messages=[long, QUESTION]).usage

    assert usage.prompt_tokens == (4 + 2001) + (4 + 1 + len(json.dumps(QUESTION["content"])) // 4)
    assert usage.prompt_tokens_details.cached_tokens == 896


def test_an_order_is_looked_up_once_where_there_is_a_tool(client):
    first = client.chat.completions.create(model="gpt-4o", messages=[QUESTION], tools=[TOOL])
    call = first.choices[0].message.tool_calls[0]
    told = {"role": "tool", "tool_call_id": call.id, "content": "{}"}
    second = client.chat.completions.create(
        model="gpt-4o", messages=[QUESTION, first.choices[0].message, told], tools=[TOOL]
    )

    assert first.choices[0].finish_reason == "tool_calls"
    assert json.loads(call.function.arguments) == {"order": "HP-12345"}
    assert second.choices[0].finish_reason == "stop"


def test_a_stream_gives_the_same_words_and_usage_only_when_asked(client):
    whole = client.chat.completions.create(model="gpt-4o", messages=[QUESTION]).choices[0].message.content

    plain = list(client.chat.completions.create(model="gpt-4o", messages=[QUESTION], stream=True))
    asked = list(
        client.chat.completions.create(
            model="gpt-4o", messages=[QUESTION], stream=True, stream_options={"include_usage": True}
        )
    )

    assert "".join(chunk.choices[0].delta.content or "" for chunk in plain) == whole
    assert asked[-1].usage.completion_tokens == 1 + len(whole) // 4


def test_an_invoice_is_read(client):
    invoice = drawn_invoice(random.Random(1))
    messages = [{"role": "system", "content": INVOICE_SYSTEM}, {"role": "user", "content": page_of(invoice)}]

    said = json.loads(client.chat.completions.create(model="gpt-4.1", messages=messages).choices[0].message.content)

    assert (said["vendor"], said["number"], said["total"]) == (
        invoice["vendor"],
        invoice["number"],
        str(invoice["total"]),
    )


def test_embeddings_and_responses_answer_too(client):
    vectors = client.embeddings.create(model="text-embedding-3-small", input=["tent", "tent"])
    response = client.responses.create(model="gpt-4.1", input="jetpack")

    assert vectors.data[0].embedding == vectors.data[1].embedding
    assert vectors.usage.prompt_tokens == 4
    assert response.output_text.startswith("None of our products fits")


def test_a_bad_day_has_refusals_and_errors(monkeypatch):
    monkeypatch.setattr("ledger.demo.stub_model.HANG", 0)
    mood = Mood(failures=1.0)

    async def ask():
        try:
            await mood.think()
        except Failure as failure:
            return failure.status

    async def ask_often():
        return await asyncio.gather(*(ask() for _ in range(40)))

    assert set(asyncio.run(ask_often())) == {429, 500}
