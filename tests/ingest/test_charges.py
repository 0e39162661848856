"""Charges as they are sent: what they are, and that each has an id from the door on."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest

from ingest.charges import charge, charges, part_of, redacted
from ingest.errors import Malformed
from ingest.payload import checksum, unpacked
from ingest.redaction.redactor import Redactor
from ingest.spool import Record
from ledger.domain.charge import Charge
from ledger.store.told import Told

TRACE = "0af7651916cd43dd8448eb211c80319c"
PROJECT = UUID(int=7)


def body(**fields: Any) -> bytes:
    whole = {"trace_id": TRACE, "amount": "0.01", "kind": "web_search"} | fields
    return orjson.dumps([{name: value for name, value in whole.items() if value is not ...}])


def test_a_charge_is_what_was_sent() -> None:
    (one,) = charges(body(trace_id=..., session_id="s-4", id="c-1")).taken

    assert one == Charge(subject="session", subject_id="s-4", kind="web_search", amount=Decimal("0.01"), id="c-1")


def test_two_without_an_id_get_two_and_keep_them_in_the_spool() -> None:
    found = charges(b"[" + body()[1:-1] + b"," + body()[1:-1] + b"]").taken
    part = part_of(found, 5)
    record = Record(1, PROJECT, "key", 5, "charges", 0, checksum(part.payload), part.payload)

    told = [charge(record, item) for item in unpacked(part.payload, record.crc)]

    assert len({one.id for one in found}) == 2
    assert told == [Told(PROJECT, found[0], 5), Told(PROJECT, found[1], 7)]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"amount": ...}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": "-0.01"}, "not below 0"),
        ({"amount": "1e6"}, "999,999"),
        ({"kind": ...}, "kind"),
        ({"kind": " "}, "kind"),
        ({"session_id": "s"}, "either a trace_id or a session_id"),
        ({"value": 1}, "value"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(Malformed, match=named):
        charges(body(**fields))


def test_a_charge_whose_texts_had_to_be_left_out_still_has_an_id() -> None:
    (one,) = charges(body(id="c-1")).taken

    kept = redacted(one, Redactor(None))

    assert kept is not None
    assert kept.id not in ("", "c-1")
    assert (kept.kind, kept.amount) == ("", Decimal("0.01"))
