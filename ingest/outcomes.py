"""Outcomes as they come in at the door, and as the spool carries them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, Field

from ingest import subjects
from ingest.batch import Part
from ingest.cursor import Body
from ingest.elements import Elements, elements
from ingest.limits import OUTCOMES
from ingest.redaction.redactor import Redactor
from ingest.scores import Id, Name
from ingest.spool import Record
from ledger.domain.outcome import Outcome
from ledger.domain.windows import EARLIEST
from ledger.store.told import Told


def of_this_age(time: datetime) -> datetime:
    if time < EARLIEST:
        raise ValueError("an outcome was not known before 1970")
    return time


class SentOutcome(subjects.Sent):
    """One element of `POST /v1/outcomes`."""

    success: bool
    value: subjects.Money | None = None
    name: Name | None = None
    id: Id | None = None
    timestamp: Annotated[AwareDatetime, Field(strict=False), AfterValidator(of_this_age)] | None = None

    def kept(self) -> Outcome:
        return Outcome(
            subject=self.subject,
            subject_id=self.subject_id,
            name=self.name or "",
            success=self.success,
            value=self.value,
            id=self.id or "",
            known_at=self.timestamp.astimezone(UTC) if self.timestamp else None,
        )


def outcomes(body: Body) -> Elements[Outcome]:
    """The outcomes of a request."""
    found = elements(body, SentOutcome, "outcomes", OUTCOMES, Decimal)
    return Elements([sent.kept() for sent in found.taken], found.wrong)


def redacted(outcome: Outcome, redactor: Redactor) -> Outcome | None:
    return subjects.redacted(outcome, redactor, ("name", "id"))


def part_of(found: Sequence[Outcome], at: int) -> Part:
    return subjects.part_of("outcomes", found, at)


def outcome(record: Record, item: Mapping[str, Any]) -> Told[Outcome]:
    """Out of the spool. Any: JSON of our own making."""
    held = item["thing"]
    value, known_at = held["value"], held["known_at"]
    made = Outcome(
        **held
        | {
            "value": None if value is None else Decimal(value),
            "known_at": datetime.fromisoformat(known_at) if known_at else None,
        }
    )
    return Told(record.project, made, item["received_at"])
