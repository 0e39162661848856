"""The pages: fetch and render."""

from collections.abc import Iterator
from datetime import timedelta
from typing import get_args
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from ledger import stores
from ledger.accounts.middleware import MemberRequest
from ledger.accounts.models import ApiKey, Project
from ledger.domain.errors import BadParameter
from ledger.domain.prices import Price
from ledger.domain.questions import Dimension
from ledger.domain.span import Status, Value
from ledger.domain.windows import Window
from ledger.prices.book import history
from ledger.prices.models import PriceRow
from ledger.store.differences import differences
from ledger.store.summaries import values_of
from ledger.store.traces import SpanDetail, TraceDetail, list_traces, read_sort, read_trace
from ledger.web import comparison, conversation, heat
from ledger.web.arithmetic import CLASSES, lines
from ledger.web.comparison import Side
from ledger.web.frame import frame, page
from ledger.web.lateness import lateness
from ledger.web.overview import has_traces, models_by_route, overview
from ledger.web.prices import COLUMNS, SOURCES, Asked, ShownPrice, book, providers
from ledger.web.repricings import repricings
from ledger.web.scope import Scope, read_scope, spoken
from ledger.web.waterfall import steps
from ledger.web.whatif import WORD, can_be_asked, what_if

THEMES = {"": "dark", "dark": "light", "light": ""}
"""Which theme follows which; empty is the system's."""

YEAR = 365 * 24 * 3600
LOOKED_BACK = timedelta(days=30)
"""For how long costs are held against what clients say of them."""
MOST_DIFFERENCES = 50
LISTED = ("route", "model")
"""What the filters of traces offer as a list."""
FIELDS = (*LISTED, "status", "user")
"""What they have a field for."""


@page
def show_overview(request: MemberRequest) -> HttpResponse:
    now = timezone.now()
    scope = read_scope(request.GET, now)
    measured = request.GET.get("measure", "cost")
    if measured not in heat.MEASURES:
        raise BadParameter("measure", measured, f"one of {', '.join(heat.MEASURES)}")
    table = models_by_route(stores.reader(), request.project.id, scope, heat.MEASURES[measured])
    shown = {"table": table, "measures": heat.MEASURES, "measured": measured, "scope": scope}
    if not table.lines:
        return show_nothing(request, scope)
    told = {
        "seen": overview(stores.reader(), request.project.id, scope),
        "late": lateness(stores.reader(), request.project.id, scope, now),
    }
    return render(request, "web/overview.html", {**shown, **told, "frame": frame(request, "overview", scope)})


@page
def show_routes(request: MemberRequest) -> HttpResponse:
    return show_side(request, comparison.ROUTES)


@page
def show_models(request: MemberRequest) -> HttpResponse:
    return show_side(request, comparison.MODELS)


def show_side(request: MemberRequest, side: Side) -> HttpResponse:
    """All routes or models side by side; where the address chooses one, what that one is made up of."""
    now = timezone.now()
    scope = read_scope(request.GET, now)
    one = scope.one(side.name)
    inside = side if one is None else comparison.SIDES[side.across]
    compared = comparison.compare(stores.reader(), request.project.id, scope, inside)
    chosen: dict[str, object] = {"side": side, "one": one, "all": scope.lacking(side.name)}
    shown = {**chosen, "compared": compared, "scope": scope}
    if one is not None:
        shown |= {"late": lateness(stores.reader(), request.project.id, scope, now), **tried(request, scope)}
    template = "web/side.html" if one is None else "web/one.html"
    return render(request, template, {**shown, "frame": frame(request, side.plural, scope)})


def tried(request: MemberRequest, scope: Scope) -> dict[str, object]:
    """The form that asks what if, where it can be asked, and the answer where it was."""
    if not can_be_asked(scope):
        return {}
    asked: dict[str, object] = {"fields": scope.fields()}
    if WORD not in request.GET:
        return asked
    return asked | {"whatif": what_if(stores.reader(), request.project.id, scope, request.GET)}


def show_nothing(request: MemberRequest, scope: Scope) -> HttpResponse:
    """An overview without a call: a wrong window or filter is told, a new project is helped."""
    context = {
        "frame": frame(request, "overview", scope),
        "scope": scope,
        "ever": has_traces(stores.reader(), request.project.id),
        "endpoint": endpoint(request),
        "keys": ApiKey.objects.filter(project=request.project, kind="ingest", revoked_at=None),
    }
    return render(request, "web/nothing.html", context)


def endpoint(request: HttpRequest) -> str:
    """Where clients send to: the host by which the browser came here, on ingest's port."""
    host = urlsplit(f"//{request.get_host()}").hostname or ""
    named = f"[{host}]" if ":" in host else host
    return f"{request.scheme}://{named}:{settings.ENVIRONMENT.otlp_http_port}"


@page
def show_traces(request: MemberRequest) -> HttpResponse:
    scope = read_scope(request.GET, timezone.now())
    sort, q = read_sort(request.GET.get("sort", "start")), request.GET.get("q", "")
    cursor = request.GET.get("cursor")
    found = list_traces(
        stores.reader(), request.project.id, scope.window, scope.trace_filters, q=q, sort=sort, cursor=cursor
    )
    shown = {"found": found, "scope": scope, "sort": sort, "q": q, "cursor": cursor, "chips": chips(scope)}
    known = {name: values_of(stores.reader(), request.project.id, scope.window, Dimension(name)) for name in LISTED}
    form = {"known": known, "statuses": get_args(Status), "fields": scope.fields(*FIELDS)}
    return render(request, "web/traces.html", {**shown, **form, "frame": frame(request, "traces", scope)})


def chips(scope: Scope) -> list[tuple[str, str]]:
    """The filters that no field shows, each with the address that lacks it."""
    return [(spoken(text), scope.without(text)) for text in scope.others(*FIELDS, "environment")]


@page
def show_trace(request: MemberRequest, trace_id: str) -> HttpResponse:
    trace = read_trace(stores.reader(), request.project.id, trace_id.lower(), request.GET.get("cursor"))
    if trace is None or not trace.spans:
        raise Http404("This project has no such trace.")
    walked = steps(trace)
    chosen = next((step for step in walked if step.span.span_id == request.GET.get("span")), walked[0])
    shown = {"trace": trace, "chosen": chosen, **told(request, trace, chosen.span)}
    if asks_for(request, "step"):
        return render(request, "web/trace.html#step", shown)
    return render(request, "web/trace.html", {**shown, "frame": frame(request, "traces"), "steps": walked})


def told(request: MemberRequest, trace: TraceDetail, span: SpanDetail) -> dict[str, object]:
    """What the selected step said, its money spelled out, and how it was judged."""
    price = price_of(request.project, span)
    return {
        "said": {"Input": conversation.read(span.input), "Output": conversation.read(span.output)},
        "lines": lines(span.usage, price, span.tier, span.start),
        "price": price,
        "scores": [score for score in trace.scores if score.span_id in ("", span.span_id)],
        "events": [(event.name, conversation.pretty(event.attributes)) for event in span.events],
        "attributes": {name: conversation.pretty(value) for name, value in facts(span)},
    }


def facts(span: SpanDetail) -> Iterator[tuple[str, Value]]:
    """What the client said of a span, under the client's own names, and what the ledger understood."""
    understood = {
        "span id": span.span_id,
        "instrumentor": span.scope,
        "service": span.service,
        "operation": span.operation,
        "response id": span.response_id,
        "finish reasons": ", ".join(span.finish_reasons),
        "cost status": span.cost_status,
        "mended at the door": ", ".join(span.flags),
    }
    yield from ((name, value) for name, value in understood.items() if value)
    yield from span.attributes.items()
    yield from span.resource.items()


@page
def show_prices(request: MemberRequest) -> HttpResponse:
    now = timezone.now()
    asked = Asked.read(request.GET, now)
    shown = {
        "asked": asked,
        "book": book(request.project, asked, now),
        "own": [(row, ShownPrice.of(row.price())) for row in history(request.project, "", "")],
        "repricings": repricings(request.project),
        "differences": differences(
            stores.reader(), request.project.id, Window(now - LOOKED_BACK, now), MOST_DIFFERENCES
        ),
        "looked_back": LOOKED_BACK.days,
        "providers": providers(request.project),
        "sources": SOURCES,
        "columns": [CLASSES[name] for name in COLUMNS],
    }
    return render(request, "web/prices.html", {**shown, "frame": frame(request, "prices")})


def price_of(project: Project, span: SpanDetail) -> Price | None:
    """The version of the price that the span was settled with."""
    if not span.price_id:
        return None
    row = PriceRow.objects.seen_by(project).filter(price_id=span.price_id, version=span.price_version).first()
    return row.price() if row else None


@require_POST
def change_theme(request: HttpRequest) -> HttpResponse:
    """The next theme, kept in a cookie for a year."""
    theme = THEMES.get(request.COOKIES.get("theme", ""), "")
    back = request.POST.get("next", "/")
    mine = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    response = redirect(back if mine else "/")
    response.set_cookie("theme", theme, max_age=YEAR, samesite="Lax", httponly=True)
    return response


def asks_for(request: MemberRequest, part: str) -> bool:
    """Whether a script wants only the element of this id, to put it in the place of the old one."""
    return request.headers.get("HX-Target") == part
