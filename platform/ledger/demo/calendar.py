"""When the shop is busy: the moments of thirty days, drawn with the rhythm of day and week."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

DAYS = 30
TASKS_A_WEEKDAY = 42
HOURS = (1, 1, 1, 1, 1, 2, 4, 7, 11, 14, 15, 14, 12, 13, 15, 14, 12, 10, 8, 8, 7, 5, 3, 2)
"""The weight of each hour of the day."""
WEEKEND = 0.4


def moments(until: datetime, rng: random.Random) -> Iterator[datetime]:
    """Starts of tasks in the thirty days before, in order; the trade grows by a quarter meanwhile."""
    hours = DAYS * 24
    for ago in range(hours, 0, -1):
        hour = until - timedelta(hours=ago)
        growth = 1 + 0.25 * (hours - ago) / hours
        for _ in range(drawn(expected(hour) * growth, rng)):
            yield hour + timedelta(seconds=rng.uniform(0, 3500))


def expected(hour: datetime) -> float:
    """Tasks that begin in such an hour, on average."""
    weight = HOURS[hour.astimezone(UTC).hour] / sum(HOURS)
    return TASKS_A_WEEKDAY * weight * (WEEKEND if hour.weekday() >= 5 else 1)


def drawn(mean: float, rng: random.Random) -> int:
    """A whole number with that mean."""
    return int(mean) + (rng.random() < mean - int(mean))
