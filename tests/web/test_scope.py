from datetime import UTC, datetime

import pytest
from django.http import QueryDict

from ledger.domain.errors import BadParameter
from ledger.domain.questions import Dimension, Filter
from ledger.web.scope import read_scope, spoken

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def scope(address):
    return read_scope(QueryDict(address), NOW)


def test_an_address_that_says_nothing_means_everything_of_the_last_30_days():
    found = scope("")

    assert (found.window.since, found.window.until) == (datetime(2026, 10, 23, 9, 30, tzinfo=UTC), NOW)
    assert found.spoken == "the last 30 days"
    assert found.filters == ()


def test_two_days_are_drawn_by_the_hour_and_a_week_by_the_day():
    assert scope("range=24h").interval == "hour"
    assert scope("from=2026-11-20&to=2026-11-22").interval == "hour"
    assert scope("range=7d").interval == "day"


def test_moments_of_ones_own_win_over_a_range_and_are_spoken_in_utc():
    found = scope("range=24h&from=2026-11-20T10:00&to=2026-11-21T10:00%2B02:00")

    assert found.spoken == "the time from 2026-11-20 10:00 to 2026-11-21 08:00 UTC"


def test_a_range_we_do_not_have_is_refused_with_those_we_have():
    with pytest.raises(BadParameter, match='range="1y": expected one of 24h, 7d, 30d'):
        scope("range=1y")


def test_a_dimension_in_the_address_is_short_for_a_filter():
    assert scope("route=support").filters == (Filter(Dimension("route"), "=", ("support",)),)


def test_only_the_long_form_can_ask_for_what_has_no_route():
    assert scope("route=").filters == ()
    assert scope("filter=route:=:").filters == (Filter(Dimension("route"), "=", ("",)),)


def test_the_environment_is_known_when_one_is_chosen():
    assert scope("environment=production").environment == "production"
    assert scope("").environment is None


def test_an_address_says_the_same_again_and_what_is_added():
    found = scope("range=7d&environment=production&filter=user:!=:u-1")

    assert found.address(route="a & b", model=None) == (
        "range=7d&environment=production&filter=user%3A%21%3D%3Au-1&filter=model%3A%3D%3A&route=a+%26+b"
    )
    assert scope(found.address()) == found


def test_a_new_value_of_a_dimension_takes_the_place_of_the_old():
    assert scope("route=old").address(route="new") == "route=new"


def test_a_filter_can_be_taken_away():
    assert scope("range=24h&route=a&status=error").without("route:=:a") == "range=24h&status=error"


def test_a_part_of_the_time_keeps_the_filters():
    since, until = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, 8, 15, 30, tzinfo=UTC)

    assert scope("route=a").within(since, until) == "from=2026-11-20T00%3A00Z&to=2026-11-21T08%3A15%3A30Z&route=a"


def test_a_form_sends_along_what_it_has_no_field_for():
    found = scope("range=7d&route=a&environment=production&filter=route:!=:b")

    assert found.fields("route", "model") == [
        ("range", "7d"),
        ("environment", "production"),
        ("filter", "route:!=:b"),
    ]


def test_filters_without_a_field_are_told_in_words():
    assert [spoken(text) for text in scope("route=a&filter=user:!=:u-1&filter=model:=:").others("route")] == [
        "user is not u-1",
        "model is not said",
    ]


def test_the_one_value_of_a_dimension_is_told_from_all_and_from_none_said():
    assert scope("route=support").one("route") == "support"
    assert scope("filter=route:=:").one("route") == ""
    assert scope("filter=route:!=:support").one("route") is None


def test_all_values_of_a_dimension_are_looked_at_again_and_the_rest_stays():
    assert scope("route=support&model=gpt-4o&range=7d").lacking("route") == "range=7d&model=gpt-4o"
