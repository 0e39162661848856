"""How many different words a project's spans may bring in a day: models, routes and the like are columns of few words.

A client that writes an id into each model's name would make of such a column what it is bad at, and of every list to
choose from something that nobody reads. What comes beyond is `other`, and the span is flagged; its attributes are kept.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from ingest.limits import TAG_KEYS, WORDS
from ledger.domain.span import Span
from ledger.domain.words import LIMITED, OTHER, TOO_MANY_WORDS

TAGS, REASONS = "tags", "finish_reasons"
PROJECTS, ENTRIES = 256, 200_000
"""That are remembered, of all projects together: beyond them, the project that was quiet longest begins anew."""

DAY = 86_400


@dataclass(slots=True)
class Words:
    """What one project has said today; as hashes, because some words are long."""

    day: int = 0
    seen: dict[str, set[int]] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(map(len, self.seen.values()))

    def takes(self, kind: str, word: str, most: int = WORDS) -> bool:
        known = self.seen.setdefault(kind, set())
        number = hash(word)
        if number not in known:
            if len(known) >= most:
                return False
            known.add(number)
        return True

    def limited(self, span: Span) -> Span:
        """The span, in words that are known or still may be."""
        changed: dict[str, Any] = {  # Any: a field of the span, of that field's type
            name: OTHER for name in LIMITED if (word := getattr(span, name)) and not self.takes(name, word)
        }
        reasons = tuple(one if self.takes(REASONS, one) else OTHER for one in span.finish_reasons)
        if reasons != span.finish_reasons:
            changed[REASONS] = reasons
        if span.tags and (tags := self.tags(span.tags)) != span.tags:
            changed[TAGS] = tags
        return replace(span, **changed, flags=(*span.flags, TOO_MANY_WORDS)) if changed else span

    def tags(self, tags: Mapping[str, str]) -> dict[str, str]:
        return {key if self.takes(TAGS, key, TAG_KEYS) else OTHER: value for key, value in tags.items()}


class Vocabulary:
    """The words of all projects; a new day begins with none."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.projects: OrderedDict[UUID, Words] = OrderedDict()

    def of(self, project: UUID) -> Words:
        day = int(self.clock()) // DAY
        words = self.projects.get(project)
        if words is None or words.day != day:
            words = self.projects[project] = Words(day)
            self.forget()
        self.projects.move_to_end(project)
        return words

    def forget(self) -> None:
        while len(self.projects) > PROJECTS or (
            len(self.projects) > 1 and sum(map(len, self.projects.values())) > ENTRIES
        ):
            self.projects.popitem(last=False)
