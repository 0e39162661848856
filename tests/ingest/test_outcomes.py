"""Outcomes as they are sent: whom they are about, what money is, what is refused."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest

from ingest.answers import PROTOBUF
from ingest.errors import Malformed, TooLarge
from ingest.outcomes import outcome, outcomes, part_of, redacted
from ingest.payload import checksum, unpacked
from ingest.reading import reading
from ingest.redaction.redactor import Redactor, Redactors
from ingest.spool import Record
from ledger.domain.outcome import Outcome
from ledger.domain.redaction import Policy
from ledger.store.told import Told
from tests.ingest import records, requests

TRACE = "0af7651916cd43dd8448eb211c80319c"
PROJECT = UUID(int=7)


def body(**fields: Any) -> bytes:
    whole = {"trace_id": TRACE, "success": True} | fields
    return orjson.dumps([{name: value for name, value in whole.items() if value is not ...}])


def read(**fields: Any) -> Outcome:
    (one,) = outcomes(body(**fields)).taken
    return one


def test_an_outcome_is_about_a_trace_or_a_session() -> None:
    assert read(trace_id=TRACE.upper()).place == ("trace", TRACE, "")
    assert read(trace_id=..., session_id="s-4", name="refund").place == ("session", "s-4", "refund")


@pytest.mark.parametrize(
    ("sent", "known"), [(" s-4 ", "s-4"), (17, "17"), ("x" * 300, "x" * 256), ("Größe\n", "Größe")]
)
def test_a_session_is_known_by_the_name_that_spans_have_it_by(sent: str | int, known: str) -> None:
    (part,) = reading(requests.body(requests.span(attributes={"session.id": sent})), PROTOBUF, records.redactor()).parts
    (of_span,) = unpacked(part.payload, checksum(part.payload))

    assert read(trace_id=..., session_id=sent).subject_id == known
    assert of_span["session_id"] == known


@pytest.mark.parametrize("fields", [{"session_id": "s"}, {"trace_id": ...}, {"trace_id": None}])
def test_it_is_about_one_of_them_exactly(fields: dict[str, Any]) -> None:
    with pytest.raises(Malformed, match="either a trace_id or a session_id"):
        outcomes(body(**fields))


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        (b'"4.50"', "4.5"),
        (b"4.50", "4.5"),
        (b"5", "5"),
        (b"-3", "-3"),
        (b"-0.0", "0"),
        (b"1e-12", "0.000000000001"),
        (b'"999999.999999999999"', "999999.999999999999"),
        (b"123456.123456789012", "123456.123456789012"),  # as a float it would lose its last digits
        (b"0.1000000000000000", "0.1"),
    ],
)
def test_money_is_taken_to_the_last_digit(sent: bytes, value: str) -> None:
    (one,) = outcomes(body(value="@").replace(b'"@"', sent)).taken

    assert f"{one.value:f}" == value


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b'"NaN"', "decimal number"),
        (b"NaN", "no number of JSON"),
        (b'"Infinity"', "decimal number"),
        (b"Infinity", "no number of JSON"),
        (b"true", "decimal number"),
        (b'"1_000"', "decimal number"),
        (b'" 4"', "decimal number"),
        (b'"\xd9\xa4"', "decimal number"),  # an Arabic four
        (b'"4.50 EUR"', "decimal number"),
        (b'""', "decimal number"),
        (b"[1]", "decimal number"),
        (b"1000000", "999,999"),
        (b"-1e9", "999,999"),
        (b"1e999999999", "999,999"),
        (b"0.0000000000001", "12 decimals"),
        (b"0.30000000000000004", "12 decimals"),
    ],
)
def test_what_can_not_be_kept_to_the_last_digit_is_refused_by_name(sent: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=f"value: .*{why}|{why}"):
        outcomes(body(value="@").replace(b'"@"', sent))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"success": ...}, "success"),
        ({"success": None}, "success"),
        ({"success": 1}, "success"),
        ({"success": "true"}, "success"),
        ({"trace_id": "7"}, "trace_id"),
        ({"trace_id": ..., "session_id": ""}, "session_id"),
        ({"name": "x" * 257}, "name"),
        ({"id": ""}, "id"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"timestamp": "2026-11-01T12:00:00"}, "timestamp"),
        ({"timestamp": "0001-01-01T00:00:00Z"}, "before 1970"),
        ({"project_id": str(PROJECT)}, "project_id"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(Malformed, match=named):
        outcomes(body(**fields))


def test_too_many_at_once_are_too_large() -> None:
    with pytest.raises(TooLarge):
        outcomes(b"[" + b",".join([body()[1:-1]] * 10_001) + b"]")


def test_they_come_out_of_the_spool_as_they_went_in_each_with_a_time_of_its_own() -> None:
    found = [read(value="4.50", name="refund", id="o-1", timestamp="2026-11-01T12:00:00+02:00"), read(success=False)]
    part = part_of(found, 1000)
    record = Record(1, PROJECT, "key", 1000, "outcomes", 0, checksum(part.payload), part.payload)

    told = [outcome(record, item) for item in unpacked(part.payload, record.crc)]

    assert told == [Told(PROJECT, found[0], 1000), Told(PROJECT, found[1], 1002)]
    assert told[0].thing.value == Decimal("4.5")
    assert told[0].thing.known_at == datetime(2026, 11, 1, 10, tzinfo=UTC)


class TestRedaction:
    @pytest.fixture
    def redactor(self) -> Redactor:
        return Redactors("a secret").of(PROJECT, Policy(personal=True))

    def test_a_session_gets_the_mark_that_it_has_in_spans(self, redactor: Redactor) -> None:
        one = redacted(read(trace_id=..., session_id="bo@example.com", name="refund"), redactor)

        assert one is not None
        assert one.subject_id == redactor.sample("bo@example.com") != "bo@example.com"
        assert one.name == "refund"

    def test_a_trace_id_is_no_text(self) -> None:
        policy = Policy(personal=True, patterns=())
        one = redacted(read(trace_id="4111111111111111" * 2), Redactors("a secret").of(PROJECT, policy))

        assert one is not None
        assert one.subject_id == "4111111111111111" * 2

    def test_without_a_policy_a_trace_keeps_its_money_and_a_session_is_left_out(self) -> None:
        of_trace = redacted(read(value=3, name="refund"), Redactor(None))

        assert of_trace is not None
        assert (of_trace.value, of_trace.name) == (Decimal(3), "")
        assert redacted(read(trace_id=..., session_id="s"), Redactor(None)) is None
