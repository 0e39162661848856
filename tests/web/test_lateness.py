from datetime import UTC, datetime, timedelta

import pytest

from ledger.domain.maturity import Day, Maturity, Within
from ledger.web.lateness import Lateness, spell

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)


def day(number, come):
    return Day(MONDAY + timedelta(days=number), traces=40, outcomes=30, come=come, final=0.75, interval=(0.7, 0.8))


def test_days_that_lack_outcomes_are_those_of_which_not_nearly_all_have_come():
    found = Maturity(120, 90, timedelta(days=7), (), (day(0, 1.0), day(1, 0.995), day(2, 0.6), day(3, None)))

    assert [each.day for each in Lateness.of(found).lacking] == [MONDAY + timedelta(days=2)]


def test_nothing_is_said_of_delays_nobody_has_watched():
    within = (Within(timedelta(hours=1), 0.8, (0.7, 0.9), 60), Within(timedelta(days=7), None, None, 60))

    assert [words for words, _ in Lateness.of(Maturity(9, 9, None, within, ())).within] == ["1 hour"]


@pytest.mark.parametrize(("hours", "words"), [(1, "1 hour"), (12, "12 hours"), (24, "1 day"), (168, "7 days")])
def test_delays_are_spelt_in_hours_and_days(hours, words):
    assert spell(Within(timedelta(hours=hours), None, None, 0)) == words
