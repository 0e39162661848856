"""Building rollups while there is nothing to settle: a little at a time, so that what arrives waits for nothing."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ledger.store import rollups
from ledger.store.client import Store
from ledger.store.seam import HOUR

SECOND = 1_000_000_000

CLOSED = 2 * HOUR
"""Seconds after which an hour that is over is expected to change seldom."""

QUIET = 600 * SECOND
"""How long an hour must not have been marked: whoever marked it is through with writing by then, and clocks that differ
by less do no harm."""

KEPT = 3600 * SECOND
"""How long a build that counts no more is kept, for readers that still have it in hand."""

EVERY = 15.0
"""Seconds between two looks for what is due, while nothing is."""

LARGE = 1_000_000
"""Calls from which on a project gets rollups: below, reading the calls themselves costs no more."""

MOST_HOURS = 96
LONGEST = 1.0
"""A portion that took more seconds is followed by smaller ones."""


@dataclass
class Builder:
    """Builds what is due, in portions of as many hours as take about a second."""

    store: Store
    portion: int = 24
    closed: int = CLOSED
    quiet: int = QUIET
    least: int = LARGE
    projects: Sequence[UUID] = ()
    next_look: float = 0.0
    next_round: float = 0.0

    def turn(self) -> int:
        """A portion, if it is time for one; returns how many hours and days were built."""
        if time.monotonic() < self.next_look:
            return 0
        built = self.build()
        if not built:
            self.next_look = time.monotonic() + EVERY
        return built

    def build(self) -> int:
        """The newest hours that are due, else days."""
        began = time.monotonic()
        now = time.time_ns()
        closed = now // SECOND - self.closed
        self.go_round()
        due = rollups.hours_due(self.store, self.projects, closed - HOUR + 1, now - self.quiet, self.portion)
        due = due or rollups.days_due(self.store, self.projects, closed, self.portion)
        for each in due:
            rollups.build(self.store, each)
        self.adapt(time.monotonic() - began)
        return sum(len(each.marks) for each in due)

    def adapt(self, took: float) -> None:
        if took > LONGEST:
            self.portion = max(1, self.portion // 2)
        elif took < LONGEST / 3:
            self.portion = min(MOST_HOURS, self.portion * 2)

    def go_round(self) -> None:
        """Once an hour: which projects are large, and what of earlier builds can be forgotten."""
        if time.monotonic() >= self.next_round:
            self.projects = rollups.large_projects(self.store, self.least)
            rollups.drop_outdated(self.store, time.time_ns() - KEPT)
            self.next_round = time.monotonic() + HOUR
