"""An OTLP request in protobuf, as sent spans and rejected ones, one after the other."""

from collections.abc import Iterator
from typing import Any

from ingest import checked
from ingest.checked import Rejected
from ingest.conventions.sent import Origin, Sent
from ingest.errors import Malformed, TooLarge
from ingest.limits import BIG_BODY, ELEMENTS, EVENTS, LINKS, NAME_LENGTH, SPANS
from ingest.protobuf import PATIENCE, Attributes, Undecodable, counted, elements, request, text
from ledger.domain.span import Event, Link

SPAN_PATH = (1, 2, 2)
"""Field numbers on the way from a request to its spans: resource_spans, scope_spans, spans."""

ATTRIBUTES = Attributes()


def spans(body: bytes) -> Iterator[Sent | Rejected]:
    """All spans of a request in order. Counted on the wire before any is built: a small body can hold millions."""
    PATIENCE.begin()
    try:
        bounded(body)
        parsed = request(body)
    except (Undecodable, IndexError) as error:
        raise Malformed("The body is no request for traces. Is this path right, and the content type?") from error
    for resource_spans in parsed.resource_spans:
        resource = ATTRIBUTES.read(resource_spans.resource.attributes, set())
        for scope_spans in resource_spans.scope_spans:
            scope = scope_spans.scope
            origin = Origin(resource, text(scope.name, set()), text(scope.version[:NAME_LENGTH], set()))
            for span in scope_spans.spans:
                yield one(span, origin)


def bounded(body: bytes) -> None:
    if counted(body, SPAN_PATH, SPANS) > SPANS:
        raise TooLarge("spans", SPANS)
    if len(body) > BIG_BODY and elements(body, ELEMENTS) > ELEMENTS:
        raise TooLarge("attributes, events and links", ELEMENTS)


def one(span: Any, origin: Origin) -> Sent | Rejected:
    """One span; its class is made at run time, hence Any."""
    trace_id, span_id = span.trace_id.hex(), span.span_id.hex()
    flags: set[str] = set()
    name = text(span.name[:NAME_LENGTH], flags)
    times = checked.times(span.start, span.end, flags)
    reason = checked.ids(trace_id, span_id) or (times if isinstance(times, str) else "")
    if reason or isinstance(times, str):
        return Rejected(reason, checked.sample(name, trace_id, span_id, origin.scope))
    return Sent(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=checked.parent(span.parent_id.hex(), flags),
        name=name,
        kind=span.kind,
        start=times.start,
        end=times.end,
        status_code=span.status.code,
        status_message=text(span.status.message[:8192], flags),
        trace_state=text(span.trace_state[:1024], flags),
        attributes=ATTRIBUTES.read(span.attributes, flags),
        events=events(span, flags),
        links=links(span, flags),
        origin=origin,
        flags=flags,
    )


def events(span: Any, flags: set[str]) -> tuple[Event, ...]:
    if not span.events:
        return ()
    if len(span.events) > EVENTS:
        flags.add("events_dropped")
    return tuple(
        Event(event.time // 1000, text(event.name, flags)[:NAME_LENGTH], ATTRIBUTES.read(event.attributes, flags))
        for event in span.events[:EVENTS]
    )


def links(span: Any, flags: set[str]) -> tuple[Link, ...]:
    if not span.links:
        return ()
    found = [(link.trace_id.hex(), link.span_id.hex(), link) for link in span.links[:LINKS]]
    good = [(trace_id, span_id, link) for trace_id, span_id, link in found if not checked.ids(trace_id, span_id)]
    if len(good) < len(span.links):
        flags.add(checked.BAD_LINK)
    return tuple(Link(trace_id, span_id, ATTRIBUTES.read(link.attributes, flags)) for trace_id, span_id, link in good)
