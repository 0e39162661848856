from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from ingest.errors import Malformed, TooLarge
from ingest.payload import checksum, unpacked
from ingest.scores import part_of, score_of, scores

TRACE = "0af7651916cd43dd8448eb211c80319c"


def body(**fields: Any) -> bytes:
    return orjson.dumps([{"trace_id": TRACE, "name": "helpful", "value": True, "source": "user"} | fields])


@pytest.mark.parametrize(
    ("sent", "value", "label"), [(True, 1.0, ""), (False, 0.0, ""), (0.25, 0.25, ""), (3, 3.0, "")]
)
def test_a_number_or_a_yes_is_a_value(sent: object, value: float, label: str) -> None:
    (score,) = scores(body(value=sent)).taken

    assert (score.value, score.label) == (value, label)


def test_a_text_is_a_label() -> None:
    (score,) = scores(body(value="polite")).taken

    assert (score.value, score.label) == (None, "polite")


def test_a_score_without_an_id_gets_one_and_keeps_it_in_the_spool() -> None:
    (score,) = found = scores(body(timestamp="2026-11-01T12:00:00+02:00")).taken
    part = part_of(found, 0)

    (item,) = unpacked(part.payload, checksum(part.payload))

    assert score.id
    assert score_of(item) == score
    assert score.timestamp == datetime(2026, 11, 1, 10, tzinfo=UTC)


def test_ids_are_taken_in_any_case() -> None:
    assert scores(body(trace_id=TRACE.upper())).taken[0].trace_id == TRACE


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"project_id": "x"}, "project_id"),
        ({"trace_id": "7"}, "trace_id"),
        ({"value": None}, "value"),
        ({"source": "oracle"}, "source"),
        ({"name": ""}, "name"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"timestamp": "2026-11-01T12:00:00"}, "timestamp"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(Malformed, match=named):
        scores(body(**fields))


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b"null", b"[1]", b"[" * 10_000, b'[{"value": NaN}]', b"\xff", b"[" + b"9" * 5000 + b"]", b"[1e9999]"],
)
def test_what_is_no_array_of_scores_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        scores(raw)


@pytest.mark.parametrize("number", [b"Infinity", b"-Infinity", b"NaN", b"1e999", b"1" + b"0" * 400])
def test_infinite_values_are_malformed(number: bytes) -> None:
    with pytest.raises(Malformed):
        scores(body().replace(b"true", number))


@pytest.mark.parametrize("field", ["name", "value", "reason", "id"])
def test_half_a_character_is_malformed(field: str) -> None:
    with pytest.raises(Malformed, match=field):
        scores(body(**{field: "@"}).replace(b"@", b"\\ud800"))


def test_one_that_is_wrong_does_not_cost_the_others() -> None:
    good, bad = body()[1:-1], body(source="oracle")[1:-1]

    found = scores(b"[" + b",".join([good, bad, good]) + b"]")

    assert len(found.taken) == 2
    assert [(wrong.element, wrong.message.split(":")[0]) for wrong in found.wrong] == [(1, "source")]


def test_too_many_at_once_are_too_large() -> None:
    with pytest.raises(TooLarge):
        scores(b"[" + b",".join([body()[1:-1]] * 10_001) + b"]")
