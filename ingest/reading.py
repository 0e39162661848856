"""From a decoded body to what the spool keeps, piece by piece: no more than one piece's spans are held as objects."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from ingest import otlp, otlp_json
from ingest.answers import JSON
from ingest.batch import Part
from ingest.checked import EXPLAINED, NO_IDS, Rejected
from ingest.conventions.sent import Sent
from ingest.conventions.table import HOMES, read
from ingest.cursor import Body
from ingest.errors import Malformed
from ingest.limits import ATTRIBUTES_KEPT, KEY_LENGTH
from ingest.payload import packed
from ingest.redaction.redactor import Redactor
from ingest.retention import ANY_TIME, Calendar
from ingest.trim import ATTRIBUTES_DROPPED
from ingest.words import Words
from ledger.domain.span import Span, Value

PART_SPANS = 1000
PART_BYTES = 4 * 1024 * 1024


@dataclass(slots=True)
class Reading:
    """What a request held: records for the spool, and the spans that were not taken, by reason."""

    parts: list[Part] = field(default_factory=list)
    rejected: dict[str, list[str]] = field(default_factory=dict)
    attributes_dropped: int = 0

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


def reading(
    body: Body, content_type: str, redactor: Redactor, calendar: Calendar = ANY_TIME, words: Words | None = None
) -> Reading:
    """Reads a request for traces; raises a Refusal where it can't be read as a whole."""
    found = Reading()
    sent = otlp_json.spans(body) if content_type == JSON else otlp.spans(body)
    good = taken(sent, found, redactor, calendar)
    for piece, size in pieces(good if words is None else map(words.limited, good)):
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
            yield redactor.span(bounded(read(one), found))


def bounded(span: Span, found: Reading) -> Span:
    """A span with no more attributes than are kept; those that its messages were read from are gone already."""
    left_out = len(span.attributes) - ATTRIBUTES_KEPT
    if left_out <= 0:
        return span
    found.attributes_dropped += left_out
    return replace(
        span,
        attributes=dict(islice(by_use(span.attributes), ATTRIBUTES_KEPT)),
        flags=tuple(dict.fromkeys((*span.flags, ATTRIBUTES_DROPPED))),
    )


def by_use(attributes: dict[str, Value]) -> Iterator[tuple[str, Value]]:
    """First those that some convention reads, so that the span can be read again, then all others."""
    read = {key for key in attributes if len(key) <= KEY_LENGTH and HOMES.reads(key)}
    yield from ((key, value) for key, value in attributes.items() if key in read)
    yield from ((key, value) for key, value in attributes.items() if key not in read)


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
