"""The REST API, put together."""

import re
from collections.abc import Callable
from inspect import Parameter, Signature
from typing import NoReturn

from django.http import Http404
from ninja import NinjaAPI, Router

from ledger.api import groups, ingest, jobs, metrics, outcomes, prices, repricing, suites, traces, whatif
from ledger.api.access import ApiRequest, Needs
from ledger.api.errors import WrongMethod, handle_errors
from ledger.api.wire import Renderer

NAMED = re.compile(r"\{(\w+)\}")
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


def refuse_other_methods(router: Router) -> None:
    """What an address doesn't do is told to those alone who may ask there at all."""
    for path, view in list(router.path_operations.items()):
        known = sorted(method for operation in view.operations for method in operation.methods)
        others = [method for method in METHODS if method not in known]
        router.add_api_operation(path, others, refusing(path, known), auth=Needs("read"), include_in_schema=False)


def refusing(path: str, known: list[str]) -> Callable[..., NoReturn]:
    def refuse(request: ApiRequest, **named: str) -> NoReturn:
        raise WrongMethod(str(request.method), known)

    # ninja reads a view's signature, and wants to find there each name of the path.
    names = [Parameter(name, Parameter.KEYWORD_ONLY, annotation=str) for name in NAMED.findall(path)]
    refuse.__signature__ = Signature([Parameter("request", Parameter.POSITIONAL_ONLY), *names])  # type: ignore[attr-defined]
    return refuse


for feature in (metrics, groups, traces, outcomes, ingest, prices, repricing, jobs, whatif, suites):
    refuse_other_methods(feature.router)
    api.add_router("", feature.router)

elsewhere = Router(auth=Needs("read"))


@elsewhere.api_operation(METHODS, "/{path:rest}", include_in_schema=False)
def nothing(request: ApiRequest, rest: str) -> NoReturn:
    """Strangers aren't told which addresses exist."""
    raise Http404


api.add_router("", elsewhere)
