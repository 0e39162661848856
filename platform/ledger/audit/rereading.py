"""Reading a past window again: what was kept of its spans through the conventions as they are now.

Only rows that read differently are written, so a run that was broken off is begun again and does the rest, and a second
run writes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from uuid import UUID

from ingest.conventions.again import sent_again
from ingest.conventions.table import MAPPING_VERSION, read
from ledger.domain.span import Span
from ledger.domain.words import still_other
from ledger.store import rereading
from ledger.store.client import Store
from ledger.store.rereading import Kept, Window
from ledger.store.writing import input_hash

PAGE = 2000
"""Spans in hand at once; a trace is never cut."""

DAY = 86_400_000_000

INHERITED = ("session_id", "user_id", "customer", "environment", "release", "prompt")
"""What settling fills in from the trace where a span says nothing itself."""

OWN = tuple(
    name
    for name in Span.__dataclass_fields__
    if name not in (*INHERITED, "tags", "resource", "events", "links", "envelope", "mapping_version")
)

type Correction = tuple[Kept, Span]
type Said = Mapping[str, frozenset[object]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a project's day is: spans read, of how many, rows corrected, spans of which too little is kept."""

    project: UUID
    day: date
    read: int
    total: int
    corrected: int
    lost: int


def reread(
    store: Store, window: Window, project: UUID | None = None, mapping: int = MAPPING_VERSION
) -> Iterator[Progress]:
    """Reads the window again, day by day; yields after every page."""
    rereading.announce_last(store)
    for one in [project] if project else rereading.projects(store, window, mapping):
        for day, total in rereading.days(store, one, window, mapping).items():
            yield from reread_day(store, one, day, total, clipped(day, window), mapping)


def clipped(day: date, window: Window) -> Window:
    """The part of the window that lies in a day."""
    begin = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000
    return Window(max(window.since, begin), min(window.until, begin + DAY))


def reread_day(store: Store, project: UUID, day: date, total: int, window: Window, mapping: int) -> Iterator[Progress]:
    done = corrected = lost = 0
    for page, spans in pages(rereading.traces(store, project, window, mapping)):
        kept = list(rereading.kept(store, project, page))
        corrections = [found for trace in by_trace(kept) for found in corrections_of(trace)]
        rereading.correct(store, project, corrections)
        done += spans
        corrected += len(corrections)
        lost += sum(not one.readable for one in kept)
        yield Progress(project, day, done, total, corrected, lost)


def pages(traces: Mapping[str, int]) -> Iterator[tuple[list[str], int]]:
    """Traces in pages of about so many spans."""
    page: list[str] = []
    spans = 0
    for trace, count in traces.items():
        page.append(trace)
        spans += count
        if spans >= PAGE:
            yield page, spans
            page, spans = [], 0
    if page:
        yield page, spans


def by_trace(kept: Iterable[Kept]) -> Iterator[list[Kept]]:
    return (list(group) for _, group in groupby(kept, key=lambda one: one.span.trace_id))


def corrections_of(trace: Sequence[Kept]) -> list[Correction]:
    """The spans of a trace that read differently now. What one says for all is then taken back from all."""
    readings = [(old, still_other(old.span, read(sent_again(old.span)))) for old in trace if old.readable]
    said = said_by([new for _, new in readings] + [old.span for old in trace if not old.readable])
    restated = any(misled(old.span, new, said) for old, new in readings)
    return [
        (old, new)
        for old, new in readings
        if own(old.span) != own(new) or old.input_hash != input_hash(new) or (restated and told(old.span) != told(new))
    ]


def own(span: Span) -> tuple[object, ...]:
    return tuple(getattr(span, name) for name in OWN)


def told(span: Span) -> tuple[object, ...]:
    return *(getattr(span, name) for name in INHERITED), span.tags


def said_by(spans: Iterable[Span]) -> Said:
    """All that any span of a trace says itself, by field; tags one by one."""
    spans = list(spans)
    fields = {name: frozenset[object](getattr(span, name) for span in spans) for name in INHERITED}
    return fields | {"tags": frozenset(pair for span in spans for pair in span.tags.items())}


def misled(old: Span, new: Span, said: Said) -> bool:
    """Whether a stored value is neither the span's own nor anyone's from whom it could have been filled in."""
    for name in INHERITED:
        before, now = getattr(old, name), getattr(new, name)
        if before != now and (now or before not in said[name]):
            return True
    return not new.tags.items() <= old.tags.items() or not old.tags.items() <= said["tags"]
