"""An OTLP request in JSON: ids are hex, 64-bit numbers are strings or numbers, enums are numbers or names."""

import math
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ingest import checked
from ingest.checked import Rejected, Times
from ingest.conventions.sent import Origin, Sent
from ingest.cursor import Body, Cursor
from ingest.errors import Malformed, TooLarge
from ingest.limits import ATTRIBUTES_READ, DEPTH, EVENTS, LINKS, NAME_LENGTH, SPANS
from ingest.place import Place, Tree
from ingest.slim import Oversize
from ingest.trim import ATTRIBUTES_DROPPED, DEEPER, INVALID_UTF8, ODD_NUMBER, SPOILED, TOO_DEEP, trimmed
from ledger.domain.span import Event, Link, Value

HEX = frozenset(string.hexdigits)
KINDS = {"INTERNAL": 1, "SERVER": 2, "CLIENT": 3, "PRODUCER": 4, "CONSUMER": 5}
CODES = {"OK": 1, "ERROR": 2}


def spans(body: Body) -> Iterator[Sent | Rejected]:
    """All spans of a request in order, one in hand at a time."""
    for position, (origin, place) in enumerate(walk(body, TRACES)):
        if position >= SPANS:
            raise TooLarge("spans", SPANS)
        yield one(place, origin)


@dataclass(frozen=True, slots=True)
class Signal:
    """The names of a signal's nested lists."""

    path: str
    outer: str
    scoped: str
    items: str


TRACES = Signal("/v1/traces", "resourceSpans", "scopeSpans", "spans")
LOGS = Signal("/v1/logs", "resourceLogs", "scopeLogs", "logRecords")
METRICS = Signal("/v1/metrics", "resourceMetrics", "scopeMetrics", "metrics")


def walk(body: Body, signal: Signal) -> Iterator[tuple[Origin, Place]]:
    """Where each span, log record or metric of a request lies, and where it comes from."""
    cursor, seen = Cursor(body), set[str]()
    if cursor.peek() != "{":
        raise Malformed("The body is no JSON object.")
    for name in cursor.members():
        seen.add(name)
        if name == signal.outer and cursor.peek() == "[":
            for _ in cursor.elements():
                yield from of_resource(cursor, signal)
        else:
            cursor.skip()
    if cursor.peek():
        raise Malformed(f"The body is no JSON: it goes on behind its end, at byte {cursor.at:,}.")
    others = [one for one in (TRACES, LOGS, METRICS) if one.outer in seen]
    if others and signal.outer not in seen:
        raise Malformed(f"{signal.path} takes {signal.outer}; {others[0].outer} go to {others[0].path}.")


def of_resource(cursor: Cursor, signal: Signal) -> Iterator[tuple[Origin, Place]]:
    if cursor.peek() != "{":
        cursor.skip()
        return
    resource = attributes(ahead(cursor, "resource"), set())
    for name in cursor.members():
        if name == signal.scoped and cursor.peek() == "[":
            for _ in cursor.elements():
                yield from of_scope(cursor, resource, signal)
        else:
            cursor.skip()


def of_scope(cursor: Cursor, resource: Mapping[str, Value], signal: Signal) -> Iterator[tuple[Origin, Place]]:
    if cursor.peek() != "{":
        cursor.skip()
        return
    scope = ahead(cursor, "scope")
    origin = Origin(resource, said(scope, "name"), said(scope, "version")[:NAME_LENGTH])
    for name in cursor.members():
        if name == signal.items and cursor.peek() == "[":
            for _ in cursor.elements():
                yield origin, Place(cursor.raw, *cursor.skip())
        else:
            cursor.skip()


def ahead(cursor: Cursor, name: str) -> Mapping[str, Tree]:
    """The member of this name of the object that begins here, wherever it stands. It comes first, nearly always."""
    begin, held = cursor.at, None
    for found in cursor.members():
        place = Place(cursor.raw, *cursor.skip())
        if found == name:
            held = place.built(set())
            break
    cursor.at = begin
    return held if isinstance(held, dict) else {}


def one(place: Place, origin: Origin) -> Sent | Rejected:
    flags: set[str] = set()
    try:
        span = place.built(flags)
    except Oversize:
        return Rejected(checked.OVERSIZE, checked.sample("", "", "", origin.scope))
    if not isinstance(span, dict):
        return Rejected(checked.MALFORMED, checked.sample("", "", "", origin.scope))
    trace_id, span_id, name = ident(span, "traceId"), ident(span, "spanId"), said(span, "name")[:NAME_LENGTH]
    times = checked.times(nanoseconds(span, "startTimeUnixNano"), nanoseconds(span, "endTimeUnixNano"), flags)
    reason = checked.ids(trace_id, span_id)
    if reason or not isinstance(times, Times):
        return Rejected(reason or str(times), checked.sample(name, trace_id, span_id, origin.scope))
    status = member(span, "status")
    return Sent(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=checked.parent(ident(span, "parentSpanId"), flags),
        name=name,
        kind=enum(span.get("kind"), KINDS),
        start=times.start,
        end=times.end,
        status_code=enum(status.get("code"), CODES),
        status_message=said(status, "message")[:8192],
        trace_state=said(span, "traceState")[:1024],
        attributes=attributes(span, flags),
        events=events(span, flags),
        links=links(span, flags),
        origin=origin,
        flags=flags,
    )


def events(span: Mapping[str, Tree], flags: set[str]) -> tuple[Event, ...]:
    return tuple(
        Event(nanoseconds(event, "timeUnixNano") // 1000, said(event, "name")[:NAME_LENGTH], attributes(event, flags))
        for event in objects(span, "events")[:EVENTS]
    )


def links(span: Mapping[str, Tree], flags: set[str]) -> tuple[Link, ...]:
    found = []
    for link in objects(span, "links")[:LINKS]:
        trace_id, span_id = ident(link, "traceId"), ident(link, "spanId")
        if checked.ids(trace_id, span_id):
            flags.add(checked.BAD_LINK)
        else:
            found.append(Link(trace_id, span_id, attributes(link, flags)))
    return tuple(found)


def attributes(holder: Mapping[str, Tree], flags: set[str]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for pair in items(holder, "attributes"):
        if not isinstance(pair, dict) or not isinstance(pair.get("key"), str):
            flags.add(SPOILED)
        elif len(found) >= ATTRIBUTES_READ:
            flags.add(ATTRIBUTES_DROPPED)
            break
        else:
            found[pair["key"]] = any_value(pair.get("value"), flags, 1)
    return found


def any_value(value: Tree, flags: set[str], depth: int) -> Value:
    """An AnyValue; one that is empty, or not an object, is None."""
    if depth > DEPTH:
        flags.add(TOO_DEEP)
        return DEEPER
    if not isinstance(value, dict):
        return None
    for name, held in value.items():
        if name in ("stringValue", "bytesValue") and isinstance(held, str):
            return whole_text(held, flags)
        if name == "intValue":
            return integer(held, flags)
        if name == "doubleValue":
            return double(held, flags)
        if name == "boolValue":
            return held if isinstance(held, bool) else None
        if name == "arrayValue":
            return [any_value(item, flags, depth + 1) for item in items(held, "values")]
        if name == "kvlistValue":
            pairs = objects(held, "values")
            return {said(pair, "key"): any_value(pair.get("value"), flags, depth + 1) for pair in pairs}
    return None


def whole_text(held: str, flags: set[str]) -> str:
    if "�" in held:
        flags.add(INVALID_UTF8)
    return trimmed(held, flags)


def integer(held: Tree, flags: set[str]) -> int | None:
    """A number of 64 bits, sent as a string or a number."""
    number = whole_number(held)
    if number is None or not -(1 << 63) <= number < 1 << 63:
        flags.add(ODD_NUMBER)
        return None
    return number


def whole_number(held: Tree) -> int | None:
    if isinstance(held, str) and len(held) <= 24:
        digits = held.strip().removeprefix("-")
        return int(held) if digits.isascii() and digits.isdecimal() else None
    if isinstance(held, float):
        return int(held) if math.isfinite(held) and held.is_integer() and abs(held) < 1 << 63 else None
    return held if isinstance(held, int) and not isinstance(held, bool) else None


def double(held: Tree, flags: set[str]) -> float | None:
    try:
        number = float(held) if isinstance(held, int | float | str) and not isinstance(held, bool) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        flags.add(ODD_NUMBER)
        return None
    return number


def ident(holder: Mapping[str, Tree], name: str) -> str:
    """An id in lower-case hex; a text that is no hex comes back as one that no check passes."""
    held = holder.get(name)
    if not isinstance(held, str):
        return ""
    return held.lower() if HEX.issuperset(held) else f"not hex: {held[:64]}"


def nanoseconds(holder: Mapping[str, Tree], name: str) -> int:
    return whole_number(holder.get(name)) or 0


def enum(held: Tree, names: Mapping[str, int]) -> int:
    if isinstance(held, str) and not held.isdecimal():
        return names.get(held.rpartition("_")[2].upper(), 0)
    return whole_number(held) or 0


def said(holder: Mapping[str, Tree], name: str) -> str:
    held = holder.get(name)
    return held if isinstance(held, str) else ""


def member(holder: Mapping[str, Tree], name: str) -> Mapping[str, Tree]:
    held = holder.get(name)
    return held if isinstance(held, dict) else {}


def items(holder: Tree, name: str) -> list[Tree]:
    held = holder.get(name) if isinstance(holder, dict) else None
    return held if isinstance(held, list) else []


def objects(holder: Tree, name: str) -> list[dict[str, Tree]]:
    return [item for item in items(holder, name) if isinstance(item, dict)]
