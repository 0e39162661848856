"""Whom an outcome or a charge is about, as it comes in at the door and as the spool carries it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, model_validator

from ingest.batch import Content, Part
from ingest.conventions.table import short
from ingest.conventions.values import as_text
from ingest.payload import packed
from ingest.redaction.redactor import Redactor
from ingest.scores import TraceId
from ledger.domain.charge import Charge
from ledger.domain.money import read_money
from ledger.domain.outcome import Outcome, Subject
from ledger.store.told import STEP


def as_in_spans(sent: object) -> object:
    """A session's name as the conventions read it: without space around it, a number as text, no longer than theirs."""
    return short(as_text(sent)) if isinstance(sent, str | int) else sent


type SessionId = Annotated[str, StringConstraints(min_length=1), BeforeValidator(as_in_spans)]
type Money = Annotated[Decimal, BeforeValidator(read_money)]


class Sent(BaseModel):
    """Exactly one of a trace and a session."""

    model_config = ConfigDict(extra="forbid", strict=True)

    trace_id: TraceId | None = None
    session_id: SessionId | None = None

    @model_validator(mode="after")
    def of_one_subject(self) -> Self:
        if (self.trace_id is None) == (self.session_id is None):
            raise ValueError("name either a trace_id or a session_id")
        return self

    @property
    def subject(self) -> Subject:
        return "session" if self.trace_id is None else "trace"

    @property
    def subject_id(self) -> str:
        return self.trace_id or self.session_id or ""


def redacted[T: Outcome | Charge](held: T, redactor: Redactor, words: tuple[str, ...]) -> T | None:
    """A session is known by its text, which is redacted as in spans; None where it had to be left out."""
    texts = ("subject_id", *words) if held.subject == "session" else words
    kept = redactor.item(held, (), texts)
    return kept if kept.subject_id else None


def part_of(content: Content, found: Sequence[object], at: int) -> Part:
    """Each with a time of its own, by which the newest is known."""
    payload = packed([{"received_at": at + STEP * place, "thing": one} for place, one in enumerate(found)])
    return Part(content=content, spans=0, size=len(payload) * 4, payload=payload)
