import pytest

from ledger.domain.intervals import wilson


def test_half_of_ten_lies_between_24_and_76_percent():
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=0.0001)


def test_none_of_ten_may_still_be_up_to_28_percent():
    # z²/(n + z²) = 3.8415 / 13.8415
    assert wilson(0, 10) == pytest.approx((0, 0.2775), abs=0.0001)


def test_many_cases_narrow_the_interval():
    assert wilson(41, 1000) == pytest.approx((0.0303, 0.0551), abs=0.0001)


def test_nothing_is_known_of_no_cases():
    assert wilson(0, 0) is None
