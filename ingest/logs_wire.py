"""A request for logs, in protobuf or JSON, as log records one after the other."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.conventions.sent import Origin
from ingest.cursor import Body
from ingest.errors import Malformed, TooLarge
from ingest.limits import ITEM_BYTES, RECORDS
from ingest.otlp import ATTRIBUTES
from ingest.otlp_json import LOGS, any_value, attributes, ident, nanoseconds, said, walk
from ingest.place import Tree
from ingest.protobuf import Undecodable, text
from ingest.protobuf import any_value as wire_value
from ingest.wire import FIXED64, LENGTH, Walk, number_at, places
from ledger.domain.span import Value

NAME_LENGTH = 256


@dataclass(slots=True, kw_only=True)
class LogRecord:
    """Ids in lower-case hex as sent, be they right or not; `time` in nanoseconds since 1970, 0 where there is none."""

    time: int = 0
    name: str = ""
    trace_id: str = ""
    span_id: str = ""
    body: Value = None
    attributes: dict[str, Value] = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin)
    flags: set[str] = field(default_factory=set)

    @property
    def named(self) -> "LogRecord":
        """With the name under which older clients send it: an attribute, or a text beginning with their own."""
        older = self.attributes.get("event.name")
        spoken = self.body if isinstance(self.body, str) and self.body.startswith("claude_code.") else ""
        self.name = (self.name or spoken or (older if isinstance(older, str) else ""))[:NAME_LENGTH]
        return self


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A log record that breaks off, or is none; `scope` tells who sent it."""

    scope: str


def from_protobuf(body: Body) -> Iterator[LogRecord | Unreadable]:
    walk = Walk(body)
    try:
        for number, (start, stop, origin) in enumerate(places(walk)):
            if number >= RECORDS:
                raise TooLarge("log records", RECORDS)
            yield of_wire(walk, start, stop, origin)
    except (Undecodable, IndexError) as error:
        raise Malformed("The body is no request for logs. Is this path right, and the content type?") from error


def of_wire(walk: Walk, begin: int, end: int, origin: Origin) -> LogRecord | Unreadable:
    """One record; fields of another wire type than a log record's mean that it is none."""
    raw, record, pairs, observed = walk.raw, LogRecord(origin=origin), list[bytes](), 0
    if end - begin > ITEM_BYTES:
        return Unreadable(origin.scope)
    try:
        for number, kind, start, stop in walk.fields(begin, end):
            if TYPES.get(number, kind) != kind:
                return Unreadable(origin.scope)
            if number == 1:
                record.time = number_at(raw, "<Q", start)
            elif number == 5:
                held = walk.part(start, stop)
                record.body = wire_value(held, 0, len(held), record.flags, 1)
            elif number == 6:
                pairs.append(walk.part(start, stop))
            elif number == 9:
                record.trace_id = raw[start:stop].hex()
            elif number == 10:
                record.span_id = raw[start:stop].hex()
            elif number == 11:
                observed = number_at(raw, "<Q", start)
            elif number == 12:
                record.name = text(walk.part(start, stop), record.flags)
        record.attributes = ATTRIBUTES.read(pairs, record.flags)
    except (Undecodable, IndexError, struct.error):
        return Unreadable(origin.scope)
    record.time = record.time or observed
    return record.named


TYPES = {1: FIXED64, 5: LENGTH, 6: LENGTH, 9: LENGTH, 10: LENGTH, 11: FIXED64, 12: LENGTH}
"""Field numbers of a log record and how they are written: time, body, attributes, trace, span, observed time, name."""


def from_json(body: Body) -> Iterator[LogRecord | Unreadable]:
    for number, (origin, place) in enumerate(walk(body, LOGS)):
        if number >= RECORDS:
            raise TooLarge("log records", RECORDS)
        yield of_json(place.built(set()), Origin(origin.resource, origin.scope[:NAME_LENGTH]))


def of_json(record: Tree, origin: Origin) -> LogRecord | Unreadable:
    if not isinstance(record, dict):
        return Unreadable(origin.scope)
    flags: set[str] = set()
    return LogRecord(
        time=nanoseconds(record, "timeUnixNano") or nanoseconds(record, "observedTimeUnixNano"),
        name=said(record, "eventName"),
        trace_id=ident(record, "traceId"),
        span_id=ident(record, "spanId"),
        body=any_value(record.get("body"), flags, 1),
        attributes=attributes(record, flags),
        origin=origin,
        flags=flags,
    ).named
