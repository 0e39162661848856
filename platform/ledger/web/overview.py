"""What the overview says: figures with how sure they are, what happened when, and the model × route table."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from ledger.domain.questions import Dimension, Interval, Measure, Question
from ledger.domain.windows import EARLIEST, LATEST, Window
from ledger.store.client import Store
from ledger.store.metrics import Answer, Figure, measure
from ledger.store.scores import given_scores
from ledger.web.charts import Bar, bars, steps
from ledger.web.heat import MODELS_SHOWN, ROUTES_SHOWN, HeatTable, Shown, heat_table
from ledger.web.readings import SCORES_READ, Gap, Reading, gaps, measured, read_answer
from ledger.web.scope import Scope

MODEL, ROUTE = Dimension("model"), Dimension("route")
TRACES = Measure("traces")
CHARTED = ("calls", "failures", "cost")
NOTHING: dict[str, Figure] = {"calls": 0, "failures": 0, "cost": Decimal(0)}
"""A step of time in which nothing was called cost nothing."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of time: its figures, its two bars and the query of its traces."""

    time: datetime
    calls: Figure
    failures: Figure
    cost: Figure
    calls_bar: Bar
    cost_bar: Bar
    address: str


@dataclass(frozen=True, slots=True)
class Overview:
    figures: dict[str, Figure]
    readings: tuple[Reading, ...]
    gaps: tuple[Gap, ...]
    interval: Interval
    steps: tuple[Step, ...]
    peak_calls: Figure
    peak_cost: Figure


def overview(store: Store, project: UUID, scope: Scope) -> Overview:
    """The window's figures, and its course: two questions, since what tasks were worth is not drawn."""
    scores = given_scores(store, project, scope.window, SCORES_READ)
    answer = measure(store, project, question(scope, measured(scores)))
    drawn = course(measure(store, project, question(scope, CHARTED, interval=scope.interval)), scope)
    return Overview(
        figures=answer.total,
        readings=read_answer(answer, answer.total, scores),
        gaps=tuple(gaps(answer.total)),
        interval=scope.interval,
        steps=tuple(drawn),
        peak_calls=max((step.calls for step in drawn if step.calls is not None), default=None),
        peak_cost=max((step.cost for step in drawn if step.cost is not None), default=None),
    )


def question(
    scope: Scope, names: tuple[str, ...], *by: Dimension, interval: Interval = "none", limit: int = 10_000
) -> Question:
    return Question(
        window=scope.window,
        measures=tuple(Measure(name) for name in names),
        by=by,
        interval=interval,
        filters=scope.filters,
        limit=limit,
    )


def course(answer: Answer, scope: Scope) -> list[Step]:
    """Every step of the window; the store answers only those in which something was called."""
    times = list(steps(scope.window, scope.interval))
    rows = {row.time: row.figures for row in answer.rows if row.time is not None}
    calls, failures, cost = ({time: row[name] for time, row in rows.items()} for name in CHARTED)
    drawn = zip(times, bars(times, scope.interval, calls, failures), bars(times, scope.interval, cost), strict=True)
    return [step(rows.get(time, NOTHING), scope, time, calls_bar, cost_bar) for time, calls_bar, cost_bar in drawn]


def step(figures: dict[str, Figure], scope: Scope, time: datetime, calls_bar: Bar, cost_bar: Bar) -> Step:
    since, until = max(time, scope.window.since), min(calls_bar.until, scope.window.until)
    return Step(
        time=time,
        calls=figures["calls"],
        failures=figures["failures"],
        cost=figures["cost"],
        calls_bar=calls_bar,
        cost_bar=cost_bar,
        address=scope.within(since, until),
    )


def models_by_route(store: Store, project: UUID, scope: Scope, shown: Shown) -> HeatTable:
    """Routes and models in order of the calls' money, whichever measure is shown: rows stay where they were."""
    names = tuple(dict.fromkeys(("cost", "calls", "unpriced_calls", shown.name, shown.counted)))
    ask = {
        "pairs": question(scope, names, ROUTE, MODEL),
        "routes": question(scope, names, ROUTE, limit=ROUTES_SHOWN),
        "models": question(scope, names, MODEL, limit=MODELS_SHOWN),
    }
    answers = {name: measure(store, project, asked) for name, asked in ask.items()}
    return heat_table(shown, answers["pairs"], answers["routes"], answers["models"], scope)


def has_traces(store: Store, project: UUID) -> bool:
    """Whether anything was ever sent: an empty window and an empty project want different words."""
    everything = Question(Window(EARLIEST, LATEST), (TRACES,))
    return bool(measure(store, project, everything).total["traces"])
