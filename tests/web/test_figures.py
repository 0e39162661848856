from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ledger.web.templatetags import figures


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (None, "–"),
        ("0", "$0.00"),
        ("4119.6", "$4,120"),
        ("999.994", "$999.99"),
        ("12.84", "$12.84"),
        ("0.125", "$0.12"),
        ("0.00123", "$0.0012"),
        ("0.0000041", "$0.0000041"),
        ("-0.0012", "−$0.0012"),
    ],
)
def test_money_has_the_precision_that_matters(amount, written):
    assert figures.money(amount and Decimal(amount)) == written


@pytest.mark.parametrize(
    ("amount", "written"),
    [(None, "–"), ("0", "$0.00"), ("0.004", "<$0.01"), ("0.996", "$1.00"), ("4120.5", "$4,120.50")],
)
def test_sums_of_a_table_are_in_cents(amount, written):
    assert figures.cents(amount and Decimal(amount)) == written


@pytest.mark.parametrize(
    ("amount", "written"),
    [(None, "–"), ("0", "$0.0000"), ("0.00001", "<$0.0001"), ("0.0012", "$0.0012"), ("1234.5", "$1,234.5000")],
)
def test_small_money_keeps_the_points_of_a_column_in_line(amount, written):
    assert figures.small_money(amount and Decimal(amount)) == written


@pytest.mark.parametrize(
    ("amount", "written"),
    [("0.0012340000", "$0.001234"), ("120", "$120.00"), ("1.2E-6", "$0.0000012"), ("2.5000", "$2.50")],
)
def test_exact_money_loses_no_digit(amount, written):
    assert figures.exact(Decimal(amount)) == written


@pytest.mark.parametrize(
    ("share", "written"),
    [
        (None, "–"),
        (0, "0 %"),
        (0.0412, "4.1 %"),
        (1, "100 %"),
        (0.0004, "0.04 %"),
        (0.1, "10.0 %"),
        (3e-17, "0 %"),
        (0.999, "99.9 %"),
    ],
)
def test_a_rate_is_written_in_percent(share, written):
    assert figures.percent(share) == written


@pytest.mark.parametrize(
    ("milliseconds", "written"),
    [
        (None, "–"),
        (0.42, "0.4 ms"),
        (9.96, "10 ms"),
        (340, "340 ms"),
        (999.4, "999 ms"),
        (999.6, "1.0 s"),
        (4210, "4.2 s"),
        (59_940, "59.9 s"),
        (59_960, "1 min 0 s"),
        (192_000, "3 min 12 s"),
        (7_500_000, "2 h 5 min"),
    ],
)
def test_a_duration_takes_the_unit_a_person_would(milliseconds, written):
    assert figures.duration(milliseconds) == written


def test_counts_have_thousands_and_scores_two_decimals():
    assert (figures.count(1284), figures.count(None)) == ("1,284", "–")
    assert (figures.score(0.925), figures.score(None)) == ("0.93", "–")


def test_a_moment_is_utc_as_served_and_on_hover():
    html = figures.moment(datetime(2026, 11, 2, 9, 5, 7, 123_456, tzinfo=UTC), "second")

    assert html == (
        '<local-time precision="second"><time datetime="2026-11-02T09:05:07.123+00:00" '
        'title="2026-11-02 09:05:07.123 UTC">2 Nov 09:05:07</time></local-time>'
    )


def test_a_dash_says_why_on_hover_and_aloud_without_becoming_html():
    dash = (
        '<abbr class="quiet" title="No &lt;price&gt;">–<span class="visually-hidden">: No &lt;price&gt;</span></abbr>'
    )
    assert figures.unknown("No <price>") == dash
