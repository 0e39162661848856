"""Suites and their runs."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from evals.suite import Metric, Suite, shipped
from ledger import stores
from ledger.api.access import ApiRequest, Needs
from ledger.api.errors import Missing
from ledger.api.paging import page
from ledger.api.parameters import Portion
from ledger.api.strict import strict
from ledger.api.wire import Money, Shown, Time
from ledger.runs.models import Run
from ledger.store.evaluations import Graded, graded

router = Router(tags=["suites"], auth=Needs("read"))


class ShownMetric(Shown):
    name: str
    kind: str
    about: str
    direction: Literal["up", "down"]
    min_effect: float
    gate: bool


class ShownSuite(Shown):
    name: str
    version: int
    digest: str
    about: str
    metrics: list[ShownMetric]
    run: str | None = Field(description="The run of live traffic")


class Suites(Shown):
    items: list[ShownSuite]
    cursor: str | None


class Measured(Shown):
    """One metric over the cases it could judge; `verdict` needs another run to compare with."""

    name: str
    n: int
    mean: float | None
    interval: tuple[float, float] | None = Field(description="95 %")
    verdict: None = None


class ShownRun(Shown):
    id: str
    state: str
    progress: float | None = Field(description="From 0 to 1; null for a run of live traffic, which has no end")
    suite: str
    version: int
    started_at: Time
    cases: int
    metrics: list[Measured]
    cost: Money | None


@router.get("/suites", response=Suites)
@strict
def suites(request: ApiRequest, asked: Query[Portion]) -> Suites:
    """The suites that are there, each with the run that follows live traffic."""
    runs = {run.suite: str(run.pk) for run in Run.objects.filter(finished_at=None)}
    part = page(list(shipped().values()), asked.limit, asked.cursor)
    return Suites(items=[shown_suite(suite, runs.get(suite.name)) for suite in part.items], cursor=part.cursor)


@router.get("/runs/{run_id}", response=ShownRun)
@strict
def run(request: ApiRequest, run_id: str) -> ShownRun:
    """How far a run is, and what it has found in this project."""
    found = Run.objects.filter(pk=known_id(run_id)).first()
    suite = shipped().get(found.suite) if found else None
    if found is None or suite is None:
        raise Missing("run", run_id)
    return shown_run(found, suite, results(request.auth.project.id, suite, found.started_at))


def known_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Missing("run", text) from error


def results(project: UUID, suite: Suite, since: datetime) -> dict[str, Graded]:
    evaluators = [metric.evaluator.versioned for metric in suite.metrics]
    return graded(stores.reader(), project, [metric.name for metric in suite.metrics], evaluators, since)


def shown_suite(suite: Suite, run_id: str | None) -> ShownSuite:
    return ShownSuite(
        name=suite.name,
        version=suite.version,
        digest=suite.digest,
        about=suite.about,
        metrics=[shown_metric(metric) for metric in suite.metrics],
        run=run_id,
    )


def shown_metric(metric: Metric) -> ShownMetric:
    return ShownMetric(about=metric.evaluator.about, **metric.model_dump())


def shown_run(run: Run, suite: Suite, found: dict[str, Graded]) -> ShownRun:
    return ShownRun(
        id=str(run.pk),
        state=run.state,
        progress=None if run.finished_at is None else 1.0,
        suite=run.suite,
        version=run.version,
        started_at=run.started_at,
        cases=found[""].n if "" in found else 0,
        metrics=[measured(metric, found.get(metric.name, Graded(0, None))) for metric in suite.metrics],
        cost=run.cost,
    )


def measured(metric: Metric, figures: Graded) -> Measured:
    return Measured(name=metric.name, n=figures.n, mean=figures.mean, interval=figures.interval)
