"""The parts of a composed query that come from a question: columns, conditions, and the values bound to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ledger.domain.questions import Comparison, Dimension, Direction, Filter, Threshold, tags_of
from ledger.domain.windows import Window
from ledger.store.pieces import piece

REACH = timedelta(days=1)
"""How long a trace is taken to last at most: its spans are looked for this far around a window."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

COLUMNS = {"user": "user_id", "session": "session_id"}
"""Dimensions whose column is called otherwise."""

STEPS = frozenset({"model", "provider", "operation", "tier", "region", "agent", "tool"})
"""Dimensions of the steps of a trace: the trace counts wherever it has such a step. The others are its root's."""

WORK = frozenset({"agent", "tool"})
"""Those that steps other than model calls have as well."""

OPERATORS: dict[Comparison, str] = {"=": "equal", "!=": "unequal", "in": "among", "~": "containing"}
DIRECTIONS: dict[Direction, str] = {">": "above", "<": "below"}


@dataclass(frozen=True, slots=True)
class Clauses:
    """What a set of dimensions and filters becomes in SQL."""

    dimensions: tuple[Dimension, ...]
    filters: tuple[Filter, ...]

    @property
    def tags(self) -> tuple[str, ...]:
        return tags_of((*self.dimensions, *(filter.dimension for filter in self.filters)))

    @property
    def names(self) -> frozenset[str]:
        """All dimensions that the question speaks of."""
        return frozenset(each.name for each in (*self.dimensions, *(filter.dimension for filter in self.filters)))

    @property
    def steps(self) -> tuple[Dimension, ...]:
        """The dimensions of steps among those grouped by."""
        return tuple(dimension for dimension in self.dimensions if dimension.name in STEPS)

    @property
    def step_filters(self) -> tuple[Filter, ...]:
        return tuple(filter for filter in self.filters if filter.dimension.name in STEPS)

    @property
    def root_filters(self) -> tuple[Filter, ...]:
        return tuple(filter for filter in self.filters if filter.dimension.name not in STEPS)

    def column(self, dimension: Dimension) -> str:
        """The dimension's column, of a call and of a trace alike."""
        if dimension.tag:
            return piece("conditions", "tag", number=str(self.tags.index(dimension.tag)))
        return COLUMNS.get(dimension.name, dimension.name)

    def condition(self, filter: Filter) -> str:
        return self.compared(filter, self.column(filter.dimension))

    def compared(self, filter: Filter, column: str) -> str:
        return piece("conditions", OPERATORS[filter.comparison], column=column, bound=self.bound(filter))

    def bound(self, filter: Filter) -> str:
        return f"value_{self.filters.index(filter)}"

    def conditions(self, filters: Sequence[Filter], *more: str) -> str:
        """All of them hold, and what else must; no filter lets everything through."""
        return both(*(self.condition(filter) for filter in filters), *more)

    def of_trace(self) -> str:
        """The conditions on a trace: its root's words fit, and it has a step that fits."""
        fitting = (piece("conditions", "has_step", condition=self.step(self.step_filters)),)
        return self.conditions(self.root_filters, *(fitting if self.step_filters else ()))

    def step(self, filters: Sequence[Filter]) -> str:
        """The condition on a step: it is of the kind that the question looks at, and fits these filters."""
        names = {dimension.name for dimension in (*self.steps, *(filter.dimension for filter in filters))}
        wanted = () if names & WORK else (piece("conditions", "is_call"),)
        return both(*wanted, *(self.compared(each, step_column(each.dimension)) for each in filters))

    def steps_of_trace(self) -> str:
        """A trace's steps as far as the question tells them apart, each once."""
        columns = ", ".join(map(step_column, self.steps))
        return piece("conditions", "steps", columns=columns, condition=self.step(self.step_filters))

    def values(self) -> dict[str, object]:
        """What is bound: the keys of tags and the values of filters."""
        return {f"tag_{n}": key for n, key in enumerate(self.tags)} | {
            self.bound(filter): list(filter.values) if filter.comparison == "in" else filter.values[0]
            for filter in self.filters
        }


def step_column(dimension: Dimension) -> str:
    return piece("conditions", "of_step", column=dimension.name)


def both(*conditions: str) -> str:
    return " AND ".join(f"({condition})" for condition in conditions) or "1"


def threshold(number: int, limit: Threshold) -> str:
    """The condition that a trace's quantity, or a score of it, is above or below a limit."""
    name = DIRECTIONS[limit.direction]
    if limit.score:
        return piece("conditions", f"scored_{name}", bound=f"limit_{number}")
    column = piece("conditions", "duration_ms") if limit.quantity == "duration_ms" else limit.quantity
    return piece("conditions", name, column=column, bound=f"limit_{number}")


def bounds(window: Window) -> dict[str, object]:
    """A window as parameters: itself, and with what lies near it."""
    return {
        "since": micros(window.since),
        "until": micros(window.until),
        "near_since": max(0, micros(window.since - REACH)),
        "near_until": micros(window.until + REACH),
    }


def micros(time: datetime) -> int:
    """Microseconds since 1970, exact."""
    return (time - EPOCH) // MICROSECOND


def moment(micros: int) -> datetime:
    return EPOCH + micros * MICROSECOND
