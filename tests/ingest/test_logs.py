"""Log records at the door: messages of spans, evaluation results, what is counted alone, what is refused."""

import json
from contextlib import suppress

import orjson
import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from ingest.answers import JSON, PROTOBUF
from ingest.errors import Malformed, TooLarge
from ingest.limits import RECORDS, VALUES
from ingest.logs import reading
from ingest.records import Records
from tests.ingest import requests
from tests.ingest.captured import COMBINATIONS
from tests.ingest.records import Plain, items, logs, record, redactor
from tests.ingest.test_protobuf import field

DETAILS = "gen_ai.client.inference.operation.details"
RESULT = "gen_ai.evaluation.result"
CAPTURED = [one for combo in COMBINATIONS for one in combo.requests if one.path == "/v1/logs"]


def read(body: bytes, content_type: str = PROTOBUF, mode: str = "off") -> Records:
    return reading(body, content_type, redactor(mode))


def said(found: Records) -> list[tuple[object, object]]:
    """Input and output of each event, out of their JSON."""
    return [
        tuple(json.loads(str(item[side]) or "null") for side in ("input", "output"))
        for item in items(found, "messages")
    ]  # type: ignore[misc]


def text(role: str, content: str) -> dict[str, object]:
    return {"role": role, "parts": [{"type": "text", "content": content}]}


def as_json(raw: bytes) -> bytes:
    """The same request in OTLP's JSON, whose ids are hex."""
    whole = MessageToDict(ExportLogsServiceRequest.FromString(raw))
    for one in whole["resourceLogs"][0]["scopeLogs"][0]["logRecords"]:
        one |= {name: f"{1:0{digits}x}" for name, digits in (("traceId", 32), ("spanId", 16)) if name in one}
    return orjson.dumps(whole)


class TestMessages:
    @pytest.mark.parametrize(
        ("event", "role"),
        [
            ("gen_ai.system.message", "system"),
            ("gen_ai.user.message", "user"),
            ("gen_ai.assistant.message", "assistant"),
        ],
    )
    def test_a_legacy_message_went_in_under_its_events_role(self, event: str, role: str) -> None:
        assert said(read(logs(record(event, body={"content": "hi"})))) == [([text(role, "hi")], None)]

    def test_a_role_that_the_message_tells_itself_counts(self) -> None:
        raw = logs(record("gen_ai.system.message", body={"role": "developer", "content": "be terse"}))

        assert said(read(raw)) == [([text("developer", "be terse")], None)]

    def test_a_choice_came_out(self) -> None:
        body: Plain = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "21 degrees"}}

        assert said(read(logs(record("gen_ai.choice", body=body)))) == [
            (None, [text("assistant", "21 degrees") | {"finish_reason": "stop"}])
        ]

    def test_a_tools_answer_names_its_call(self) -> None:
        raw = logs(record("gen_ai.tool.message", body={"id": "c1", "content": "21"}))

        part = {"type": "tool_call_response", "id": "c1", "result": "21"}
        assert said(read(raw)) == [([{"role": "tool", "parts": [part]}], None)]

    def test_the_details_of_a_call_are_read_as_a_spans_own_from_structures_and_from_json(self) -> None:
        messages: Plain = [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]
        system: Plain = [{"type": "text", "content": "be terse"}]
        structured = {"gen_ai.input.messages": messages, "gen_ai.system_instructions": system}
        flat = {name: json.dumps(value) for name, value in structured.items()}

        for attributes in (structured, flat):
            found = said(read(logs(record(DETAILS, attributes=attributes))))
            assert found == [([text("system", "be terse"), text("user", "hi")], None)]

    def test_a_body_in_json_or_plain_text_is_understood(self) -> None:
        bodies: list[Plain] = ['{"content": "hi"}', "hi", {"content": "hi"}]

        for body in bodies:
            assert said(read(logs(record("gen_ai.user.message", body=body)))) == [([text("user", "hi")], None)]

    def test_a_name_in_an_attribute_counts_where_the_record_has_none(self) -> None:
        raw = logs(record("", body={"content": "hi"}, attributes={"event.name": "gen_ai.user.message"}))

        assert said(read(raw)) == [([text("user", "hi")], None)]

    def test_an_event_without_content_is_counted_alone(self) -> None:
        """OpenTelemetry's instrumentors send roles and finish reasons only, unless content is switched on."""
        choice: Plain = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant"}}

        found = read(logs(record("gen_ai.user.message"), record("gen_ai.choice", body=choice)))

        assert (found.kept, found.refused) == (0, 0)
        assert found.counted == {"gen_ai.user.message": 1, "gen_ai.choice": 1}

    def test_an_exception_is_kept_with_its_attributes(self) -> None:
        told: dict[str, Plain] = {"exception.type": "ReadTimeout", "exception.message": "no answer"}

        (item,) = items(read(logs(record("gen_ai.client.operation.exception", attributes=told))), "messages")

        assert item["attributes"] == told

    def test_a_message_without_a_span_is_rejected_by_itself(self) -> None:
        good = record("gen_ai.user.message", body={"content": "hi"})

        found = read(logs(record("gen_ai.user.message", 0, body={"content": "secret"}), good))

        assert (found.kept, found.refused) == (1, 1)
        assert "without a trace id" in found.message
        assert "secret" not in str(found.rejected)

    def test_the_same_request_tells_the_same_events_and_two_alike_are_two(self) -> None:
        twice = logs(*[record("gen_ai.user.message", body={"content": "yes"})] * 2)

        first, second = items(read(twice), "messages"), items(read(twice), "messages")

        assert first == second
        assert len({str(item["id"]) for item in first}) == 2

    def test_json_is_read_as_protobuf_is(self) -> None:
        raw = logs(record("gen_ai.user.message", body={"content": "hi"}, at=5), record("other"))

        assert items(read(as_json(raw), JSON), "messages") == items(read(raw), "messages")
        assert read(as_json(raw), JSON).counted == {"other": 1}

    def test_what_a_policy_takes_out_is_taken_out_before_anything_is_kept(self) -> None:
        raw = logs(record("gen_ai.user.message", body={"content": "hi"}))

        assert read(raw, mode="drop").kept == 0
        assert read(raw, mode="drop").counted == {"gen_ai.user.message": 1}


class TestCaptured:
    def test_google_genais_events_carry_the_conversation(self) -> None:
        found = read(next(one for one in CAPTURED if b"google_genai" in one.decoded).decoded)

        assert found.kept == 4
        assert said(found)[0] == (
            [text("system", "terse"), text("user", "Weather in Paris?")],
            [text("assistant", "It is 21C in Paris.") | {"finish_reason": "stop"}],
        )

    def test_openai_v2_with_content_off_tells_of_tool_calls_alone(self) -> None:
        found = read(next(one for one in CAPTURED if b"openai_v2" in one.decoded).decoded)

        assert (found.kept, found.counted.total(), found.refused) == (2, 17, 0)
        assert [item["name"] for item in items(found, "messages")] == ["gen_ai.choice", "gen_ai.assistant.message"]


class TestEvaluations:
    def evaluated(self, span: int = 1, trace: int = 1, **told: Plain) -> Records:
        names = {name.replace("__", "."): value for name, value in told.items()}
        return read(logs(record(RESULT, span, trace, attributes=names)))

    def test_a_result_is_a_score_of_the_span_that_it_was_sent_in(self) -> None:
        found = self.evaluated(
            gen_ai__evaluation__name="relevance",
            gen_ai__evaluation__score__value=0.75,
            gen_ai__evaluation__score__label="good",
            gen_ai__evaluation__explanation="to the point",
        )

        (score,) = items(found, "scores")
        assert (score["name"], score["value"], score["label"], score["reason"]) == (
            "relevance",
            0.75,
            "good",
            "to the point",
        )
        assert (score["trace_id"], score["span_id"], score["source"]) == (f"{1:032x}", f"{1:016x}", "code")

    def test_without_a_span_it_belongs_to_the_call_with_its_response_id(self) -> None:
        found = self.evaluated(
            0, 0, gen_ai__evaluation__name="relevance", gen_ai__evaluation__score__value=1, gen_ai__response__id="r1"
        )

        (item,) = items(found, "evaluations")
        assert item["response_id"] == "r1"

    def test_one_that_tells_of_a_model_was_made_by_a_judge(self) -> None:
        found = self.evaluated(
            gen_ai__evaluation__name="tone", gen_ai__evaluation__score__label="warm", gen_ai__request__model="gpt-4o"
        )

        (score,) = items(found, "scores")
        assert (score["source"], score["value"], score["label"]) == ("judge", None, "warm")

    def test_an_evaluator_that_failed_says_so_in_place_of_a_value(self) -> None:
        found = self.evaluated(gen_ai__evaluation__name="tone", error__type="timeout")

        (score,) = items(found, "scores")
        assert (score["value"], score["reason"]) == (None, "The evaluator failed: timeout.")

    @pytest.mark.parametrize(
        ("told", "reason"),
        [
            ({"gen_ai__evaluation__score__value": 1.0}, "evaluation_without_name"),
            ({"gen_ai__evaluation__name": "tone"}, "evaluation_without_result"),
            (
                {"gen_ai__evaluation__name": "tone", "gen_ai__evaluation__score__value": float("nan")},
                "evaluation_without_result",
            ),
        ],
    )
    def test_what_is_no_result_is_rejected(self, told: dict[str, Plain], reason: str) -> None:
        assert list(self.evaluated(**told).rejected) == [reason]

    def test_one_that_names_nothing_is_rejected(self) -> None:
        found = self.evaluated(0, 0, gen_ai__evaluation__name="tone", gen_ai__evaluation__score__value=1)

        assert list(found.rejected) == ["evaluation_of_nothing"]

    def test_the_same_record_has_the_same_id_and_another_time_another(self) -> None:
        told: dict[str, Plain] = {"gen_ai.evaluation.name": "tone", "gen_ai.evaluation.score.value": 1}
        ids = [items(read(logs(record(RESULT, attributes=told, at=at))), "scores")[0]["id"] for at in (0, 0, 1)]

        assert ids[0] == ids[1] != ids[2]


class TestOthers:
    def test_what_is_no_genai_event_is_counted_by_name(self) -> None:
        claude = record("", body="claude_code.api_request", attributes={"event.name": "api_request"})

        found = read(logs(claude, claude, record(""), record("app.started")))

        assert found.counted == {"claude_code.api_request": 2, "unnamed": 1, "app.started": 1}
        assert not found.parts
        assert not found.message


class TestHostile:
    def test_more_records_than_a_request_may_hold_are_413(self) -> None:
        with pytest.raises(TooLarge):
            read(field(1, field(2, b"\x12\x00" * (RECORDS + 1))))

    @pytest.mark.parametrize("number", [5, 6])
    def test_a_list_of_millions_in_a_body_or_an_attribute_is_413(self, number: int) -> None:
        value = field(5, b"\x0a\x00" * (VALUES + 1))
        record = field(number, value if number == 5 else field(1, b"k") + field(2, value))

        with pytest.raises(TooLarge):
            read(field(1, field(2, field(2, record))))

    def test_a_body_of_a_thousand_levels_is_cut_and_kept(self) -> None:
        deep: bytes = field(1, b"bottom")
        for _ in range(1000):
            deep = field(5, field(1, deep))
        content = field(6, field(1, field(1, b"content") + field(2, deep)))
        ids = field(9, b"\1" * 16) + field(10, b"\1" * 8) + field(12, b"gen_ai.user.message")

        found = read(field(1, field(2, field(2, field(5, content) + ids))))

        assert "deeper levels left out" in str(items(found, "messages")[0]["input"])

    def test_spans_and_metrics_on_the_logs_path_are_400_and_named(self) -> None:
        for path in ("/v1/traces", "/v1/metrics"):
            one = next(
                one
                for combo in COMBINATIONS
                for one in combo.requests
                if one.path == path and "json" not in one.content_type
            )
            with pytest.raises(Malformed, match="traces or metrics"):
                read(one.decoded)
        with pytest.raises(Malformed, match="/v1/traces"):
            read(b'{"resourceSpans": []}', JSON)
        with pytest.raises(Malformed, match="traces or metrics"):
            read(requests.body(requests.span()))

    @given(raw=st.binary(max_size=300))
    def test_any_bytes_are_read_or_refused(self, raw: bytes) -> None:
        for content_type in (PROTOBUF, JSON):
            with suppress(Malformed, TooLarge):
                read(raw, content_type)

    @given(data=st.data())
    def test_any_damage_to_a_real_request_is_read_or_refused(self, data: st.DataObject) -> None:
        real = bytearray(data.draw(st.sampled_from(CAPTURED)).decoded)
        for _ in range(data.draw(st.integers(1, 8))):
            real[data.draw(st.integers(0, len(real) - 1))] = data.draw(st.integers(0, 255))
        with suppress(Malformed, TooLarge):
            read(bytes(real))
