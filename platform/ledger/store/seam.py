"""Which parts of a window an answer takes from rollups, and which from the entries themselves: where both meet.

An hour or a day is taken from its rollup only if that was built from the newest mark of all its hours. What was chosen
is looked at again after reading: then what was read was true at one moment, however much was settled meanwhile.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from uuid import UUID

from ledger.domain.questions import Interval
from ledger.domain.windows import Window
from ledger.store.clauses import micros
from ledger.store.client import Row, Store
from ledger.store.pieces import piece

HOUR = 3600
LENGTHS = {"hour": HOUR, "day": 24 * HOUR}
SECOND = 1_000_000

MOST_STRETCHES = 24
"""Parts of a window that are read entry by entry in one question. Where more would be needed, some rollups are left."""


@dataclass(frozen=True, slots=True)
class Built:
    """A rollup of an hour or a day, and the newest mark that it was made from; seconds since 1970."""

    length: str
    begins: int
    build: int
    mark: int

    @property
    def ends(self) -> int:
        return self.begins + LENGTHS[self.length]


@dataclass(frozen=True)
class State:
    """The marks of hours, and the builds that count."""

    marks: dict[int, int]
    builds: tuple[Built, ...]

    @cached_property
    def marked(self) -> list[int]:
        """Hours that have a mark: all others have no entries."""
        return sorted(self.marks)

    def between(self, begins: int, ends: int) -> list[int]:
        """Marked hours from one moment to before another."""
        return self.marked[bisect_left(self.marked, begins) : bisect_left(self.marked, ends)]

    def is_fresh(self, built: Built) -> bool:
        return all(self.marks[hour] <= built.mark for hour in self.between(built.begins, built.ends))

    def fresh(self, length: str, begins: int, ends: int) -> list[Built]:
        """What may be read of whole hours, or days, in a stretch of time."""
        return [
            built
            for built in self.builds
            if built.length == length and begins <= built.begins and built.ends <= ends and self.is_fresh(built)
        ]


type Run = list[Built]
"""Rollups in order of time with no entries between them."""


@dataclass(frozen=True, slots=True)
class Seam:
    """The rollups to be read, and the stretches of the window (microseconds since 1970) that are read raw."""

    chosen: tuple[Built, ...]
    stretches: tuple[tuple[int, int], ...]

    @property
    def parameters(self) -> dict[str, object]:
        values = choice(self.chosen)
        for number, (since, until) in enumerate(self.stretches):
            values |= {f"raw_{number}_since": since, f"raw_{number}_until": until}
        return values

    @property
    def raw(self) -> str:
        """The condition that an entry lies in what is read raw."""
        parts = [piece("rollups", "stretch", number=str(number)) for number in range(len(self.stretches))]
        return " OR ".join(parts) or piece("rollups", "nothing")

    def holds(self, state: State) -> bool:
        """Whether what was chosen is still the newest, and nothing has come where there was nothing."""
        current = {(built.length, built.begins): built.build for built in state.builds}
        return all(
            current.get((built.length, built.begins)) == built.build and state.is_fresh(built) for built in self.chosen
        ) and all(self.covers(hour) for hour in state.between(self.chosen[0].begins, self.chosen[-1].ends))

    def covers(self, hour: int) -> bool:
        begins, ends = hour * SECOND, (hour + HOUR) * SECOND
        return any(built.begins <= hour < built.ends for built in self.chosen) or any(
            since < ends and begins < until for since, until in self.stretches
        )


def choice(chosen: Sequence[Built]) -> dict[str, object]:
    """The builds as parameters."""
    return {
        "lengths": [built.length for built in chosen],
        "begins": [built.begins for built in chosen],
        "builds": [built.build for built in chosen],
    }


def state_of(store: Store, project: UUID, window: Window) -> State:
    day = LENGTHS["day"]
    since, until = micros(window.since) // SECOND // day * day, micros(window.until) // SECOND + 1
    rows = store.query("rollup_state", project=project, since=since, until=min(until, 2**32 - 1))
    return state(rows)


def state(rows: Sequence[Row]) -> State:
    return State(
        marks={row["begins"]: row["mark"] for row in rows if row["length"] == "mark"},
        builds=tuple(
            Built(row["length"], row["begins"], row["build"], row["mark"]) for row in rows if row["length"] != "mark"
        ),
    )


def seam(state: State, window: Window, interval: Interval) -> Seam | None:
    """What can be read from rollups, by the day where the question's steps allow; None where nothing can."""
    since, until = micros(window.since), micros(window.until)
    begins, ends = -(-since // (HOUR * SECOND)) * HOUR, until // (HOUR * SECOND) * HOUR
    days = state.fresh("day", begins, ends) if interval in ("none", "day") else []
    whole = {day.begins for day in days}
    hours = [
        built
        for built in state.fresh("hour", begins, ends)
        if built.begins // LENGTHS["day"] * LENGTHS["day"] not in whole
    ]
    runs = longest(list(runs_of(state, sorted([*days, *hours], key=lambda built: built.begins))))
    if not runs:
        return None
    edges = [since, *(edge for run in runs for edge in (run[0].begins * SECOND, run[-1].ends * SECOND)), until]
    stretches = zip(edges[::2], edges[1::2], strict=True)
    return Seam(
        chosen=tuple(built for run in runs for built in run),
        stretches=tuple((one, other) for one, other in stretches if one < other),
    )


def runs_of(state: State, built: Sequence[Built]) -> Iterator[Run]:
    run = list(built[:1])
    for one, other in pairwise(built):
        if state.between(one.ends, other.begins):
            yield run
            run = []
        run.append(other)
    if run:
        yield run


def longest(runs: Sequence[Run]) -> list[Run]:
    """As many as leave no more than MOST_STRETCHES between and around them, in order of time."""
    kept = sorted(runs, key=lambda run: run[0].begins - run[-1].ends)[: MOST_STRETCHES - 1]
    return sorted(kept, key=lambda run: run[0].begins)
