"""Routes, or models, side by side; and one of them with the other side by side in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID

from ledger.domain.questions import Dimension
from ledger.store.client import Store
from ledger.store.metrics import Answer, Figure, MetricRow, measure
from ledger.store.scores import GivenScore, given_scores
from ledger.web.overview import question
from ledger.web.readings import SCORES_READ, Gap, Reading, gaps, measured, read_answer
from ledger.web.scope import Scope

MOST_LINES = 100


@dataclass(frozen=True, slots=True)
class Side:
    """What is compared: its dimension, how many are called, and what one of them is made up of."""

    name: str
    plural: str
    across: str

    @property
    def place(self) -> str:
        """The name of its page's address."""
        return f"web:{self.plural}"

    @property
    def dimension(self) -> Dimension:
        return Dimension(self.name)


ROUTES = Side("route", "routes", "model")
MODELS = Side("model", "models", "route")
SIDES = {side.name: side for side in (ROUTES, MODELS)}


@dataclass(frozen=True, slots=True)
class Line:
    """One route or model; `name` is None where the client did not say. `address` is the query of its own page."""

    name: str | None
    readings: tuple[Reading, ...]
    address: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Lines, dearest first, and all of them together, which is more than the lines where `more` were left off."""

    side: Side
    lines: tuple[Line, ...]
    total: tuple[Reading, ...]
    figures: dict[str, Figure]
    gaps: tuple[Gap, ...]
    more: bool

    @classmethod
    def of(cls, side: Side, answer: Answer, scores: Sequence[GivenScore], scope: Scope) -> Self:
        """What is only spoken of where there is any has a column where the total speaks of it."""
        total = read_answer(answer, answer.total, scores)
        labels = [reading.label for reading in total]
        return cls(
            side=side,
            lines=tuple(line(side, row, labels, answer, scores, scope) for row in answer.rows),
            total=total,
            figures=answer.total,
            gaps=tuple(gaps(answer.total)),
            more=answer.truncated,
        )


def line(
    side: Side, row: MetricRow, labels: Sequence[str], answer: Answer, scores: Sequence[GivenScore], scope: Scope
) -> Line:
    said = {reading.label: reading for reading in read_answer(answer, row.figures, scores)}
    readings = tuple(said.get(label) or none_here(label) for label in labels)
    return Line(row.group[side.name], readings, scope.address(**row.group))


def none_here(label: str) -> Reading:
    return Reading(label=label, value=None, kind="money", meaning="", missing="none here")


def compare(store: Store, project: UUID, scope: Scope, side: Side) -> Comparison:
    """All of a window: one question, and one for the names of its scores."""
    scores = given_scores(store, project, scope.window, SCORES_READ)
    asked = replace(question(scope, measured(scores), side.dimension), limit=MOST_LINES)
    return Comparison.of(side, measure(store, project, asked), scores, scope)
