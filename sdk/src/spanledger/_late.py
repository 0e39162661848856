"""What is added to a span in the background: content that would be dear to serialise on the caller's thread."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import Span
from opentelemetry.util.types import AttributeValue

Attributes = Mapping[str, AttributeValue]


@dataclass(frozen=True, slots=True)
class Late:
    """Attributes still to be made, and the bytes that are held for them."""

    size: int
    attributes: Callable[[], Attributes]


_late: dict[int, Late] = {}
"""By span id, for the moment between `end` and our processor's `on_end` in the same thread."""


def end(span: Span, late: Late | None, end_time: int | None = None) -> None:
    """End the span; our own processor, and no other, gets what comes late."""
    if late is None:
        span.end(end_time)
        return
    ident = span.get_span_context().span_id
    _late[ident] = late
    try:
        span.end(end_time)
    finally:
        _late.pop(ident, None)


def late_for(span: ReadableSpan) -> Late | None:
    return _late.get(span.context.span_id) if span.context else None
