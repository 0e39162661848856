import hashlib
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import otlp, otlp_json
from ingest.checked import BAD_SPAN_ID, BAD_TRACE_ID, MALFORMED, OVERSIZE, Rejected
from ingest.conventions.sent import Origin, Sent
from ingest.errors import Malformed, TooLarge
from ingest.limits import STEPS, VALUE_LENGTH
from ingest.trim import DEEPER, INVALID_UTF8, ODD_NUMBER, TOO_DEEP, TRUNCATED
from tests.bench.payloads import as_json, batch

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def span(**fields: Any) -> dict[str, Any]:
    return {"traceId": TRACE, "spanId": SPAN, "name": "a", "startTimeUnixNano": "1790000000000000000"} | fields


def body(*spans: object) -> bytes:
    return orjson.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})


def one_of(raw: bytes) -> Sent:
    (found,) = otlp_json.spans(raw)
    assert isinstance(found, Sent), found
    return found


def value_of(value: object) -> tuple[object, set[str]]:
    found = one_of(body(span(attributes=[{"key": "a", "value": value}])))
    return found.attributes["a"], found.flags


def test_json_and_protobuf_say_the_same() -> None:
    raw = batch(20, seed=5)

    assert list(otlp_json.spans(as_json(raw))) == list(otlp.spans(raw))


def test_ids_are_hex_in_any_case() -> None:
    found = one_of(body(span(traceId=TRACE.upper(), spanId=SPAN.upper())))

    assert (found.trace_id, found.span_id) == (TRACE, SPAN)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"traceId": "CvdlGRbNQ92ESOshHIAxnA=="}, BAD_TRACE_ID),
        ({"traceId": "0" * 32}, BAD_TRACE_ID),
        ({"traceId": None}, BAD_TRACE_ID),
        ({"spanId": "t61rcWkgMzE="}, BAD_SPAN_ID),
        ({"spanId": 7}, BAD_SPAN_ID),
    ],
)
def test_a_bad_id_rejects_that_span_alone(fields: dict[str, Any], reason: str) -> None:
    first, second = otlp_json.spans(body(span(**fields), span()))

    assert isinstance(first, Rejected)
    assert first.reason == reason
    assert isinstance(second, Sent)


def test_a_span_that_is_no_object_is_rejected() -> None:
    first, _ = otlp_json.spans(body("what?", span()))

    assert isinstance(first, Rejected)
    assert first.reason == MALFORMED


@pytest.mark.parametrize("time", ["1790000000000000000", 1790000000000000000, 1.79e18])
def test_times_are_strings_or_numbers(time: object) -> None:
    found = one_of(body(span(startTimeUnixNano=time, endTimeUnixNano="1790000000000500000")))

    assert found.end - found.start in (500, 512)  # a double has no more digits


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ({"stringValue": "x"}, "x"),
        ({"intValue": "12"}, 12),
        ({"intValue": 12}, 12),
        ({"intValue": "-9223372036854775808"}, -(2**63)),
        ({"doubleValue": 0.5}, 0.5),
        ({"doubleValue": 3}, 3.0),
        ({"boolValue": True}, True),
        ({"arrayValue": {"values": [{"stringValue": "x"}, {"intValue": "1"}]}}, ["x", 1]),
        ({"kvlistValue": {"values": [{"key": "k", "value": {"intValue": 1}}]}}, {"k": 1}),
        ({"bytesValue": "AQI="}, "AQI="),
        ({}, None),
        (None, None),
        ("bare", None),
    ],
)
def test_values_keep_their_types(value: object, meant: object) -> None:
    assert value_of(value) == (meant, set())


@pytest.mark.parametrize(
    "value",
    [
        {"intValue": "99999999999999999999"},
        {"intValue": "twelve"},
        {"intValue": 1.5},
        {"doubleValue": "NaN"},
        {"doubleValue": "Infinity"},
    ],
)
def test_odd_numbers_are_unknown(value: object) -> None:
    assert value_of(value) == (None, {ODD_NUMBER})


def test_what_is_too_deep_is_replaced_by_a_marker() -> None:
    deep = b'{"arrayValue":{"values":[' * 200 + b'{"stringValue":"bottom"}' + b"]}}" * 200

    found = one_of(body(span(attributes=[{"key": "a", "value": "DEEP"}])).replace(b'"DEEP"', deep))

    assert DEEPER in str(found.attributes["a"])
    assert found.flags == {TOO_DEEP}


@pytest.mark.parametrize(("sent", "meant"), [("SPAN_KIND_CLIENT", 3), (3, 3), ("3", 3), ("?", 0)])
def test_enums_are_numbers_or_names(sent: object, meant: int) -> None:
    assert one_of(body(span(kind=sent))).kind == meant


def test_a_bad_text_spoils_only_itself() -> None:
    raw = body(span(name="badxx"), span(spanId="b7ad6b7169203332")).replace(b"badxx", b"bad\xff")

    names = [one.name for one in otlp_json.spans(raw) if isinstance(one, Sent)]

    assert names == ["bad�", "a"]


def test_half_a_character_is_mended_and_flagged() -> None:
    raw = body(span(attributes=[{"key": "a", "value": {"stringValue": "HALF"}}])).replace(b"HALF", b"\\ud83d")

    found = one_of(raw)

    assert found.attributes["a"] == "?"
    orjson.dumps(found.attributes)


def test_a_replacement_character_is_flagged() -> None:
    assert value_of({"stringValue": "x�"}) == ("x�", {INVALID_UTF8})


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"{", b"[" * 100_000, b'"text"', b"\xff\xfe", b"{}{}"])
def test_what_is_no_request_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        list(otlp_json.spans(raw))


def test_logs_on_the_traces_path_are_named() -> None:
    with pytest.raises(Malformed, match="/v1/logs"):
        list(otlp_json.spans(b'{"resourceLogs": []}'))


@pytest.mark.parametrize("heap", [b"[]," * STEPS + b"[]", b"[" * STEPS + b"]" * STEPS])
def test_a_heap_of_brackets_around_the_spans_is_too_large(heap: bytes) -> None:
    with pytest.raises(TooLarge):
        list(otlp_json.spans(b'{"resourceSpans":[%s]}' % heap))


def test_a_heap_of_brackets_that_nobody_reads_is_passed_over() -> None:
    assert list(otlp_json.spans(b'{"unknown":[' + b"[]," * STEPS + b'[]],"resourceSpans":[]}')) == []


@pytest.mark.parametrize("heap", [b"[]," * 300_000 + b"[]", b"1," * 500_000 + b"1", b"{}," * 300_000 + b"{}"])
def test_a_span_that_holds_too_many_values_is_rejected_by_itself(heap: bytes) -> None:
    first, second = otlp_json.spans(body(span(attributes="HEAP"), span()).replace(b'"HEAP"', b"[" + heap + b"]"))

    assert isinstance(first, Rejected)
    assert first.reason == OVERSIZE
    assert isinstance(second, Sent)


@pytest.mark.parametrize("piece", ["x", "ä", "😀", r"\"", r"\n", r"\u00e4x", r"\ud83d\ude00"])
def test_a_text_that_is_far_too_long_is_cut_before_it_is_built(piece: str) -> None:
    count = 20 * 1024 * 1024 // len(piece)
    raw = body(
        span(attributes=[{"key": "a", "value": {"stringValue": "LONG"}}, {"key": "b", "value": {"intValue": 1}}])
    )
    text: str = orjson.loads(f'"{piece}"') * count

    found = one_of(raw.replace(b"LONG", piece.encode() * count))

    cut = str(found.attributes["a"])
    assert (cut[:1000], cut[-1000:], found.attributes["b"]) == (text[:1000], text[-1000:], 1)
    assert f"{len(text)} characters in all, sha256 {hashlib.sha256(text.encode()).hexdigest()}" in cut
    assert len(cut) <= VALUE_LENGTH
    assert found.flags == {TRUNCATED}


def test_members_may_come_in_any_order() -> None:
    raw = (
        b'{"resourceSpans":[{"scopeSpans":[{"spans":[%s],"scope":{"name":"x"}}],'
        b'"resource":{"attributes":[{"key":"k","value":{"intValue":1}}]}}]}' % orjson.dumps(span())
    )

    assert one_of(raw).origin == Origin({"k": 1}, "x")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["resourceSpans", "scopeSpans", "spans", "attributes", "key", "value", "a"]), inner
        )
    ),
    max_leaves=15,
)


@given(value=json_values)
def test_any_json_is_read_or_refused(value: object) -> None:
    outcome(orjson.dumps(value, default=str) if fits(value) else b"{")


@given(raw=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    outcome(raw)


@given(
    junk=json_values, field=st.sampled_from(["name", "kind", "attributes", "events", "links", "status", "traceState"])
)
def test_any_value_in_any_field_is_read_or_rejected(junk: object, field: str) -> None:
    if fits(junk):
        outcome(body(span(**{field: junk})))


def fits(value: object) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


def outcome(raw: bytes) -> None:
    with suppress(Malformed, TooLarge):
        list(otlp_json.spans(raw))
