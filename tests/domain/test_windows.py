from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from ledger.domain.errors import BadTime, BadWindow
from ledger.domain.windows import Window, read_window

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)


def test_a_window_ends_now_and_begins_30_days_before_its_end() -> None:
    assert read_window(None, None, NOW) == Window(NOW - timedelta(days=30), NOW)
    assert read_window(None, "2026-03-01T00:00:00Z", NOW).since == datetime(2026, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2026-11-01T12:00:00Z", "2026-11-01T13:00:00+01:00", "2026-11-01T12:00:00.000000", "2026-11-01 12:00"]
)
def test_times_are_read_in_any_offset_and_are_utc(text: str) -> None:
    since = read_window(text, None, NOW).since

    assert since == datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert since.tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["yesterday", "1699999999", "2026-13-01", "1969-12-31", "9999-12-31", "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_time_is_refused_by_the_parameters_name(text: str) -> None:
    with pytest.raises(BadTime) as refused:
        read_window(text, None, NOW)

    assert (refused.value.parameter, refused.value.value) == ("from", text)
    assert "2026-01-31T00:00:00Z" in str(refused.value)


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(BadWindow, match="from="):
        read_window("2026-11-02", "2026-11-01", NOW)


def test_a_window_may_be_empty() -> None:
    assert read_window("2026-11-01", "2026-11-01", NOW).since == datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize("days", [0, 0.5, 1, 1.5, 8, 8.5, 400])
def test_pieces_from_the_newest_on_make_up_the_window(days: float) -> None:
    window = Window(NOW - timedelta(days=days), NOW)
    pieces = list(window.newest_first())

    assert pieces[0].until == NOW
    assert pieces[-1].since == window.since
    assert all(later.since == earlier.until for later, earlier in pairwise(pieces))
    assert len(pieces) <= 3


def test_both_parts_of_a_split_window_touch() -> None:
    window = Window(NOW, NOW + timedelta(hours=2))

    assert window.split(NOW + timedelta(hours=1)) == (
        Window(NOW, NOW + timedelta(hours=1)),
        Window(NOW + timedelta(hours=1), NOW + timedelta(hours=2)),
    )
