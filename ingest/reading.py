"""From a decoded body to what the spool keeps, piece by piece: no more than one piece's spans are held as objects."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ingest import otlp, otlp_json
from ingest.answers import JSON
from ingest.batch import Part
from ingest.checked import EXPLAINED, NO_IDS, Rejected
from ingest.conventions.sent import Sent
from ingest.conventions.table import read
from ingest.cursor import Body
from ingest.errors import Malformed
from ingest.limits import ATTRIBUTES_KEPT, KEY_LENGTH
from ingest.payload import packed
from ingest.redaction.redactor import Redactor
from ingest.retention import ANY_TIME, Calendar
from ingest.trim import ATTRIBUTES_DROPPED
from ledger.domain.span import Span, Value

PART_SPANS = 1000
PART_BYTES = 4 * 1024 * 1024


@dataclass(slots=True)
class Reading:
    """What a request held: records for the spool, and the spans that were not taken, by reason."""

    parts: list[Part] = field(default_factory=list)
    rejected: dict[str, list[str]] = field(default_factory=dict)

    @property
    def spans(self) -> int:
        return sum(part.spans for part in self.parts)

    @property
    def refused(self) -> int:
        return sum(len(samples) for samples in self.rejected.values())

    @property
    def message(self) -> str:
        """What a person is told of the spans that were not taken."""
        counted = (f"{len(samples)} × {EXPLAINED[reason]}" for reason, samples in self.rejected.items())
        return f"Not taken, each span by itself: {'; '.join(counted)}." if self.rejected else ""


def reading(body: Body, content_type: str, redactor: Redactor, calendar: Calendar = ANY_TIME) -> Reading:
    """Reads a request for traces; raises a Refusal where it can't be read as a whole."""
    found = Reading()
    sent = otlp_json.spans(body) if content_type == JSON else otlp.spans(body)
    for piece, size in pieces(taken(sent, found, redactor, calendar)):
        payload = packed(piece)
        found.parts.append(Part("spans", len(piece), size, payload))
    if not found.parts and found.refused and set(found.rejected) == {NO_IDS}:
        raise Malformed("Nothing in here is a span: were logs or metrics sent to the traces path?")
    return found


def taken(sent: Iterable[Sent | Rejected], found: Reading, redactor: Redactor, calendar: Calendar) -> Iterator[Span]:
    """The good spans in our words, redacted; the others are noted."""
    for one in sent:
        refused = one if isinstance(one, Rejected) else calendar.refused(one)
        if refused is not None:
            found.rejected.setdefault(refused.reason, []).append(redactor.sample(refused.sample))
        elif isinstance(one, Sent):
            yield redactor.span(read(bounded(one)))


def bounded(sent: Sent) -> Sent:
    """A span with no more attributes than are kept; lists of messages and the like don't count."""
    if len(sent.attributes) > ATTRIBUTES_KEPT:
        sent.attributes = fewer(sent.attributes, sent.flags)
    return sent


def fewer(attributes: dict[str, Value], flags: set[str]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    plain = 0
    for key, value in attributes.items():
        plain += 0 if any(part.isdecimal() for part in key.split(".")) else 1
        if plain <= ATTRIBUTES_KEPT and len(key) <= KEY_LENGTH:
            found[key] = value
        else:
            flags.add(ATTRIBUTES_DROPPED)
    return found


def pieces(spans: Iterable[Span]) -> Iterator[tuple[list[Span], int]]:
    """Spans in records of bounded number and size; the size is estimated from their texts."""
    piece: list[Span] = []
    size = 0
    for span in spans:
        piece.append(span)
        size += estimated(span)
        if len(piece) >= PART_SPANS or size >= PART_BYTES:
            yield piece, size
            piece, size = [], 0
    if piece:
        yield piece, size


def estimated(span: Span) -> int:
    texts = (len(value) for value in span.attributes.values() if isinstance(value, str))
    return 1024 + len(span.input) + len(span.output) + sum(texts) + 512 * len(span.events)


class Clock:
    """Times of arrival that never go back and never overlap: each span of each request has a microsecond of its own."""

    def __init__(self) -> None:
        self.next = 0

    def take(self, spans: int) -> int:
        at = max(time.time_ns() // 1000, self.next)
        self.next = at + max(1, spans)
        return at
