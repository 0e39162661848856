from datetime import UTC, datetime
from typing import Any

import pytest

from evals.evaluators import answered, tool_arguments_parse, valid_json
from evals.results import Assertion
from ledger.domain.generation import Generation


def generation(output: Any = None, **more: Any) -> Generation:
    known: dict[str, Any] = {
        "trace_id": "a" * 32,
        "span_id": "b" * 16,
        "start": datetime(2026, 11, 1, tzinfo=UTC),
        "status": "ok",
        "failure_kind": "",
        "finish_reasons": ("stop",),
        "output": output,
        "attributes": {},
    }
    return Generation(**(known | more))


def message(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "assistant", "parts": list(parts)}]


def text(content: str) -> list[dict[str, Any]]:
    return message({"type": "text", "content": content})


def tool_call(arguments: Any) -> dict[str, Any]:
    return {"type": "tool_call", "id": "call_1", "name": "look_up", "arguments": arguments}


def holds(result: object) -> bool | None:
    """What an assertion says; None where the evaluator had nothing to judge."""
    assert result is None or isinstance(result, Assertion)
    return result and result.holds


class TestAnswered:
    def test_words_that_come_to_an_end_are_an_answer(self):
        assert holds(answered(generation(text("It left on Monday.")))) is True

    def test_an_answer_sent_as_bare_text_counts_too(self):
        assert holds(answered(generation("It left on Monday."))) is True

    def test_a_tool_call_is_an_answer_without_words(self):
        assert holds(answered(generation(message(tool_call("{}")), finish_reasons=("tool_calls",)))) is True

    @pytest.mark.parametrize("output", [text(""), text("  \n"), [], message({"type": "reasoning", "content": "Hm."})])
    def test_no_words_are_no_answer(self, output):
        assert holds(answered(generation(output))) is False

    @pytest.mark.parametrize("reason", ["length", "MAX_TOKENS", "max_output_tokens"])
    def test_what_was_cut_off_is_no_answer(self, reason):
        assert holds(answered(generation(text("It left on"), finish_reasons=(reason,)))) is False

    @pytest.mark.parametrize(
        "words",
        [
            "I'm sorry, but I can't help with that.",
            "I’m sorry, I cannot assist with this request.",
            "I cannot comply with that.",
            "As an AI language model, I cannot give legal advice.",
        ],
    )
    def test_what_begins_like_a_refusal_is_none(self, words):
        assert holds(answered(generation(text(words)))) is False

    @pytest.mark.parametrize(
        "words",
        [
            "I'm sorry to hear that your parcel is late. It left on Monday.",
            "The clerk said: I can't help with that.",
            "I can't recommend this pan enough.",
        ],
    )
    def test_an_answer_that_only_sounds_like_a_refusal_is_one(self, words):
        assert holds(answered(generation(text(words)))) is True

    def test_a_refusal_that_the_provider_tells_counts_even_without_content(self):
        assert holds(answered(generation(None, finish_reasons=("content_filter",)))) is False
        assert holds(answered(generation(message({"type": "refusal", "content": "No."})))) is False

    def test_an_answer_that_nobody_kept_is_not_judged(self):
        assert holds(answered(generation(None))) is None

    def test_a_failed_call_is_a_failure_and_not_a_bad_answer(self):
        assert holds(answered(generation(None, status="error", failure_kind="rate_limit"))) is None


ASKED_FOR_JSON = {"gen_ai.output.type": "json"}


class TestValidJson:
    def test_it_judges_only_what_was_asked_for_as_json(self):
        assert holds(valid_json(generation(text("Hello")))) is None

    @pytest.mark.parametrize(
        "attributes",
        [
            {"gen_ai.output.type": "json"},
            {"gen_ai.openai.request.response_format": "json_schema"},
            {"llm.invocation_parameters": '{"model": "gpt-4o", "response_format": {"type": "json_object"}}'},
            {"model_parameters": {"response_format": {"type": "json_schema", "json_schema": {}}}},
            {"gen_ai.request.response_format": '{"type": "json_object"}'},
        ],
    )
    def test_clients_ask_for_json_in_many_ways(self, attributes):
        assert holds(valid_json(generation(text('{"left": "Monday"}'), attributes=attributes))) is True
        assert holds(valid_json(generation(text("It left on Monday."), attributes=attributes))) is False

    @pytest.mark.parametrize(
        "attributes",
        [
            {"gen_ai.output.type": "text"},
            {"llm.invocation_parameters": '{"response_format": {"type": "text"}}'},
            {"llm.invocation_parameters": "not JSON"},
            {"llm.invocation_parameters": "[1]"},
        ],
    )
    def test_asking_for_text_is_not_asking_for_json(self, attributes):
        assert holds(valid_json(generation(text("It left on Monday."), attributes=attributes))) is None

    @pytest.mark.parametrize("words", ['{"a": 1', "", "```json\n{}\n```", '{"a": NaN}', "{'a': 1}"])
    def test_what_a_program_could_not_read_is_not_json(self, words):
        assert holds(valid_json(generation(text(words), attributes=ASKED_FOR_JSON))) is False

    def test_json_nested_deeper_than_anyone_can_follow_is_not_json(self):
        assert holds(valid_json(generation(text("[" * 100_000), attributes=ASKED_FOR_JSON))) is False

    def test_a_tool_call_in_its_place_is_not_judged(self):
        assert holds(valid_json(generation(message(tool_call("{}")), attributes=ASKED_FOR_JSON))) is None


class TestToolArgumentsParse:
    def test_an_answer_without_tool_calls_is_not_judged(self):
        assert holds(tool_arguments_parse(generation(text("Hello")))) is None

    @pytest.mark.parametrize("arguments", ['{"order": 7}', {"order": 7}, "{}", {}])
    def test_an_object_parses_as_text_or_as_sent(self, arguments):
        assert holds(tool_arguments_parse(generation(message(tool_call(arguments))))) is True

    @pytest.mark.parametrize("arguments", ['{"order": 7', "", "7", [7], None])
    def test_anything_else_does_not(self, arguments):
        assert holds(tool_arguments_parse(generation(message(tool_call(arguments))))) is False

    def test_one_bad_call_among_good_ones_is_named(self):
        result = tool_arguments_parse(generation(message(tool_call("{}"), tool_call("{"))))

        assert holds(result) is False
        assert result is not None
        assert "look_up" in result.reason
