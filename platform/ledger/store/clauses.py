"""The parts of a composed query that come from a question: columns, conditions, and the values bound to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ledger.domain.questions import Comparison, Dimension, Direction, Filter, Threshold, tags_of
from ledger.domain.windows import Window
from ledger.store.pieces import piece

REACH = timedelta(days=1)
"""How long a trace is taken to last at most: its root and its calls are looked for this far around a window."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

COLUMNS = {"user": "user_id", "session": "session_id"}
"""Dimensions whose column is called otherwise."""

STEPS = frozenset({"model", "provider", "operation", "tier", "region", "agent", "tool"})
"""Dimensions of the steps of a trace: the trace counts wherever it has such a step. The others are its root's."""

ROOTS_ALONE = frozenset({"status", "route", "service"})
"""What only a trace's root says of the whole; of the others the first span may that says them."""

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
        """The dimension's column, of a span and of a trace alike."""
        if dimension.tag:
            return f"tag_{self.tags.index(dimension.tag)}"
        return COLUMNS.get(dimension.name, dimension.name)

    def tag_columns(self) -> str:
        """The tags as columns of a span, each followed by a comma."""
        return "".join(piece("heads", "tag", number=str(n)) + ", " for n in range(len(self.tags)))

    @property
    def root_columns(self) -> frozenset[str]:
        """Columns that the question wants to know of a trace as a whole."""
        dimensions = (*self.dimensions, *(filter.dimension for filter in self.filters))
        return frozenset(self.column(each) for each in dimensions if each.name not in STEPS)

    def condition(self, filter: Filter) -> str:
        column = self.column(filter.dimension)
        return piece("conditions", OPERATORS[filter.comparison], column=column, bound=self.bound(filter))

    def bound(self, filter: Filter) -> str:
        return f"value_{self.filters.index(filter)}"

    def conditions(self, filters: Sequence[Filter], *more: str) -> str:
        """All of them hold, and what else must; no filter lets everything through."""
        return both(*(self.condition(filter) for filter in filters), *more)

    def steps_of_trace(self) -> str:
        """What a trace is looked into for: nothing, where the question only asks for its root's words."""
        if not self.steps and not self.step_filters:
            return piece("heads", "no_steps")
        columns = ", ".join(map(self.column, self.steps)) or "1"
        return piece("heads", "steps", columns=columns, condition=self.step_condition(self.step_filters))

    def step_condition(self, filters: Sequence[Filter]) -> str:
        """A span is a step that counts, and fits these filters."""
        names = {dimension.name for dimension in (*self.steps, *(filter.dimension for filter in filters))}
        return self.conditions(filters, piece("conditions", "is_step" if names & WORK else "is_counted_call"))

    def values(self) -> dict[str, object]:
        """What is bound: the keys of tags and the values of filters."""
        return {f"tag_{n}": key for n, key in enumerate(self.tags)} | {
            self.bound(filter): list(filter.values) if filter.comparison == "in" else filter.values[0]
            for filter in self.filters
        }


def of_trace(column: str) -> str:
    """A column of a trace as a whole, out of those of its spans."""
    if column == "failure_kind":
        return piece("heads", "failure_kind_of_trace")
    return piece("heads", "of_root" if column in ROOTS_ALONE else "of_first", column=column)


def both(*conditions: str) -> str:
    return " AND ".join(f"({condition})" for condition in conditions) or "1"


def threshold(number: int, limit: Threshold) -> str:
    """The condition that a trace's quantity, or a score of it, is above or below a limit."""
    name = DIRECTIONS[limit.direction]
    if limit.score:
        return piece("conditions", f"scored_{name}", bound=f"limit_{number}")
    return piece("conditions", name, column=limit.quantity, bound=f"limit_{number}")


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
