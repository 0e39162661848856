"""How a failure is written on a span: error.type, the status and an `exception` event."""

import traceback

from opentelemetry.trace import Span, StatusCode

from spanledger._content import clipped
from spanledger._guard import harmless

MESSAGE_LIMIT = 4_000
TRACEBACK_LIMIT = 16_000


@harmless
def record_failure(span: Span, error: BaseException) -> None:
    kind, message = type_of(error), message_of(error)
    span.set_attribute("error.type", kind)
    span.add_event(
        "exception",
        {"exception.type": kind, "exception.message": message, "exception.stacktrace": trace_of(error)},
    )
    span.set_status(StatusCode.ERROR, message)


def type_of(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def message_of(error: BaseException) -> str:
    """Its text; its type where the program's own __str__ fails."""
    try:
        return clipped(str(error), MESSAGE_LIMIT) or type_of(error)
    except Exception:
        return f"{type_of(error)} (its text could not be made)"


def trace_of(error: BaseException) -> str:
    """The frames without the error's own text, which `message_of` has made safely."""
    frames = traceback.format_list(traceback.extract_tb(error.__traceback__))
    return clipped("Traceback (most recent call last):\n" + "".join(frames) + type_of(error), TRACEBACK_LIMIT)
