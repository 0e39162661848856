"""Outcomes as they come in at the door, and as the spool carries them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ingest import subjects
from ingest.batch import Part
from ingest.elements import Elements, elements
from ingest.limits import OUTCOMES
from ingest.redaction.redactor import Redactor
from ingest.scores import Id, Name
from ingest.spool import Record
from ledger.domain.outcome import Outcome
from ledger.store.told import Told


class SentOutcome(subjects.Sent):
    """One element of `POST /v1/outcomes`."""

    success: bool
    value: subjects.Money | None = None
    name: Name | None = None
    id: Id | None = None

    def kept(self) -> Outcome:
        return Outcome(
            subject=self.subject,
            subject_id=self.subject_id,
            name=self.name or "",
            success=self.success,
            value=self.value,
            id=self.id or "",
        )


def outcomes(body: bytes) -> Elements[Outcome]:
    """The outcomes of a request."""
    found = elements(body, SentOutcome, "outcomes", OUTCOMES, Decimal)
    return Elements([sent.kept() for sent in found.taken], found.wrong)


def redacted(outcome: Outcome, redactor: Redactor) -> Outcome | None:
    return subjects.redacted(outcome, redactor, ("name", "id"))


def part_of(found: Sequence[Outcome], at: int) -> Part:
    return subjects.part_of("outcomes", found, at)


def outcome(record: Record, item: Mapping[str, Any]) -> Told[Outcome]:
    """Any: JSON of our own making."""
    return subjects.told_of(record, item, Outcome, "value")
