"""A stored span as if it had just been sent: what a corrected mapping reads when a past window is read again."""

from ingest.conventions.logfire import LOG_OF_PARENT
from ingest.conventions.sent import ERROR, Origin, Sent
from ledger.domain.span import Envelope, Span, Value

MAPPED_FLAGS = frozenset({LOG_OF_PARENT})
"""Flags that a mapping sets for what it understood; all others tell what happened at the door, once."""


def sent_again(span: Span) -> Sent:
    """What went in and came out stays as it was read the first time: the attributes that it was read from are gone."""
    envelope = span.envelope if span.envelope != Envelope() else told_by(span)
    said: dict[str, Value] = {"spanledger.input": span.input, "spanledger.output": span.output}
    return Sent(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_id=span.parent_id,
        name=envelope.name,
        kind=envelope.side,
        start=span.start,
        end=span.end,
        status_code=envelope.status_code,
        status_message=envelope.status_message,
        trace_state=envelope.trace_state,
        attributes=span.attributes | {key: value for key, value in said.items() if value},
        events=span.events,
        links=span.links,
        origin=Origin(span.resource, span.scope, envelope.scope_version),
        flags=set(span.flags) - MAPPED_FLAGS,
    )


def told_by(span: Span) -> Envelope:
    """For spans that were stored without their envelope: what its mapping left of it."""
    return Envelope(span.name, 0, ERROR if span.status == "error" else 0, span.error_message)
