"""Refuses what an endpoint does not know, instead of leaving it out silently."""

from collections.abc import Callable
from functools import partial, wraps
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


def strict_but(prefix: str) -> Callable[[View], View]:
    """The same, except for parameters whose names begin in this way: the view looks after those itself."""

    def mark(view: View) -> View:
        contribute_operation_callback(view, partial(refuse_unknown, prefix=prefix))
        return view

    return mark


def refuse_unknown(operation: Operation, prefix: str = "") -> None:
    known = sorted(
        name for model in operation.models if model.__ninja_param_source__ == "query" for name in names(model)
    )
    operation.view_func = refusing(operation.view_func, known, prefix)


def names(model: Any) -> list[str]:  # Any: the flattened names are ninja's own affair
    return list(model.__ninja_flatten_map__)


def refusing(view: View, known: list[str], prefix: str) -> View:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        unknown = sorted(name for name in request.GET if name not in known and not (prefix and name.startswith(prefix)))
        if unknown:
            raise UnknownParameter(unknown, known)
        return view(request, *args, **kwargs)

    return checked
