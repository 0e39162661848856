"""How late outcomes come: the classes that traces are counted in."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from ledger.domain.maturity import EDGES, LEAST
from ledger.store.client import Store
from ledger.store.maturity import maturity_of
from tests.store.ledgers import DAY, NOON, span, write

HOUR = timedelta(hours=1)
LATER = NOON + timedelta(days=8)


def ended(trace: int, after: timedelta | None, **more: object) -> dict[str, object]:
    """A task of a second that began at noon, and its outcome some time after its end."""
    end = NOON + timedelta(seconds=1)
    told = {} if after is None else {"success": True, "outcome_at": end + after}
    return span(trace, trace, **told, **more)  # type: ignore[arg-type]


def shares(store: Store, project: UUID, now: datetime = LATER, **more: str) -> list[float | None]:
    return [each.share for each in maturity_of(store, project, DAY, now, **more).within]


def test_a_delay_runs_from_the_end_and_counts_up_to_its_edge(store: Store, project: UUID) -> None:
    """Twenty exactly within the hour, ten a microsecond later, six within a week, four that have none."""
    delays = [HOUR] * 20 + [HOUR + timedelta(microseconds=1)] * 10 + [timedelta(days=7)] * 6 + [None] * 4
    write(store, project, *[ended(at, delay) for at, delay in enumerate(delays, 1)])

    found = maturity_of(store, project, DAY, LATER)

    assert (found.traces, found.outcomes, found.reach) == (40, 36, timedelta(days=7))
    assert shares(store, project) == pytest.approx([20 / 36, 30 / 36, 1.0])
    (day,) = found.days
    assert (day.coverage, day.final) == (0.9, 0.9)


def test_an_outcome_that_came_before_the_end_came_at_once(store: Store, project: UUID) -> None:
    write(store, project, *[ended(at, timedelta(seconds=-1)) for at in range(1, LEAST + 1)])

    assert shares(store, project) == [1.0, 1.0, 1.0]


def test_young_traces_have_been_watched_for_as_long_as_they_are_old(store: Store, project: UUID) -> None:
    """An hour after their end no share of a day can be told."""
    write(store, project, *[ended(at, HOUR / 2) for at in range(1, LEAST + 1)])

    assert shares(store, project, NOON + HOUR + timedelta(seconds=1)) == [1.0, None, None]
    assert shares(store, project, NOON + HOUR) == [None, None, None]


def test_one_route_is_looked_at_alone(store: Store, project: UUID) -> None:
    write(store, project, ended(1, HOUR, route="a"), ended(2, HOUR, route="b"), ended(3, HOUR))

    assert maturity_of(store, project, DAY, LATER, "a").traces == 1
    assert maturity_of(store, project, DAY, LATER, "").traces == 1
    assert maturity_of(store, project, DAY, LATER).traces == 3


def test_edges_rise_and_hold_the_delays_that_are_told() -> None:
    assert list(EDGES) == sorted(set(EDGES))
    assert {HOUR, timedelta(days=1), timedelta(days=7)} <= set(EDGES)
