from datetime import UTC, datetime

from ledger.domain.windows import Window
from ledger.web.charts import bars, steps

MONDAY, TUESDAY, WEDNESDAY = (datetime(2026, 11, day, tzinfo=UTC) for day in (16, 17, 18))


def test_a_window_begins_and_ends_inside_its_first_and_last_step():
    window = Window(MONDAY.replace(hour=9, minute=30), WEDNESDAY.replace(hour=1))

    assert list(steps(window, "day")) == [MONDAY, TUESDAY, WEDNESDAY]


def test_hours_begin_at_full_hours():
    window = Window(MONDAY.replace(hour=9, minute=30), MONDAY.replace(hour=11))

    assert [time.hour for time in steps(window, "hour")] == [9, 10]


def test_the_highest_bar_fills_the_chart_and_the_others_are_in_proportion():
    drawn = bars([MONDAY, TUESDAY], "day", {MONDAY: 200, TUESDAY: 50}, {MONDAY: 100})

    assert [(bar.y, bar.height) for bar in drawn] == [(0, 72), (54, 18)]
    assert [(bar.mark_y, bar.mark_height) for bar in drawn] == [(36, 36), (72, 0)]
    assert [(bar.room_x, bar.room) for bar in drawn] == [(0, 50), (50, 50)]


def test_little_is_still_seen_and_nothing_is_not():
    drawn = bars([MONDAY, TUESDAY, WEDNESDAY], "day", {MONDAY: 10_000, TUESDAY: 1, WEDNESDAY: None})

    assert [bar.height for bar in drawn] == [72, 1, 0]


def test_a_window_without_anything_draws_nothing():
    assert [bar.height for bar in bars([MONDAY], "day", {})] == [0]
