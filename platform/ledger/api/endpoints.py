"""The REST API, put together."""

from typing import NoReturn

from django.http import Http404
from ninja import NinjaAPI, Router

from ledger.api import groups, ingest, metrics, prices, suites, traces
from ledger.api.access import ApiRequest, Needs
from ledger.api.errors import handle_errors
from ledger.api.wire import Renderer

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]

api = NinjaAPI(
    title="Spanledger",
    version="1",
    description="What model calls cost, whether they worked and how good they were.",
    urls_namespace="api",
    docs_url=None,
    renderer=Renderer(),
)
handle_errors(api)

for feature in (metrics, groups, traces, ingest, prices, suites):
    api.add_router("", feature.router)

elsewhere = Router(auth=Needs("read"))


@elsewhere.api_operation(METHODS, "/{path:rest}", include_in_schema=False)
def nothing(request: ApiRequest, rest: str) -> NoReturn:
    """Strangers aren't told which addresses exist."""
    raise Http404


api.add_router("", elsewhere)
