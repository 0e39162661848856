"""Routes, models, users and sessions with their figures."""

from ninja import Query, Router
from pydantic import Field

from ledger import stores
from ledger.api.access import ApiRequest, Needs
from ledger.api.paging import MOST_ITEMS
from ledger.api.parameters import Stretch
from ledger.api.strict import strict
from ledger.api.wire import Money, Shown
from ledger.domain.questions import Dimension, read_filters, read_limit
from ledger.store.summaries import Summary, summaries

router = Router(tags=["metrics"], auth=Needs("read"))


class Asked(Stretch):
    limit: int = Field(50, description="500 at most")


class Figures(Shown):
    calls: int
    failures: int
    cost: Money | None
    failure_rate: float | None
    latency_p95: float | None
    scores: dict[str, float]


class RouteFigures(Figures):
    route: str | None


class ModelFigures(Figures):
    model: str | None


class UserFigures(Figures):
    user: str | None


class SessionFigures(Figures):
    session: str | None


class Routes(Shown):
    items: list[RouteFigures]
    cursor: None = None


class Models(Shown):
    items: list[ModelFigures]
    cursor: None = None


class Users(Shown):
    items: list[UserFigures]
    cursor: None = None


class Sessions(Shown):
    items: list[SessionFigures]
    cursor: None = None


@router.get("/routes", response=Routes)
@strict
def routes(request: ApiRequest, asked: Query[Asked]) -> Routes:
    """Each route with its calls, cost, failures, latency and scores; most calls first."""
    found = summed_up(request, Dimension("route"), asked)
    return Routes(items=[RouteFigures(route=each.name, **figures(each)) for each in found])


@router.get("/models", response=Models)
@strict
def models(request: ApiRequest, asked: Query[Asked]) -> Models:
    """Each model with its calls, cost, failures, latency and scores; most calls first."""
    found = summed_up(request, Dimension("model"), asked)
    return Models(items=[ModelFigures(model=each.name, **figures(each)) for each in found])


@router.get("/users", response=Users)
@strict
def users(request: ApiRequest, asked: Query[Asked]) -> Users:
    """Each user with their calls, cost, failures, latency and scores; most calls first."""
    found = summed_up(request, Dimension("user"), asked)
    return Users(items=[UserFigures(user=each.name, **figures(each)) for each in found])


@router.get("/sessions", response=Sessions)
@strict
def sessions(request: ApiRequest, asked: Query[Asked]) -> Sessions:
    """Each session with its calls, cost, failures, latency and scores; most calls first."""
    found = summed_up(request, Dimension("session"), asked)
    return Sessions(items=[SessionFigures(session=each.name, **figures(each)) for each in found])


def summed_up(request: ApiRequest, by: Dimension, asked: Asked) -> list[Summary]:
    return summaries(
        stores.reader(),
        request.auth.project.id,
        asked.window,
        by,
        filters=read_filters(asked.filters),
        limit=read_limit(asked.limit, MOST_ITEMS),
    )


def figures(summary: Summary) -> dict[str, object]:
    return Figures.model_validate(summary).model_dump(round_trip=True)
