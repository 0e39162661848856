"""All kinds of findings as one machine: a text that holds none of them is read once, and that is all."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import re2  # type: ignore[import-untyped] # its wheel brings no types

from ingest.redaction import personal, secrets
from ingest.redaction.finding import Found, Place, is_word
from ingest.redaction.marks import MARK
from ledger.domain.redaction import options

LONG = 64
"""Candidates up to here are looked into again where they turn out to be something else."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A candidate, confirmed or not, and where to go on."""

    found: Found | None
    next: int


class Machine:
    """Secrets, and with `personal` also personal data."""

    def __init__(self, with_personal: bool) -> None:
        self.kinds = secrets.KINDS + (personal.KINDS if with_personal else ())
        whole = "|".join(kind.group for kind in self.kinds)
        self.gate = re2.compile(whole.encode(), options())
        self.finder = re2.compile(whole.encode(), options(captures=True))
        self.alone = [re2.compile(kind.pattern.encode(), options()) for kind in self.kinds]

    def suspects(self, raw: bytes) -> bool:
        return self.gate.search(raw) is not None

    def hits(self, raw: bytes, text: str, before: str) -> Iterator[Hit]:
        """Candidates from left to right. `text` is `raw` with one character a byte."""
        position = 0
        while (match := self.finder.search(raw, position)) is not None:
            number = match.lastindex
            if marked := mark_around(text, match.start(number)):
                position = marked
                yield Hit(None, position)
                continue
            place = Place(text, match.start(number), match.end(number), before)
            found = self.kinds[number - 1].confirm(place) or self.otherwise(raw, place, number)
            position = max(found.end if found else past(place), match.start() + 1)
            yield Hit(found, position)

    def otherwise(self, raw: bytes, place: Place, number: int) -> Found | None:
        """What else begins at the same place: digits that are no card may be a telephone number."""
        for kind, alone in zip(self.kinds[number:], self.alone[number:], strict=True):
            match = alone.match(raw, place.start) if kind.personal else None
            if match and (found := kind.confirm(Place(place.text, place.start, match.end(), place.before))):
                return found
        return None


def mark_around(text: str, position: int) -> int:
    """Where the mark ends in which this position lies; 0 where it lies in none."""
    start = text.rfind("[", max(0, position - 48), position + 1)
    mark = MARK.match(text, start) if start >= 0 else None
    return mark.end() if mark and mark.end() > position else 0


def past(place: Place) -> int:
    """Behind the first word of what was no finding; behind all of it where it is long."""
    if place.end - place.start > LONG:
        return place.end
    end = place.start
    while end < place.end and is_word(place.text[end]):
        end += 1
    return max(end, place.start + 1)


@cache
def machine(with_personal: bool) -> Machine:
    return Machine(with_personal)
