"""Spans as clients send them, read; and, because what is kept must be enough for it, read once more."""

from dataclasses import fields
from typing import Any

import orjson

from ingest.conventions.again import sent_again
from ingest.conventions.sent import Sent
from ingest.conventions.table import read
from ledger.domain.span import Span

START = 1_000_000


def sent(attributes: dict[str, Any] | None = None, **more: Any) -> Sent:
    known = {"trace_id": "1" * 32, "span_id": "2" * 16, "start": START, "end": 3_000_000, "name": "a span"}
    return Sent(**known | more, attributes=attributes or {})


def understood(attributes: dict[str, Any], **more: Any) -> Span:
    """The span in our words, which are the same when it is read again from what was kept of it."""
    span = read(sent(attributes, **more))
    again = read(sent_again(stored(span)))
    differing = {
        name: (getattr(span, name), getattr(again, name))
        for name in Span.__dataclass_fields__
        if getattr(span, name) != getattr(again, name)
    }
    assert not differing, differing
    return span


def stored(span: Span) -> Span:
    """Attributes go through JSON on their way into the store and out of it."""
    known = {field.name: getattr(span, field.name) for field in fields(Span)}
    return Span(**known | {"attributes": orjson.loads(orjson.dumps(span.attributes))})
