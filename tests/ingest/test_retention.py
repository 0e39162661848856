from ingest.conventions.sent import Sent
from ingest.retention import AHEAD, ANY_TIME, DAY, Calendar

NOON = 1_790_000_000_000_000
WEEK = Calendar(NOON - 7 * DAY, NOON + DAY)


def sent(start: int) -> Sent:
    return Sent(trace_id="1" * 32, span_id="2" * 16, name="late", start=start)


def test_the_oldest_moment_that_is_kept_is_taken_and_the_one_before_is_not() -> None:
    assert WEEK.refused(sent(NOON - 7 * DAY)) is None

    refused = WEEK.refused(sent(NOON - 7 * DAY - 1))
    assert refused is not None
    assert refused.reason == "older_than_retention"
    assert "late" in refused.sample


def test_more_than_a_day_ahead_is_taken_with_a_flag() -> None:
    near, far = sent(NOON + DAY), sent(NOON + DAY + 1)

    assert WEEK.refused(near) is WEEK.refused(far) is None
    assert (near.flags, far.flags) == (set(), {AHEAD})


def test_where_nothing_is_said_any_time_will_do() -> None:
    assert ANY_TIME.refused(sent(1)) is ANY_TIME.refused(sent(10_413_791_999_000_000)) is None
