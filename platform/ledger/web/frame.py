"""What all pages share: who may see them, the frame around them, and what is said when something is wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Concatenate

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ledger import stores
from ledger.accounts.middleware import MemberRequest
from ledger.accounts.models import Project
from ledger.api.errors import TOO_MUCH
from ledger.domain.errors import BadParameter
from ledger.domain.questions import Dimension
from ledger.store.errors import QueryRefused, StoreUnavailable
from ledger.store.summaries import values_of
from ledger.web.scope import RANGES, Scope

ENVIRONMENT = Dimension("environment")
TIME = ("range", "from", "to", "cursor")
"""What another time does away with: a cursor belongs to the time it was made for."""

type Page[**P] = Callable[Concatenate[MemberRequest, P], HttpResponse]


def page[**P](view: Page[P]) -> Page[P]:
    """A page for members of a project. It holds prompts, so no cache may keep it."""

    @never_cache
    @require_safe
    @login_required
    @wraps(view)
    def guarded(request: MemberRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.project is None:
            return problem(request, 403, "No project yet", "Ask an owner of a project to make you a member.")
        try:
            return view(request, *args, **kwargs)
        except BadParameter as error:
            return problem(request, 400, "This address can't be read", str(error))
        except StoreUnavailable as error:
            return store_is_down(request, error)
        except QueryRefused as error:
            if error.code not in TOO_MUCH:
                raise
            return too_much(request)

    return guarded  # type: ignore[return-value]  # Django's decorators forget that the request is a member's


def store_is_down(request: HttpRequest, error: StoreUnavailable) -> HttpResponse:
    """Nothing is lost meanwhile: ingest keeps what it accepts on its own disk."""
    what = (
        "The store doesn't answer, so there is nothing to show right now. Spans that arrive in the meantime are kept "
        "and will appear. Reload in a moment; if it stays like this, look at the log of ClickHouse or its gateway."
    )
    return problem(request, 503, "The store is not available", what, f"ClickHouse at {error.address}")


def too_much(request: HttpRequest) -> HttpResponse:
    """A day is asked for instead: all pages take it, and what it shows can be narrowed from there."""
    what = "Answering this would take more reading than one page may. Choose a shorter time or a narrower filter."
    return problem(request, 400, "Too much at once", what, back=("The last 24 hours", f"{request.path}?range=24h"))


def problem(
    request: HttpRequest, status: int, title: str, what: str, details: str = "", back: tuple[str, str] | None = None
) -> HttpResponse:
    """`back` is where one can go instead, and its address."""
    said = {"title": title, "what": what, "details": details, "back": back}
    return render(request, "problem.html", said, status=status)


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the rail."""

    name: str
    label: str
    address: str


def places(scope: Scope | None) -> tuple[Place, ...]:
    """Where one can go: to pages of the same time and filters, but to all routes and all models."""
    alike = f"?{scope.address()}" if scope else ""
    routes, models = (f"?{scope.lacking(name)}" if scope else "" for name in ("route", "model"))
    return (
        Place("overview", "Overview", reverse("web:overview") + alike),
        Place("routes", "Routes", reverse("web:routes") + routes),
        Place("models", "Models", reverse("web:models") + models),
        Place("traces", "Traces", reverse("web:traces") + alike),
        Place("prices", "Prices", reverse("web:prices")),
    )


@dataclass(frozen=True, slots=True)
class Frame:
    """What the bars around a page hold. Without a scope there is no time and no environment to choose."""

    place: str
    projects: list[Project]
    scope: Scope | None = None
    environments: list[str] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)
    """What the choice of another time must send along."""

    @property
    def places(self) -> tuple[Place, ...]:
        return places(self.scope)

    @property
    def ranges(self) -> dict[str, str]:
        """Each choice of time, and what its button says."""
        return {choice: label for choice, (label, _, _) in RANGES.items()}


def frame(request: MemberRequest, place: str, scope: Scope | None = None) -> Frame:
    others = Project.objects.filter(memberships__user=request.user).exclude(pk=request.project.pk).order_by("name")
    if scope is None:
        return Frame(place, list(others))
    known = values_of(stores.reader(), request.project.id, scope.window, ENVIRONMENT)
    kept = [(name, value) for name, values in request.GET.lists() if name not in TIME for value in values]
    return Frame(place, list(others), scope, known, kept)
