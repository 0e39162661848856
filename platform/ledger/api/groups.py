"""Routes, models, users and sessions with their figures."""

from ninja import Query, Router

from ledger import stores
from ledger.api.access import ApiRequest, Needs
from ledger.api.paging import MOST_ITEMS, Page, page, read_cursor
from ledger.api.parameters import Portion, Stretch
from ledger.api.strict import strict
from ledger.api.wire import Money, Shown
from ledger.domain.errors import BadParameter
from ledger.domain.questions import MOST_ROWS, Dimension, read_filters, read_limit
from ledger.store.summaries import Summary, summaries

router = Router(tags=["metrics"], auth=Needs("read"))


class Asked(Stretch, Portion):
    """A window, what to look at in it, and how much of the list."""


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
    cursor: str | None


class Models(Shown):
    items: list[ModelFigures]
    cursor: str | None


class Users(Shown):
    items: list[UserFigures]
    cursor: str | None


class Sessions(Shown):
    items: list[SessionFigures]
    cursor: str | None


@router.get("/routes", response=Routes)
@strict
def routes(request: ApiRequest, asked: Query[Asked]) -> Routes:
    """Each route with its calls, cost, failures, latency and scores; most calls first."""
    found = summed_up(request, Dimension("route"), asked)
    return Routes(items=[RouteFigures(route=each.name, **figures(each)) for each in found.items], cursor=found.cursor)


@router.get("/models", response=Models)
@strict
def models(request: ApiRequest, asked: Query[Asked]) -> Models:
    """Each model with its calls, cost, failures, latency and scores; most calls first."""
    found = summed_up(request, Dimension("model"), asked)
    return Models(items=[ModelFigures(model=each.name, **figures(each)) for each in found.items], cursor=found.cursor)


@router.get("/users", response=Users)
@strict
def users(request: ApiRequest, asked: Query[Asked]) -> Users:
    """Each user with their calls, cost, failures, latency and scores; most calls first."""
    found = summed_up(request, Dimension("user"), asked)
    return Users(items=[UserFigures(user=each.name, **figures(each)) for each in found.items], cursor=found.cursor)


@router.get("/sessions", response=Sessions)
@strict
def sessions(request: ApiRequest, asked: Query[Asked]) -> Sessions:
    """Each session with its calls, cost, failures, latency and scores; most calls first."""
    found = summed_up(request, Dimension("session"), asked)
    return Sessions(
        items=[SessionFigures(session=each.name, **figures(each)) for each in found.items], cursor=found.cursor
    )


def summed_up(request: ApiRequest, by: Dimension, asked: Asked) -> Page[Summary]:
    found = summaries(
        stores.reader(),
        request.auth.project.id,
        asked.window,
        by,
        filters=read_filters(asked.filters),
        limit=reach(asked) + 1,
    )
    return page(found, asked.limit, asked.cursor)


def reach(asked: Asked) -> int:
    """How many are looked at, those of earlier answers among them; more than one question holds is refused, not cut."""
    end = read_cursor(asked.cursor) + read_limit(asked.limit, MOST_ITEMS)
    if asked.cursor is not None and end > MOST_ROWS:
        expected = f"the first {MOST_ROWS:,} at most; for the others ask for a shorter window, or with a filter"
        raise BadParameter("cursor", asked.cursor, expected)
    return end


def figures(summary: Summary) -> dict[str, object]:
    return Figures.model_validate(summary).model_dump(round_trip=True)
