import hashlib
import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

from ingest import otlp
from ingest.checked import BAD_SPAN_ID, BAD_TRACE_ID, NO_START, OVERSIZE, Rejected
from ingest.conventions.sent import Sent
from ingest.errors import Malformed, TooLarge
from ingest.limits import ATTRIBUTES_READ, ITEM_BYTES, SPANS, VALUE_LENGTH, VALUES
from ingest.protobuf import Attributes, counted
from ingest.trim import ATTRIBUTES_DROPPED, DEEPER, INVALID_UTF8, ODD_NUMBER, SPOILED, TOO_DEEP, TRUNCATED
from ledger.domain.span import Value
from tests.ingest.captured import COMBINATIONS
from tests.ingest.requests import body, request, span


def read(*attributes: KeyValue) -> tuple[dict[str, Value], set[str]]:
    flags: set[str] = set()
    return Attributes().read([one.SerializeToString() for one in attributes], flags), flags


def one_of(raw: bytes) -> Sent:
    (found,) = otlp.spans(raw)
    assert isinstance(found, Sent)
    return found


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def any_value(value: object) -> AnyValue:
    match value:
        case None:
            return AnyValue()
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case str():
            return AnyValue(string_value=value)
        case list():
            return AnyValue(array_value=ArrayValue(values=[any_value(item) for item in value]))
        case dict():
            held = [KeyValue(key=key, value=any_value(item)) for key, item in value.items()]
            return AnyValue(kvlist_value=KeyValueList(values=held))
    raise TypeError(value)


class TestAttributes:
    @given(key=st.text(), value=values)
    def test_every_value_is_read_as_opentelemetry_wrote_it(self, key: str, value: Value) -> None:
        found, flags = read(KeyValue(key=key, value=any_value(value)))

        assert found == {key: value}
        assert not flags

    @given(raw=st.binary(max_size=200))
    def test_no_bytes_make_it_raise(self, raw: bytes) -> None:
        Attributes().read([raw], set())

    def test_a_key_that_comes_twice_has_its_last_value(self) -> None:
        found, _ = read(KeyValue(key="a", value=any_value(1)), KeyValue(key="a", value=any_value(2)))

        assert found == {"a": 2}

    def test_a_bad_text_is_mended_and_flagged(self) -> None:
        raw = KeyValue(key="a", value=any_value("xx")).SerializeToString().replace(b"xx", b"x\xff")
        flags: set[str] = set()

        assert Attributes().read([raw], flags) == {"a": "x�"}
        assert flags == {INVALID_UTF8}

    def test_a_flag_is_raised_again_when_the_memo_answers(self) -> None:
        raw = KeyValue(key="a", value=any_value("xx")).SerializeToString().replace(b"xx", b"x\xff")
        attributes, flags = Attributes(), set[str]()
        attributes.read([raw], set())

        attributes.read([raw], flags)

        assert flags == {INVALID_UTF8}

    def test_a_broken_attribute_is_left_out_and_the_others_stay(self) -> None:
        flags: set[str] = set()

        found = Attributes().read([b"\x0a\xff", KeyValue(key="b", value=any_value(1)).SerializeToString()], flags)

        assert found == {"b": 1}
        assert flags == {SPOILED}

    def test_what_is_too_deep_is_replaced_by_a_marker(self) -> None:
        deep = AnyValue(string_value="bottom").SerializeToString()
        for _ in range(200):
            listed = b"\x0a" + varint(len(deep)) + deep
            deep = b"\x2a" + varint(len(listed)) + listed
        raw = b"\x0a\x04deep\x12" + varint(len(deep)) + deep
        flags: set[str] = set()

        found = Attributes().read([raw, KeyValue(key="b", value=any_value(1)).SerializeToString()], flags)

        assert DEEPER in str(found["deep"])
        assert found["b"] == 1
        assert flags == {TOO_DEEP}

    @pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
    def test_a_number_that_is_none_is_unknown(self, number: float) -> None:
        found, flags = read(KeyValue(key="a", value=AnyValue(double_value=number)))

        assert found == {"a": None}
        assert flags == {ODD_NUMBER}

    def test_a_long_text_keeps_head_and_tail(self) -> None:
        text = "head" + "x" * (10 * VALUE_LENGTH) + "tail"

        found, flags = read(KeyValue(key="a", value=any_value(text)))

        kept = str(found["a"])
        assert kept.startswith("headxx")
        assert kept.endswith("xxtail")
        assert f"{len(text)} characters" in kept
        assert len(kept) < VALUE_LENGTH + 200
        assert flags == {TRUNCATED}

    def test_no_more_than_ten_thousand_are_read(self) -> None:
        found, _ = read(*(KeyValue(key=str(at), value=any_value(at)) for at in range(ATTRIBUTES_READ + 5)))

        assert len(found) == ATTRIBUTES_READ


class TestSpans:
    def test_a_bad_text_spoils_no_other_span(self) -> None:
        raw = body(span(1, name="goodxx"), span(2), span(3)).replace(b"goodxx", b"good\xff\xfe")

        found = [one for one in otlp.spans(raw) if isinstance(one, Sent)]

        assert [one.name for one in found] == ["good��", "a span", "a span"]
        assert found[0].flags == {INVALID_UTF8}

    @pytest.mark.parametrize(
        ("field", "value", "reason"),
        [
            ("trace_id", b"", BAD_TRACE_ID),
            ("trace_id", b"\0" * 16, BAD_TRACE_ID),
            ("trace_id", b"x" * 15, BAD_TRACE_ID),
            ("span_id", b"", BAD_SPAN_ID),
            ("span_id", b"\0" * 8, BAD_SPAN_ID),
            ("span_id", b"x" * 9, BAD_SPAN_ID),
            ("start_time_unix_nano", 0, NO_START),
            ("start_time_unix_nano", 2**64 - 1, "time_out_of_range"),
        ],
    )
    def test_a_bad_span_is_rejected_and_the_others_stay(self, field: str, value: object, reason: str) -> None:
        bad = span(1)
        setattr(bad, field, value)

        first, second = otlp.spans(body(bad, span(2)))

        assert isinstance(first, Rejected)
        assert first.reason == reason
        assert isinstance(second, Sent)

    def test_an_end_before_the_start_is_flagged(self) -> None:
        assert "negative_duration" in one_of(body(span(length=-5_000))).flags

    def test_a_bad_parent_makes_a_root(self) -> None:
        orphan = span()
        orphan.parent_span_id = b"short"

        found = one_of(body(orphan))

        assert (found.parent_id, found.flags) == ("", {"bad_parent_id"})

    def test_an_empty_request_has_no_spans(self) -> None:
        assert list(otlp.spans(b"")) == []

    def test_spans_are_counted_before_they_are_built(self) -> None:
        empty = b"\x12\x00" * (SPANS + 1)
        scope = b"\x12" + varint(len(empty)) + empty
        bomb = b"\x0a" + varint(len(scope)) + scope

        with pytest.raises(TooLarge):
            list(otlp.spans(bomb))

    def test_empty_containers_are_counted_too(self) -> None:
        with pytest.raises(TooLarge):
            list(otlp.spans(b"\x0a\x00" * (SPANS + 1)))

    def test_fields_that_are_no_spans_are_counted_too(self) -> None:
        with pytest.raises(TooLarge):
            list(otlp.spans(b"\x08\x01" * (SPANS + 1)))

    @pytest.mark.parametrize("member", [b"\x0a\x00", b"\x10\x01"], ids=["members of the list", "fields beside them"])
    def test_the_members_of_all_lists_and_maps_of_a_request_are_bounded(self, member: bytes) -> None:
        bomb = span(attributes={"a": ""})
        listed = member * (VALUES + 1)
        value = b"\x2a" + varint(len(listed)) + listed
        raw = bomb.SerializeToString() + field(9, b"\x0a\x01b" + field(2, value))

        with pytest.raises(TooLarge):
            list(otlp.spans(field(1, field(2, field(2, raw)))))
        assert len(list(otlp.spans(body(span())))) == 1

    def test_a_count_says_how_many_there_are(self) -> None:
        assert counted(body(*(span(number) for number in range(1, 8))), (1, 2, 2), 100) == 7

    @given(raw=st.binary(max_size=400))
    def test_any_bytes_are_read_or_refused(self, raw: bytes) -> None:
        outcome(raw)

    @given(data=st.data())
    def test_any_damage_to_a_real_request_is_read_or_refused(self, data: st.DataObject) -> None:
        real = bytearray(data.draw(st.sampled_from(REAL)))
        for _ in range(data.draw(st.integers(1, 8))):
            real[data.draw(st.integers(0, len(real) - 1))] = data.draw(st.integers(0, 255))

        outcome(bytes(real[: data.draw(st.integers(0, len(real)))]))

    def test_a_truncated_request_is_malformed(self) -> None:
        whole = body(span(1), span(2))

        with pytest.raises(Malformed):
            list(otlp.spans(whole[:-3]))


REAL = [one.decoded for combo in COMBINATIONS for one in combo.traces if one.content_type != "application/json"]


def outcome(raw: bytes) -> None:
    with suppress(Malformed, TooLarge):
        list(otlp.spans(raw))


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out += struct.pack("B", number & 127 | 128)
        number >>= 7
    return out + struct.pack("B", number)


def test_a_request_made_by_opentelemetry_is_read_in_full() -> None:
    found = one_of(request(span(7, 9, attributes={"a": 1}), resource={"service.name": "s"}).SerializeToString())

    assert (found.trace_id, found.span_id) == (f"{9:032x}", f"{7:016x}")
    assert found.attributes == {"a": 1}
    assert found.origin.resource == {"service.name": "s"}
    assert found.end - found.start == 1000


class TestOneBigSpan:
    def test_a_text_that_is_far_too_long_is_cut_before_it_is_built(self) -> None:
        text = "head" + "ä" * (10 * VALUE_LENGTH) + "tail"
        long = span(attributes={"a": text, "b": 1})

        found, other = otlp.spans(body(long, span(2)))

        assert isinstance(found, Sent)
        kept = str(found.attributes["a"])
        assert (kept[:100], kept[-100:], found.attributes["b"]) == (text[:100], text[-100:], 1)
        digest = hashlib.sha256(text.encode()).hexdigest()
        assert f"{len(text)} characters in all, sha256 {digest}" in kept
        assert len(kept) <= VALUE_LENGTH
        assert found.flags == {TRUNCATED}
        assert isinstance(other, Sent)

    def test_of_very_many_long_texts_some_are_kept_and_what_says_more_is_kept_before_them(self) -> None:
        long = span(attributes={str(at): "x" * (VALUE_LENGTH - 1) for at in range(20)} | {"gen_ai.tokens": 7})

        found = one_of(body(long))

        assert [*found.attributes] == ["0", "1", "2", "gen_ai.tokens"]
        assert found.flags == {ATTRIBUTES_DROPPED}

    def test_a_span_that_is_too_big_by_anything_else_is_rejected_by_itself(self) -> None:
        long = span(name="x" * (ITEM_BYTES + 1))

        first, second = otlp.spans(body(long, span(2)))

        assert isinstance(first, Rejected)
        assert first.reason == OVERSIZE
        assert isinstance(second, Sent)

    def test_nested_values_that_reach_beyond_their_frame_spoil_their_attribute_alone(self) -> None:
        listed = b"\x0a\x7f\x0a\x01x"
        raw = b"\x0a\x01k" + field(2, field(5, listed))
        flags: set[str] = set()

        found = Attributes().read([raw, KeyValue(key="b", value=any_value(1)).SerializeToString()], flags)

        assert (found, flags) == ({"b": 1}, {SPOILED})

    def test_a_body_may_be_bytes_or_a_buffer(self) -> None:
        raw = body(span(1, attributes={"a": "x"}), span(2))

        assert list(otlp.spans(bytearray(raw))) == list(otlp.spans(raw))
