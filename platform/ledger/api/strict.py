"""Refuses what an endpoint does not know, instead of leaving it out silently."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from ninja.operation import Operation
from ninja.utils import contribute_operation_callback

from ledger.api.errors import UnknownParameter

type View = Callable[..., Any]  # Any: a view's parameters and answer are its own


def strict(view: View) -> View:
    """Mark a view: a query parameter that its signature doesn't have is answered with 400."""
    contribute_operation_callback(view, refuse_unknown)
    return view


def refuse_unknown(operation: Operation) -> None:
    known = sorted(
        name for model in operation.models if model.__ninja_param_source__ == "query" for name in names(model)
    )
    operation.view_func = refusing(operation.view_func, known)


def names(model: Any) -> list[str]:  # Any: the flattened names are ninja's own affair
    return list(model.__ninja_flatten_map__)


def refusing(view: View, known: list[str]) -> View:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        unknown = sorted(set(request.GET) - set(known))
        if unknown:
            raise UnknownParameter(unknown, known)
        return view(request, *args, **kwargs)

    return checked
