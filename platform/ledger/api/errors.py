"""Errors as the API tells them: a code for programs, a sentence for people, and what to do."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from ledger.api.wire import dump
from ledger.domain.errors import BadParameter
from ledger.store.errors import QueryRefused, StoreUnavailable, TooMuchToRead

log = logging.getLogger(__name__)

TOO_MUCH = frozenset({158, 159, 160, 241, 307, 396})
"""ClickHouse's codes for too many rows, too long, too much memory, too large a result."""

DOCS = "The parameters of every endpoint are described at /api/docs."


class Missing(Exception):
    """What was asked for isn't in this project."""

    def __init__(self, what: str, name: str) -> None:
        self.what, self.name = what, name
        super().__init__(f"There is no {what} {name} in this project.")


class WrongMethod(Exception):
    """The address is there, but not in that way."""

    def __init__(self, method: str, allowed: Sequence[str]) -> None:
        self.method, self.allowed = method, allowed
        super().__init__(f"{method} is not possible here, only {', '.join(allowed)}.")


class UnknownParameter(Exception):
    """A query parameter was given that the endpoint doesn't have."""

    def __init__(self, names: Sequence[str], known: Sequence[str]) -> None:
        self.names, self.known = names, known
        allowed = f"There are: {', '.join(known)}." if known else "There are none here."
        super().__init__(f"Unknown parameter: {', '.join(names)}. {allowed}")


class IngestUnavailable(Exception):
    """Ingest, which keeps the ledger's counts, does not answer."""


def problem(status: int, code: str, message: str, hint: str) -> HttpResponse:
    body = {"error": {"code": code, "message": message, "hint": hint}}
    return HttpResponse(dump(body), status=status, content_type="application/json")


def unauthorized() -> HttpResponse:
    hint = "Send a live API key as `Authorization: Bearer KEY`, or sign in."
    answer = problem(401, "unauthorized", "No key or session was given that is known here.", hint)
    answer["WWW-Authenticate"] = 'Bearer realm="spanledger"'
    return answer


def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code == 401:
        return unauthorized()
    if error.status_code == 403:
        hint = "Use a key of another kind, or ask an owner of the project for a role that may."
        return problem(403, "forbidden", error.message, hint)
    return problem(error.status_code, "bad_request", error.message, DOCS)


def bad_parameter(request: HttpRequest, error: BadParameter | UnknownParameter) -> HttpResponse:
    return problem(400, "bad_parameter", str(error), DOCS)


def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem(400, "bad_parameter", " ".join(complaint(each) for each in error.errors), DOCS)


def complaint(error: dict[str, Any]) -> str:  # Any: pydantic's own description of what is wrong
    place = [str(part) for part in error["loc"] if part not in {"query", "path", "body"}]
    return f"{'.'.join(place[1:] if place[0] == 'body' else place) or 'body'}: {error['msg']}."


def missing(request: HttpRequest, error: Missing) -> HttpResponse:
    return problem(404, "not_found", str(error), "Check its name; what belongs to another project isn't shown here.")


def no_page(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, "not_found", f"There is nothing at {request.path}.", DOCS)


def unavailable(request: HttpRequest, error: StoreUnavailable | IngestUnavailable) -> HttpResponse:
    answer = problem(503, "unavailable", str(error), "Try again in a moment; /readyz says what is missing.")
    answer["Retry-After"] = "1"
    return answer


def refused(request: HttpRequest, error: QueryRefused) -> HttpResponse:
    """A question that would take more time or memory than one may have is the asker's to make smaller."""
    if error.code not in TOO_MUCH:
        return failed(request, error)
    hint = "Ask for a shorter window, fewer groups or a filter."
    return problem(400, "too_much", "The answer would take more time or memory than one question may.", hint)


def too_much(request: HttpRequest, error: TooMuchToRead) -> HttpResponse:
    """Told before anything is read, with the estimate."""
    message = f"About {error.rows:,} calls and traces would have to be read one by one; {error.most:,} may be at most."
    hint = (
        "Ask for a shorter window. Sums of hours are kept for model, provider, route, environment, status and "
        "failure_kind, and for traces without the first two: questions that use no other dimension read those."
    )
    return problem(400, "too_much", message, hint)


def too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problem(413, "too_large", "The body is larger than this server takes.", "Send less at once.")


def wrong_method(request: HttpRequest, error: WrongMethod) -> HttpResponse:
    answer = problem(405, "method_not_allowed", str(error), DOCS)
    answer["Allow"] = ", ".join(error.allowed)
    return answer


def failed(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem(500, "internal", "Something went wrong on our side.", "The server's log says what.")


HANDLERS: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {  # Any: each takes its own error
    HttpError: http_error,
    BadParameter: bad_parameter,
    UnknownParameter: bad_parameter,
    ValidationError: invalid,
    Missing: missing,
    Http404: no_page,
    WrongMethod: wrong_method,
    RequestDataTooBig: too_large,
    TooMuchToRead: too_much,
    QueryRefused: refused,
    StoreUnavailable: unavailable,
    IngestUnavailable: unavailable,
    Exception: failed,
}


def handle_errors(api: NinjaAPI) -> None:
    for kind, handler in HANDLERS.items():
        api.add_exception_handler(kind, handler)
