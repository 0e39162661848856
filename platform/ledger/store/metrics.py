"""Figures of calls and traces. One function answers pages, reports, alerts and the API alike."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from ledger.domain.questions import Question
from ledger.domain.windows import Window
from ledger.store.client import Store

type Figure = int | float | Decimal | None
"""A count is an int, money a Decimal, a ratio or a duration in milliseconds a float. None means unknown."""


@dataclass(frozen=True, slots=True)
class MetricRow:
    """The figures of one group, by measure. `group` has a value for each dimension; None means: not said."""

    group: dict[str, str | None]
    time: datetime | None
    figures: dict[str, Figure]


@dataclass(frozen=True, slots=True)
class Answer:
    """Groups in order of time, then by the first measure, highest first; `total` is of everything, cut off or not."""

    window: Window
    rows: tuple[MetricRow, ...]
    total: dict[str, Figure]
    estimated: bool
    """Some calls stand for others that their client left out."""
    truncated: bool
    """There are more groups than the limit let through."""


def measure(store: Store, project: UUID, question: Question) -> Answer:
    """Answer a question from the spans as they are now."""
    raise NotImplementedError
