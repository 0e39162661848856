"""Which rollups a window is answered from, worked by hand: hours count from midnight, a build's mark is its hour's."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.domain.questions import Interval
from ledger.domain.windows import Window
from ledger.store.seam import HOUR, MOST_STRETCHES, SECOND, Built, Seam, State, seam

MIDNIGHT = datetime(2026, 11, 1, tzinfo=UTC)
ZERO = int(MIDNIGHT.timestamp())


def hour(number: int, mark: int = 1) -> Built:
    return Built("hour", ZERO + number * HOUR, build=100 + number, mark=mark)


def day(number: int = 0, mark: int = 1) -> Built:
    return Built("day", ZERO + number * 24 * HOUR, build=500 + number, mark=mark)


def state(marked: dict[int, int], *built: Built) -> State:
    return State({ZERO + number * HOUR: mark for number, mark in marked.items()}, built)


def window(since: float, until: float) -> Window:
    return Window(MIDNIGHT + timedelta(hours=since), MIDNIGHT + timedelta(hours=until))


def joined(known: State, since: float = 0, until: float = 24, interval: Interval = "none") -> Seam:
    found = seam(known, window(since, until), interval)
    assert found is not None
    return found


def hours(found: Seam) -> list[int]:
    """Beginnings of what was chosen."""
    return [(built.begins - ZERO) // HOUR for built in found.chosen]


def stretches(found: Seam) -> list[tuple[float, float]]:
    return [((since / SECOND - ZERO) / HOUR, (until / SECOND - ZERO) / HOUR) for since, until in found.stretches]


def test_built_hours_are_taken_and_the_open_end_is_read_raw() -> None:
    found = joined(state({1: 1, 2: 1, 3: 1}, hour(1), hour(2)), until=4)

    assert hours(found) == [1, 2]
    assert stretches(found) == [(0, 1), (3, 4)]


def test_an_hour_that_was_marked_after_it_was_built_is_read_raw() -> None:
    found = joined(state({1: 1, 2: 2, 3: 1}, hour(1), hour(2, mark=1), hour(3)), 1, 4)

    assert hours(found) == [1, 3]
    assert stretches(found) == [(2, 3)]


def test_edges_within_an_hour_are_read_raw() -> None:
    found = joined(state({1: 1, 2: 1, 3: 1}, hour(1), hour(2), hour(3)), 1.5, 3.25)

    assert hours(found) == [2]
    assert stretches(found) == [(1.5, 2), (3, 3.25)]


def test_hours_in_which_nothing_ever_came_are_not_read_at_all() -> None:
    found = joined(state({1: 1, 5: 1}, hour(1), hour(5)), 1, 6)

    assert stretches(found) == []


@pytest.mark.parametrize(("interval", "chosen"), [("none", [0, 24]), ("day", [0, 24]), ("hour", [3, 24])])
def test_a_whole_day_is_taken_as_one_where_the_steps_allow(interval: Interval, chosen: list[int]) -> None:
    known = state({3: 1, 24: 1}, day(), hour(3), hour(24))

    assert hours(joined(known, 0, 25, interval)) == chosen
    assert hours(joined(known, 1, 25, interval)) == [3, 24]


def test_a_day_with_an_hour_that_was_marked_since_is_not_taken() -> None:
    found = joined(state({3: 2, 4: 1}, day(mark=1), hour(3, mark=2), hour(4)), 0, 24)

    assert hours(found) == [3, 4]


def test_where_nothing_is_built_there_is_no_seam() -> None:
    assert seam(state({1: 1}), window(0, 24), "none") is None
    assert seam(state({1: 1}, hour(1)), window(1.1, 1.9), "none") is None


def test_scattered_changes_leave_the_longest_runs() -> None:
    marks = {number: 2 if number % 10 == 9 else 1 for number in range(400)} | {399: 1}
    found = joined(state(marks, *(hour(number) for number in range(400))), 0, 400)

    assert len(found.stretches) <= MOST_STRETCHES
    assert 390 in hours(found)  # the last run is one hour longer than the others
    assert all(found.covers(ZERO + number * HOUR) for number in range(400))


class TestHolding:
    known = state({1: 1, 2: 1, 3: 1}, hour(1), hour(2))

    def test_what_was_chosen_holds_while_nothing_changes(self) -> None:
        assert joined(self.known).holds(self.known)

    def test_a_new_mark_breaks_it_only_where_a_rollup_was_taken(self) -> None:
        assert not joined(self.known).holds(state({1: 1, 2: 2, 3: 1}, hour(1), hour(2)))
        assert joined(self.known).holds(state({1: 1, 2: 1, 3: 9}, hour(1), hour(2)))

    def test_another_build_breaks_it_as_the_old_one_may_be_gone(self) -> None:
        again = Built("hour", ZERO + 2 * HOUR, build=999, mark=1)

        assert not joined(self.known).holds(state({1: 1, 2: 1, 3: 1}, hour(1), again))

    def test_something_where_nothing_had_ever_come_breaks_it(self) -> None:
        known = state({1: 1, 5: 1}, hour(1), hour(5))

        assert not joined(known, 1, 6).holds(state({1: 1, 3: 1, 5: 1}, hour(1), hour(5)))
