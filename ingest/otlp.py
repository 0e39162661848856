"""An OTLP request in protobuf, as sent spans and rejected ones, one after the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ingest import checked
from ingest.checked import Rejected
from ingest.conventions.sent import Origin, Sent
from ingest.errors import Malformed, TooLarge
from ingest.limits import ELEMENTS, EVENTS, ITEM_BYTES, LINKS, NAME_LENGTH, SPANS
from ingest.protobuf import PATIENCE, Attributes, Raw, Undecodable, built, counted, fields_in, spans_of, text
from ingest.slim import LENGTH, Oversize, slimmed
from ledger.domain.span import Event, Link

SPAN_PATH = (1, 2, 2)
"""Field numbers on the way from a request to its spans: resource_spans, scope_spans, spans."""

ATTRIBUTES = Attributes()


SMALL = 64 * 1024
"""Spans up to here can't hold enough fields to hurt."""


def spans(body: Raw) -> Iterator[Sent | Rejected]:
    """All spans of a request in order, one in hand at a time; counted first, because a small body can hold millions."""
    PATIENCE.begin()
    try:
        if counted(body, SPAN_PATH, SPANS) > SPANS:
            raise TooLarge("spans", SPANS)
        with memoryview(body) as view:
            yield from of_request(body, view, Room())
    except (Undecodable, IndexError) as error:
        raise Malformed("The body is no request for traces. Is this path right, and the content type?") from error


@dataclass(slots=True)
class Room:
    """How many more fields the spans of a request may have."""

    left: int = ELEMENTS

    def take(self, fields: int) -> None:
        self.left -= fields
        if self.left < 0:
            raise TooLarge("attributes, events and links", ELEMENTS)


def of_request(body: Raw, view: memoryview, room: Room) -> Iterator[Sent | Rejected]:
    for begin, end in messages(body, 0, len(body), 1):
        resource = ATTRIBUTES.read(resource_of(body, view, begin, end), set())
        for first, last in messages(body, begin, end, 2):
            origin = Origin(resource, *scope_of(body, view, first, last))
            for start, stop in messages(body, first, last, 2):
                yield one_at(body, view, start, stop, origin, room)


def messages(raw: Raw, at: int, end: int, number: int) -> Iterator[tuple[int, int]]:
    """Where the messages under a field number lie."""
    return ((start, stop) for found, kind, start, stop in spans_of(raw, at, end) if found == number and kind == LENGTH)


def resource_of(body: Raw, view: memoryview, begin: int, end: int) -> Iterator[bytes]:
    for start, stop in messages(body, begin, end, 1):
        if stop - start > ITEM_BYTES:
            raise TooLarge("bytes in a resource", ITEM_BYTES)
        yield from built("Resource", view[start:stop]).attributes


def scope_of(body: Raw, view: memoryview, begin: int, end: int) -> tuple[str, str]:
    """Name and version."""
    for start, stop in messages(body, begin, end, 1):
        if stop - start > ITEM_BYTES:
            raise TooLarge("bytes in a scope", ITEM_BYTES)
        scope = built("Scope", view[start:stop])
        return text(scope.name, set()), text(scope.version[:NAME_LENGTH], set())
    return "", ""


def one_at(body: Raw, view: memoryview, start: int, stop: int, origin: Origin, room: Room) -> Sent | Rejected:
    flags, raw = set[str](), view[start:stop]
    if len(raw) > SMALL:
        room.take(fields_in(body, start, stop, room.left))
    try:
        if len(raw) > ITEM_BYTES:
            raw = slimmed(body, view, start, stop, flags)
    except Oversize:
        return Rejected(checked.OVERSIZE, checked.sample("", "", "", origin.scope))
    span = built("Span", raw)
    if len(raw) <= SMALL:
        room.take(len(span.attributes) + len(span.events) + len(span.links))
    return one(span, origin, flags)


def one(span: Any, origin: Origin, flags: set[str]) -> Sent | Rejected:
    """One span; its class is made at run time, hence Any."""
    trace_id, span_id = span.trace_id.hex(), span.span_id.hex()
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
