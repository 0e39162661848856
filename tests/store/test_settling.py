"""How a batch of traces is cut into statements."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.store.settling import MOST_GAPS, MOST_TRACES, windows

START = datetime(2026, 3, 1, tzinfo=UTC)


class Sliced:
    """A store that knows one thing: in which hours the batch's traces begin."""

    def __init__(self, *slices: tuple[int, int]) -> None:
        self.slices = slices

    def query(self, name: str, batch: int) -> list[dict[str, object]]:
        assert (name, batch) == ("slices", 7)
        hours = [(START + timedelta(hours=hour), traces) for hour, traces in self.slices]
        return [{"slice": at, "since": at, "until": at, "traces": traces, "scopes": False} for at, traces in hours]


@pytest.mark.parametrize(
    ("slices", "expected"),
    [
        ([], 0),
        ([(hour, 10) for hour in range(0, 720, 9)], 1),
        ([(0, 1), (24, 1)], 1),
        ([(0, 1), (25, 1)], 2),
        ([(0, MOST_TRACES), (1, 1)], 2),
        ([(hour, 1) for hour in range(0, 48 * 2000, 48)], 1),
        ([(hour * hour, 1) for hour in range(25, 2000)], MOST_GAPS + 1),
    ],
    ids=[
        "nothing",
        "a month with pauses",
        "a day apart",
        "over a day apart",
        "too many at once",
        "every other day of a decade",
        "ever further apart",
    ],
)
def test_a_batch_is_cut_where_reading_through_costs_more_than_another_statement(
    slices: list[tuple[int, int]], expected: int
) -> None:
    cut = list(windows(Sliced(*slices), 7))

    assert len(cut) == expected


def test_a_window_reaches_over_the_traces_of_all_its_hours() -> None:
    [window] = windows(Sliced((0, 1), (5, 1)), 7)

    assert (window.begin, window.end) == (START, START + timedelta(hours=5))
    assert (window.since, window.until) == (START, START + timedelta(hours=5))
