"""Questions to the ledger: which figures, of which calls and traces, in which groups. Read from the texts of a URL."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from ledger.domain.errors import (
    BadFilter,
    BadLimit,
    TooMany,
    UnknownDimension,
    UnknownInterval,
    UnknownMeasure,
)
from ledger.domain.windows import Window, read_window

Interval = Literal["none", "minute", "hour", "day"]
Unit = Literal["count", "money", "ratio", "milliseconds"]
Comparison = Literal["=", "!=", "in", "~"]
Direction = Literal[">", "<"]

INTERVALS: tuple[Interval, ...] = get_args(Interval)
COMPARISONS: tuple[Comparison, ...] = get_args(Comparison)
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)

MEASURES: dict[str, Unit] = {
    "calls": "count",
    "traces": "count",
    "failures": "count",
    "failure_rate": "ratio",
    "failed_traces": "count",
    "trace_failure_rate": "ratio",
    "input_tokens": "count",
    "cache_read_tokens": "count",
    "cache_write_tokens": "count",
    "output_tokens": "count",
    "reasoning_tokens": "count",
    "cost": "money",
    "charges": "money",
    "cost_per_call": "money",
    "cost_per_trace": "money",
    "cost_per_success": "money",
    "cost_per_million_tokens": "money",
    "revenue": "money",
    "margin": "money",
    "outcome_coverage": "ratio",
    "cache_savings": "money",
    "wasted_cost": "money",
    "unpriced_calls": "count",
    "unknown_usage_calls": "count",
    "duplicate_calls": "count",
    "pending_calls": "count",
    "latency_p50": "milliseconds",
    "latency_p95": "milliseconds",
    "latency_p99": "milliseconds",
    "ttft_p50": "milliseconds",
    "ttft_p95": "milliseconds",
    "calls_per_trace": "ratio",
    "users": "count",
    "outcomes": "count",
    "successes": "count",
    "success_rate": "ratio",
    "evaluation_cost": "money",
    "tool_calls": "count",
    "tool_failures": "count",
}
"""What can be asked, beside `score.<name>` and `score_count.<name>`, and what its figures are."""

DIMENSIONS = (
    "model",
    "provider",
    "route",
    "operation",
    "environment",
    "release",
    "prompt",
    "agent",
    "tool",
    "customer",
    "user",
    "session",
    "status",
    "failure_kind",
    "service",
    "tier",
    "region",
    "variant",
)
"""What calls and traces can be grouped and filtered by, beside `tag.<key>`."""

QUANTITIES = ("duration_ms", "cost", "calls")
"""What traces can be filtered by with > and <, beside `score.<name>`."""

MOST_ROWS = 10_000
MOST_MEASURES = 64
MOST_DIMENSIONS = 6
MOST_FILTERS = 32


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure: one of MEASURES, or the mean of a score, or how many scores there are."""

    name: str

    @property
    def score(self) -> str:
        """The score's name; empty where the measure is of none."""
        kind, _, name = self.name.partition(".")
        return name if kind in ("score", "score_count") else ""

    @property
    def counts_scores(self) -> bool:
        return self.name.startswith("score_count.")

    @property
    def unit(self) -> Unit:
        if self.score:
            return "count" if self.counts_scores else "ratio"
        return MEASURES[self.name]


@dataclass(frozen=True, slots=True)
class Dimension:
    """What to group or filter by: one of DIMENSIONS, or a tag of the client's own."""

    name: str

    @property
    def tag(self) -> str:
        """The tag's key; empty where the dimension is none."""
        return self.name.removeprefix("tag.") if self.name.startswith("tag.") else ""


@dataclass(frozen=True, slots=True)
class Filter:
    """Only what has one of these values (`=`, `in`), or hasn't (`!=`), or contains it (`~`). Empty means: not said."""

    dimension: Dimension
    comparison: Comparison
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Threshold:
    """Only traces above or below a figure: a quantity of theirs, or a score that they were given."""

    quantity: str
    direction: Direction
    limit: float

    @property
    def score(self) -> str:
        return self.quantity.removeprefix("score.") if self.quantity.startswith("score.") else ""


@dataclass(frozen=True, slots=True)
class Question:
    """Measures of a window, in groups."""

    window: Window
    measures: tuple[Measure, ...]
    by: tuple[Dimension, ...] = ()
    interval: Interval = "none"
    filters: tuple[Filter, ...] = ()
    limit: int = MOST_ROWS


def read_question(
    measures: str,
    now: datetime,
    *,
    by: str = "",
    since: str | None = None,
    until: str | None = None,
    interval: str = "none",
    filters: Sequence[str] = (),
    limit: str | int = MOST_ROWS,
) -> Question:
    """The question that the parameters of a URL ask; raises BadParameter with the name of the one that is wrong."""
    return Question(
        window=read_window(since, until, now),
        measures=read_measures(measures),
        by=read_dimensions(by),
        interval=read_interval(interval),
        filters=read_filters(filters),
        limit=read_limit(limit, MOST_ROWS),
    )


def read_measures(text: str) -> tuple[Measure, ...]:
    names = listed("measures", text, MOST_MEASURES)
    if not names:
        raise UnknownMeasure(text, MEASURES)
    return tuple(read_measure(name) for name in names)


def read_measure(name: str) -> Measure:
    measure = Measure(name)
    if name not in MEASURES and not measure.score:
        raise UnknownMeasure(name, MEASURES)
    return measure


def read_dimensions(text: str) -> tuple[Dimension, ...]:
    return tuple(read_dimension("by", name) for name in listed("by", text, MOST_DIMENSIONS))


def read_dimension(parameter: str, name: str) -> Dimension:
    dimension = Dimension(name)
    if name not in DIMENSIONS and not dimension.tag:
        raise UnknownDimension(parameter, name, DIMENSIONS)
    return dimension


def read_interval(text: str) -> Interval:
    for interval in INTERVALS:
        if text == interval:
            return interval
    raise UnknownInterval(text, INTERVALS)


def read_limit(text: str | int, most: int) -> int:
    digits = str(text)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9 and 1 <= int(digits) <= most):
        raise BadLimit(digits, most)
    return int(digits)


def read_filters(texts: Sequence[str]) -> tuple[Filter, ...]:
    """Filters written `dimension:op:value`; the value may hold colons, and `%2C` is a comma in a list."""
    within("filter", len(texts), MOST_FILTERS)
    return tuple(read_filter(text) for text in texts)


def read_filter(text: str) -> Filter:
    name, op, value = pieces(text)
    dimension = read_dimension("filter", name)
    for comparison in COMPARISONS:
        if op == comparison:
            return Filter(dimension, comparison, choices(value) if comparison == "in" else (value,))
    raise BadFilter(text, f"one of {' '.join(COMPARISONS)} between the colons")


def read_trace_filters(texts: Sequence[str]) -> tuple[Filter | Threshold, ...]:
    """Filters of traces: those of dimensions, and `duration_ms`, `cost`, `calls`, `score.<name>` with > or <."""
    within("filter", len(texts), MOST_FILTERS)
    return tuple(read_threshold(text) if is_quantity(text) else read_filter(text) for text in texts)


def is_quantity(text: str) -> bool:
    name = text.partition(":")[0]
    return name in QUANTITIES or name.startswith("score.")


def read_threshold(text: str) -> Threshold:
    name, op, value = pieces(text)
    if name == "score.":
        raise BadFilter(text, "the score's name after score.")
    for direction in DIRECTIONS:
        if op == direction:
            return Threshold(name, direction, read_number(text, value))
    raise BadFilter(text, f"one of {' '.join(DIRECTIONS)} between the colons")


def read_number(text: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError as error:
        raise BadFilter(text, "a number after the second colon") from error
    if not math.isfinite(number):
        raise BadFilter(text, "a finite number after the second colon")
    return number


def pieces(text: str) -> tuple[str, str, str]:
    name, first, rest = text.partition(":")
    op, second, value = rest.partition(":")
    if not first or not second:
        raise BadFilter(text, "dimension:op:value, as in model:=:gpt-4o")
    return name, op, value


def choices(value: str) -> tuple[str, ...]:
    return tuple(item.replace("%2C", ",").replace("%2c", ",") for item in value.split(","))


def listed(parameter: str, text: str, most: int) -> tuple[str, ...]:
    """The parts of a comma list, each once, in their order."""
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    within(parameter, len(names), most)
    return names


def within(parameter: str, count: int, most: int) -> None:
    if count > most:
        raise TooMany(parameter, count, most)


def tags_of(dimensions: Iterable[Dimension]) -> tuple[str, ...]:
    """The keys of the tags among them, each once."""
    return tuple(dict.fromkeys(dimension.tag for dimension in dimensions if dimension.tag))
