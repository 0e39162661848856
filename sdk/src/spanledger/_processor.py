"""Our place in the program's OpenTelemetry: labels spans when they start, queues them when they end."""

import sys
from collections.abc import Mapping
from typing import cast

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.util.types import AttributeValue

from spanledger._encoding import Ended, Note
from spanledger._guard import harmless
from spanledger._late import late_for
from spanledger._sender import Parcel, Sender
from spanledger._settings import TRACES
from spanledger._task import enroll

BARE_SPAN = 2048
"""About what a span holds beside its texts."""
EXIT_TIMEOUT = 1.5


class LedgerProcessor(SpanProcessor):
    """Never waits and never raises; after shutdown it lets spans pass."""

    def __init__(self, sender: Sender[Ended | Note], defaults: Mapping[str, AttributeValue]) -> None:
        self._sender, self._defaults = sender, dict(defaults)

    @harmless
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        if not self._sender.closed:
            enroll(span, parent_context, self._defaults)

    @harmless
    def on_end(self, span: ReadableSpan) -> None:
        if self._sender.closed or span.context is None or not span.context.trace_flags.sampled:
            return
        late = late_for(span)
        size = weight(span) + (late.size if late else 0)
        self._sender.add(Parcel(TRACES, size, Ended(span, late)))

    def shutdown(self) -> None:
        self._sender.close(EXIT_TIMEOUT)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return bool(self._sender.flush(timeout_millis / 1000))


def weight(span: ReadableSpan) -> int:
    """About how many bytes a span holds in memory."""
    texts = sum(text_size(value) for value in (span.attributes or {}).values())
    return BARE_SPAN + texts + sum(weigh_event(event.attributes) for event in span.events)


def weigh_event(attributes: Mapping[str, AttributeValue] | None) -> int:
    return 512 + sum(text_size(value) for value in (attributes or {}).values())


def text_size(value: object) -> int:
    if isinstance(value, str):
        return sys.getsizeof(value)
    if isinstance(value, tuple):
        return sum(text_size(each) for each in cast("tuple[object, ...]", value))
    return 32
