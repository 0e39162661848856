"""What the overview says: figures with how sure they are, what happened when, and the model × route table."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from ledger.domain.intervals import wilson
from ledger.domain.questions import Dimension, Interval, Measure, Question
from ledger.domain.windows import EARLIEST, LATEST, Window
from ledger.store.client import Store
from ledger.store.metrics import Answer, Figure, measure
from ledger.web.charts import Bar, bars, steps
from ledger.web.heat import MODELS_SHOWN, ROUTES_SHOWN, HeatTable, Shown, heat_table
from ledger.web.scope import Scope

MODEL, ROUTE = Dimension("model"), Dimension("route")
TRACES = Measure("traces")
FIGURES = (
    "calls",
    "traces",
    "cost",
    "failures",
    "failure_rate",
    "latency_p95",
    "score.answered",
    "unpriced_calls",
    "unknown_usage_calls",
    "pending_calls",
)
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
class Gap:
    """Calls that a sum of money leaves out, and why."""

    calls: Figure
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Overview:
    figures: dict[str, Figure]
    failure_interval: tuple[float, float] | None
    gaps: tuple[Gap, ...]
    interval: Interval
    steps: tuple[Step, ...]
    peak_calls: Figure
    peak_cost: Figure


def overview(store: Store, project: UUID, scope: Scope) -> Overview:
    """The window's figures and its course, from one question."""
    answer = measure(store, project, question(scope, FIGURES, interval=scope.interval))
    drawn = course(answer, scope)
    failures, calls = answer.total["failures"], answer.total["calls"]
    return Overview(
        figures={name.removeprefix("score."): figure for name, figure in answer.total.items()},
        failure_interval=wilson(float(failures or 0), float(calls or 0)),
        gaps=tuple(gaps(answer)),
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


def gaps(answer: Answer) -> Iterator[Gap]:
    """What the cost leaves out; failed calls without usage are not billed and are no gap."""
    for name, what, reason in (
        ("unpriced_calls", "unpriced", "no price is known for their model"),
        ("unknown_usage_calls", "uncounted", "their client sent no usage"),
        ("pending_calls", "pending", "they came in just now"),
    ):
        if answer.total[name]:
            yield Gap(answer.total[name], what, reason)


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
    names = ("cost", "calls", "unpriced_calls", *(name for name in (shown.name,) if name != "cost"))
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
