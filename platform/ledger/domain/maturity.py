"""How late outcomes come, and what recent days still lack.

Of a recent day only the quick outcomes are known yet, so what came looks quicker than outcomes are, and the day looks
worse covered than it will be. Both are put right by letting a delay count only among traces that have been watched for
at least as long: going from the longest delay to the shortest, the share that came sooner is multiplied up. That is the
product-limit estimate for right-truncated data, as used for the reporting delays of AIDS cases (Lagakos, Barraj and
De Gruttola, Biometrika 75, 1988, 515-523). What a day will be covered in the end is what is known of it, divided by the
share of outcomes that has come at the ages of its traces.

Delays are counted in classes. Nothing is said of delays longer than the longest that enough outcomes tell of.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, inf, log, sqrt

from ledger.domain.intervals import Z, wilson

LEAST = 20
"""Outcomes that must have come within a delay, of traces watched for that long, before anything is said of it."""

EDGES = (
    *(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 20, 30)),
    *(timedelta(hours=hours) for hours in (1, 2, 3, 4, 6, 8, 12, 16, 24, 36)),
    *(timedelta(days=days) for days in (2, 3, 4, 5, 6, 7, 10, 14, 21, 30, 45, 60, 90)),
)
"""The upper ends of the classes of delays."""

WITHIN = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))

type Interval = tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Alike:
    """Traces of one day that are alike: `age` edges have passed since they ended, `delay` edges until the outcome came;
    None where none has."""

    day: datetime
    age: int
    delay: int | None
    traces: int

    @property
    def watched(self) -> bool:
        """Whether the outcome came, and in a class that has passed wholly."""
        return self.delay is not None and self.delay < self.age


@dataclass(frozen=True, slots=True)
class Delays:
    """The share of outcomes that has come when each edge has passed, and how sure that is.

    `spreads` are standard errors of the shares' logarithms, `n` the outcomes that this was learnt from. `reach` is how
    many of the edges anything is known of: shares are shares of what comes within the last of them.
    """

    edges: Sequence[timedelta]
    shares: tuple[float, ...]
    spreads: tuple[float, ...]
    reach: int
    n: int

    def come(self, passed: int) -> tuple[float, float]:
        """The share that has come when so many edges have passed, and its spread."""
        if passed == 0:
            return 0.0, inf
        if passed > self.reach:
            return 1.0, 0.0
        return self.shares[passed - 1], self.spreads[passed - 1]


@dataclass(frozen=True, slots=True)
class Within:
    """The share of outcomes that comes within a delay; None where traces have not been watched for that long."""

    delay: timedelta
    share: float | None
    interval: Interval
    n: int


@dataclass(frozen=True, slots=True)
class Day:
    """A day's traces: how many have an outcome, what share of the outcomes is there by now, what it will come to."""

    day: datetime
    traces: int
    outcomes: int
    come: float | None
    final: float | None
    interval: Interval

    @property
    def coverage(self) -> float:
        return self.outcomes / self.traces


@dataclass(frozen=True, slots=True)
class Maturity:
    traces: int
    outcomes: int
    reach: timedelta | None
    """The longest delay that enough is known of."""
    within: tuple[Within, ...]
    days: tuple[Day, ...]


def maturity(alike: Sequence[Alike], edges: Sequence[timedelta] = EDGES) -> Maturity:
    """What traces and the delays of their outcomes say; `alike` are all traces of a window."""
    learnt = delays(alike, edges)
    days = sorted({one.day for one in alike})
    return Maturity(
        traces=sum(one.traces for one in alike),
        outcomes=sum(one.traces for one in alike if one.delay is not None),
        reach=edges[learnt.reach - 1] if learnt.reach else None,
        within=tuple(within(learnt, delay) for delay in WITHIN),
        days=tuple(day_of(learnt, day, [one for one in alike if one.day == day]) for day in days),
    )


def delays(alike: Iterable[Alike], edges: Sequence[timedelta] = EDGES) -> Delays:
    """The distribution of delays, from the longest that enough outcomes tell of down to the shortest."""
    seen = [one for one in alike if one.watched]
    came = [sum(one.traces for one in seen if one.delay == at and one.age > at) for at in range(len(edges))]
    by_then = [
        sum(one.traces for one in seen if one.delay is not None and one.delay <= at < one.age)
        for at in range(len(edges))
    ]
    reach = max((at + 1 for at in range(len(edges)) if by_then[at] >= LEAST), default=0)
    share, variance, shares, spreads = 1.0, 0.0, [1.0] * reach, [0.0] * reach
    for at in range(reach - 1, -1, -1):
        shares[at], spreads[at] = share, sqrt(variance)
        sooner = by_then[at] - came[at]
        share *= sooner / by_then[at] if by_then[at] else 1.0
        variance += came[at] / (by_then[at] * sooner) if sooner else 0.0 if not came[at] else inf
    n = sum(one.traces for one in seen if one.delay is not None and one.delay < reach)
    return Delays(edges, tuple(shares), tuple(spreads), reach, n)


def within(learnt: Delays, delay: timedelta) -> Within:
    """With Wilson's interval for as many outcomes as would be as sure, had all of them been watched to the end."""
    passed = bisect_right(learnt.edges, delay)
    if not 0 < passed <= learnt.reach:
        return Within(delay, None, None, learnt.n)
    share, spread = learnt.come(passed)
    worth = (1 - share) / (share * spread**2) if 0 < share < 1 and spread else float(learnt.n)
    return Within(delay, share, wilson(share * worth, worth), learnt.n)


def day_of(learnt: Delays, day: datetime, alike: Sequence[Alike]) -> Day:
    traces = sum(one.traces for one in alike)
    outcomes = sum(one.traces for one in alike if one.delay is not None)
    if not learnt.reach:
        return Day(day, traces, outcomes, None, None, None)
    come = [(one.traces, *learnt.come(one.age)) for one in alike]
    grown = sum(number * share for number, share, _ in come)
    spread = sum(number * share * spread for number, share, spread in come if share) / grown if grown else inf
    watched = sum(one.traces for one in alike if one.watched)
    final, interval = covered(watched, outcomes, traces, grown / traces, spread)
    return Day(day, traces, outcomes, grown / traces, final, interval)


def covered(
    watched: int, known: int, traces: int, come: float, spread: float
) -> tuple[float | None, tuple[float, float] | None]:
    """What share of a day's traces will have an outcome, and between which bounds; no less than have one already.

    If so many will, the number that has come by now is binomial: the bounds are the numbers for which it would be just
    not surprising (the score interval, as Wilson's is for a share), widened by how sure the share that has come is.
    """
    if not come or spread == inf:
        return None, None
    scatter = Z * sqrt(come * (1 - come))
    root = sqrt(scatter**2 + 4 * come * watched)
    middle, low, high = watched / come, ((root - scatter) / (2 * come)) ** 2, ((root + scatter) / (2 * come)) ** 2
    if watched:
        low = middle * exp(-sqrt(log(middle / low) ** 2 + (Z * spread) ** 2))
        high = middle * exp(sqrt(log(high / middle) ** 2 + (Z * spread) ** 2))
    final, low, high = (min(traces, max(known, number)) / traces for number in (middle, low, high))
    return final, (low, high)
