"""Charges as they come in at the door, and as the spool carries them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any
from uuid import uuid4

from pydantic import AfterValidator

from ingest import subjects
from ingest.batch import Part
from ingest.cursor import Body
from ingest.elements import Elements, elements
from ingest.limits import CHARGES
from ingest.redaction.redactor import Redactor
from ingest.scores import Id, Name
from ingest.spool import Record
from ledger.domain.charge import Charge
from ledger.store.told import Told


def no_credit(amount: Decimal) -> Decimal:
    if amount < 0:
        raise ValueError("a charge is not below 0; one that was too high is replaced under its id")
    return amount


class SentCharge(subjects.Sent):
    """One element of `POST /v1/charges`."""

    amount: Annotated[subjects.Money, AfterValidator(no_credit)]
    kind: Name
    id: Id | None = None

    def kept(self) -> Charge:
        """A charge without an id gets one here, once: sent on twice, it is one charge."""
        return Charge(
            subject=self.subject,
            subject_id=self.subject_id,
            kind=self.kind,
            amount=self.amount,
            id=self.id or uuid4().hex,
        )


def charges(body: Body) -> Elements[Charge]:
    """The charges of a request."""
    found = elements(body, SentCharge, "charges", CHARGES, Decimal)
    return Elements([sent.kept() for sent in found.taken], found.wrong)


def redacted(charge: Charge, redactor: Redactor) -> Charge | None:
    kept = subjects.redacted(charge, redactor, ("kind", "id"))
    return kept if kept is None or kept.id else replace(kept, id=uuid4().hex)


def part_of(found: Sequence[Charge], at: int) -> Part:
    return subjects.part_of("charges", found, at)


def charge(record: Record, item: Mapping[str, Any]) -> Told[Charge]:
    """Out of the spool. Any: JSON of our own making."""
    held = item["thing"]
    return Told(record.project, Charge(**held | {"amount": Decimal(held["amount"])}), item["received_at"])
