"""How late outcomes come: worked by hand, and held to a simulation whose truth is known."""

import math
import random
from bisect import bisect_left, bisect_right
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from ledger.domain.maturity import EDGES, Alike, delays, maturity

DAY = datetime(2026, 11, 1, tzinfo=UTC)
HOURS = (timedelta(hours=1), timedelta(hours=24), timedelta(hours=168))
"""Three classes: within an hour, within a day, within a week."""

OLD = [Alike(DAY, 3, 0, 50), Alike(DAY, 3, 1, 30), Alike(DAY, 3, 2, 20), Alike(DAY, 3, None, 25)]
"""More than a week old: 100 outcomes, 50 within an hour, 30 more within a day, 20 more within a week."""
YOUNGER = [Alike(DAY + timedelta(days=1), 2, 0, 60), Alike(DAY + timedelta(days=1), 2, 1, 20)]
"""Between a day and a week old."""
TODAY = [Alike(DAY + timedelta(days=2), 1, 0, 44), Alike(DAY + timedelta(days=2), 1, None, 66)]
"""Between an hour and a day old: 110 traces, 44 with an outcome so far."""


class TestByHand:
    def test_a_delay_counts_among_those_that_were_watched_for_as_long(self) -> None:
        """Within a day of a week: 80 of 100, told by the old alone. Within an hour of a day: 110 of 160, told by both.
        Within an hour of a week: 0.8 × 0.6875 = 0.55. What came by now would say 154 of 224 = 0.69."""
        found = delays([*OLD, *YOUNGER, *TODAY], HOURS)

        assert found.shares == pytest.approx((0.55, 0.8, 1.0))
        assert (found.reach, found.n) == (3, 224)

    def test_the_spread_is_that_of_the_shares_multiplied(self) -> None:
        """20 / (100 × 80) = 0.0025 for the first step, 50 / (160 × 110) = 0.002841 more for the second."""
        found = delays([*OLD, *YOUNGER, *TODAY], HOURS)

        assert found.spreads == pytest.approx((math.sqrt(0.0025 + 50 / 17600), 0.05, 0.0))

    def test_a_young_day_will_be_covered_by_what_is_known_over_what_has_come(self) -> None:
        """44 of 110 are known, 0.55 of the outcomes have come at that age: 0.4 / 0.55 = 0.7273."""
        day = maturity([*OLD, *YOUNGER, *TODAY], HOURS).days[2]

        assert (day.traces, day.outcomes, day.coverage) == (110, 44, 0.4)
        assert day.come == pytest.approx(0.55)
        assert day.final == pytest.approx(0.4 / 0.55)
        # 80 outcomes, if 44 are 55 % of them. 1.96 × √(0.55 × 0.45) = 0.975, √(0.975² + 4 × 0.55 × 44) = 9.887,
        # (9.887 ∓ 0.975)² / 1.1² = 65.6 and 97.5: of 65.6 as many as 44 are seldom there, of 97.5 as few as 44.
        # Their logarithms are 0.198 away; the spread adds 1.96 × 0.0731 = 0.143: √(0.198² + 0.143²) = 0.2445.
        assert day.interval == pytest.approx((80 * math.exp(-0.2445) / 110, 80 * math.exp(0.2445) / 110), abs=0.001)

    def test_a_day_of_which_everything_has_come_is_sure(self) -> None:
        """100 of 125."""
        day = maturity([*OLD, *YOUNGER], HOURS).days[0]

        assert (day.come, day.final, day.interval) == (1.0, 0.8, (0.8, 0.8))

    def test_shares_within_an_hour_a_day_and_a_week(self) -> None:
        hour, day, week = maturity([*OLD, *YOUNGER, *TODAY], HOURS).within

        assert [each.share for each in (hour, day, week)] == [pytest.approx(0.55), pytest.approx(0.8), 1.0]
        assert day.interval == pytest.approx((0.7111, 0.8666), abs=0.0001)  # Wilson of 80 in 100
        assert week.n == 224


class TestEdgesOfKnowledge:
    def test_without_traces_there_is_nothing(self) -> None:
        found = maturity([])

        assert (found.traces, found.reach, found.days) == (0, None, ())
        assert [each.share for each in found.within] == [None, None, None]

    def test_without_outcomes_nothing_is_foretold(self) -> None:
        (day,) = maturity([Alike(DAY, 3, None, 50)], HOURS).days

        assert (day.coverage, day.come, day.final, day.interval) == (0.0, None, None, None)

    def test_a_delay_of_which_too_little_is_known_is_not_spoken_of(self) -> None:
        few = [Alike(DAY, 3, 0, 10), Alike(DAY, 3, 2, 9), Alike(DAY + timedelta(days=1), 2, 1, 30)]

        found = maturity(few, HOURS)

        assert found.reach == timedelta(hours=24)
        assert found.within[2].share is None

    def test_traces_younger_than_the_first_class_foretell_nothing(self) -> None:
        fresh = Alike(DAY + timedelta(days=3), 0, 0, 3)

        day = maturity([*OLD, fresh], HOURS).days[1]

        assert (day.outcomes, day.come, day.final) == (3, 0.0, None)

    def test_a_day_without_an_outcome_yet_may_still_get_some(self) -> None:
        day = maturity([*OLD, Alike(DAY + timedelta(days=2), 1, None, 10)], HOURS).days[1]

        assert day.final == 0.0
        assert day.interval is not None
        assert day.interval[0] == 0.0
        assert day.interval[1] == pytest.approx(0.384, abs=0.001)  # 1.96² × (1 - 0.5) / 0.5 of 10: half would be here

    def test_coverage_never_ends_below_what_is_known(self) -> None:
        day = maturity([*OLD, Alike(DAY + timedelta(days=2), 1, 1, 10)], HOURS).days[1]

        assert (day.coverage, day.final) == (1.0, 1.0)

    def test_where_all_came_in_one_class_that_is_the_share(self) -> None:
        at_once = maturity([Alike(DAY, 3, 0, 40)], HOURS)

        assert at_once.within[0].share == 1.0
        assert at_once.days[0].final == 1.0


class TestSimulated:
    def test_the_intervals_hold_what_days_come_to_and_the_middle_is_not_off(self) -> None:
        """200 histories of 20 days, 60 tasks each: 70 % get an outcome, half of them within six hours.

        What is known of the youngest day alone would say 0.45.
        """
        rng = random.Random(41)
        held, off, known = [], [], []
        for _ in range(200):
            alike, truth = history(rng, days=20, tasks=60)
            for at, day in list(enumerate(maturity(alike).days))[-6:]:
                assert day.final is not None
                assert day.interval is not None
                held.append(day.interval[0] <= truth[at] <= day.interval[1])
                off.append(day.final - truth[at])
            known.append(day.coverage)

        assert sum(held) / len(held) == pytest.approx(0.95, abs=0.025)
        assert sum(off) / len(off) == pytest.approx(0, abs=0.01)
        assert sum(known) / len(known) == pytest.approx(0.45, abs=0.05)


def history(rng: random.Random, days: int, tasks: int) -> tuple[list[Alike], list[float]]:
    """What is known of some days' tasks, and the share of each day's that will have an outcome in the end."""
    counts: Counter[tuple[int, int, int | None]] = Counter()
    truth = [0.0] * days
    for day, _ in product(range(days), range(tasks)):
        age = timedelta(days=days - day - rng.random())
        delay = timedelta(hours=6 * rng.lognormvariate(0, 1.2)) if rng.random() < 0.7 else None
        truth[day] += (delay is not None) / tasks
        known = delay if delay is not None and delay <= age else None
        counts[day, classed(age), None if known is None else before(known)] += 1
    return [Alike(DAY + timedelta(days=day), age, delay, n) for (day, age, delay), n in counts.items()], truth


def classed(age: timedelta) -> int:
    return bisect_right(EDGES, age)


def before(delay: timedelta) -> int:
    return bisect_left(EDGES, delay)
