"""Scores as they come in at the door, checked by pydantic, and as the spool carries them."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from ingest.batch import Part
from ingest.cursor import Body
from ingest.elements import Elements, elements
from ingest.limits import SCORES
from ingest.payload import packed
from ingest.redaction.redactor import Redactor
from ledger.domain.score import Score

type TraceId = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{32}$", to_lower=True)]
type SpanId = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{16}$", to_lower=True)]
type Word = Annotated[str, StringConstraints(max_length=256)]
type Name = Annotated[str, StringConstraints(min_length=1, max_length=256, strip_whitespace=True)]
type Id = Annotated[str, StringConstraints(min_length=1, max_length=256)]
type Prose = Annotated[str, StringConstraints(max_length=65_536)]


class SentScore(BaseModel):
    """One element of `POST /v1/scores`."""

    model_config = ConfigDict(extra="forbid")

    trace_id: TraceId
    span_id: SpanId | None = None
    name: Name
    value: bool | Annotated[float, Field(allow_inf_nan=False)] | Prose = Field(union_mode="smart")
    label: Word | None = None
    reason: Prose | None = None
    source: Literal["human", "judge", "code", "user"]
    evaluator_version: Word | None = None
    segment: Word | None = None
    timestamp: AwareDatetime | None = None
    id: Id | None = None

    def kept(self) -> Score:
        """Yes and no are 1 and 0, a text is a label; a score without an id gets one here, once."""
        text = self.value if isinstance(self.value, str) else ""
        return Score(
            trace_id=self.trace_id,
            span_id=self.span_id or "",
            name=self.name,
            value=None if isinstance(self.value, str) else float(self.value),
            label=self.label or text[:256],
            reason=self.reason or "",
            source=self.source,
            evaluator_version=self.evaluator_version or "",
            segment=self.segment or "",
            timestamp=self.timestamp.astimezone(UTC) if self.timestamp else None,
            id=self.id or uuid4().hex,
        )


def scores(body: Body) -> Elements[Score]:
    """The scores of a request."""
    found = elements(body, SentScore, "scores", SCORES)
    return Elements([sent.kept() for sent in found.taken], found.wrong)


def redacted(score: Score, redactor: Redactor) -> Score:
    return redactor.score(score)


def part_of(found: Sequence[Score], _at: int) -> Part:
    payload = packed(found)
    return Part(content="scores", spans=0, size=len(payload) * 4, payload=payload)


def score_of(item: Mapping[str, Any]) -> Score:
    """A score out of the spool. Any: JSON of our own making."""
    value = item["value"]
    said = item["timestamp"]
    return Score(
        **dict(item)
        | {
            "timestamp": datetime.fromisoformat(said) if said else None,
            "value": value if value is None or math.isfinite(value) else None,
        }
    )
