"""Short lists: the routes, models, users or sessions of a window, and what a dimension's values are."""

from dataclasses import dataclass
from decimal import Decimal
from typing import cast
from uuid import UUID

from ledger.domain.questions import Dimension, Filter, Measure, Question
from ledger.domain.windows import Window
from ledger.store.clauses import STEPS, Clauses, bounds, step_column
from ledger.store.client import Store
from ledger.store.metrics import MetricRow, measure
from ledger.store.pieces import piece
from ledger.store.scores import score_names

MEASURES = tuple(map(Measure, ("calls", "failures", "cost", "failure_rate", "latency_p95")))
MOST_SCORES = 20


@dataclass(frozen=True, slots=True)
class Summary:
    """One route, model, user or session; `name` is None for the calls of which the client did not say."""

    name: str | None
    calls: int
    failures: int
    cost: Decimal | None
    failure_rate: float | None
    latency_p95: float | None
    scores: dict[str, float]
    """Means by the score's name, of the scores that it has."""


def summaries(
    store: Store, project: UUID, window: Window, by: Dimension, *, filters: tuple[Filter, ...] = (), limit: int = 50
) -> list[Summary]:
    """Each value of a dimension with its figures in the window, most calls first."""
    scores = tuple(Measure(f"score.{name}") for name in score_names(store, project, window, MOST_SCORES))
    question = Question(window, MEASURES + scores, by=(by,), filters=filters, limit=limit)
    return [summary(by, scores, row) for row in measure(store, project, question).rows]


def summary(by: Dimension, scores: tuple[Measure, ...], row: MetricRow) -> Summary:
    figures = row.figures
    means = {score.score: figures[score.name] for score in scores}
    return Summary(
        name=row.group[by.name],
        calls=cast(int, figures["calls"]),
        failures=cast(int, figures["failures"]),
        cost=cast(Decimal | None, figures["cost"]),
        failure_rate=cast(float | None, figures["failure_rate"]),
        latency_p95=cast(float | None, figures["latency_p95"]),
        scores={name: float(mean) for name, mean in means.items() if mean is not None},
    )


def values_of(
    store: Store, project: UUID, window: Window, dimension: Dimension, *, containing: str = "", limit: int = 50
) -> list[str]:
    """Known values of a dimension, most frequent first: suggestions for a filter."""
    clauses = Clauses((dimension,), ())
    column = clauses.column(dimension)
    of_step = dimension.name in STEPS
    of_trace = piece("metrics", "values_of_steps", column=step_column(dimension)) if of_step else said_by_trace(column)
    text = piece("metrics", "values", column=column, of_trace=of_trace, stretch=piece("metrics", "window"))
    limits = bounds(window) | clauses.values() | {"containing": containing, "rows": limit}
    return [row["value"] for row in store.select(text, project=project, **limits)]


def said_by_trace(column: str) -> str:
    return piece("metrics", "value_of_trace", column=column)
