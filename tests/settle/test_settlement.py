"""Spans arrive as the writer writes them, and are settled: who pays, how much, and on which route."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.domain.prices import EVERY_CONTEXT, RATED, Hours, Rates, Tier, booked, cost
from ledger.domain.usage import MOST_TOKENS, Usage
from ledger.settle.settlement import Settlement
from ledger.store.client import Store
from ledger.store.feed import SETTLER, progress
from tests.settle.house import NODE, NOON, PROVIDER, SECOND, House, call, span

# 1,000 tokens at $2 and 100 at $10 a million
PRICE_OF_A_CALL = Decimal("0.003")


class TestPrices:
    def test_a_call_is_priced_and_names_the_price_it_used(self, house: House) -> None:
        house.price(version=3)
        house.arrive(span(), call())

        house.settle()

        row = house.row(2)
        assert (row["cost"], row["cost_status"]) == (PRICE_OF_A_CALL, "priced")
        assert (row["price_id"], row["price_version"]) == (f"{PROVIDER}/m-1", 3)

    def test_steps_that_are_no_model_calls_are_not_billable_whatever_usage_they_report(self, house: House) -> None:
        house.price()
        sums = Usage(input=5000, output=500)
        house.arrive(call(number=1, parent=0, kind="agent", usage=sums), call())

        house.settle()

        assert house.statuses() == {(1, 2): "priced"}
        assert house.cost() == PRICE_OF_A_CALL

    def test_a_model_without_a_price_is_unpriced_and_never_free(self, house: House) -> None:
        house.arrive(span(), call(model="nobody-knows"))

        house.settle()

        row = house.row(2)
        assert (row["cost"], row["cost_status"], row["price_id"]) == (None, "unpriced", "")

    def test_a_new_price_fills_what_was_unpriced(self, house: House) -> None:
        house.arrive(span(), call())
        house.settle()
        house.price()

        house.settle()

        assert house.row(2)["cost"] == PRICE_OF_A_CALL

    def test_a_new_price_leaves_what_has_a_price_as_it_is(self, house: House) -> None:
        house.price()
        house.arrive(span(2), call(2))
        house.settle()
        house.price(version=2, rates=Rates(input=Decimal(200), output=Decimal(1000)))
        house.arrive(span(3), call(3))

        house.settle()

        assert [house.row(2, trace)["price_version"] for trace in (2, 3)] == [1, 2]
        assert house.row(2, 2)["cost"] == PRICE_OF_A_CALL
        assert house.row(2, 3)["cost"] == PRICE_OF_A_CALL * 100

    def test_the_price_in_force_when_the_call_began_counts(self, house: House) -> None:
        cut = datetime.fromtimestamp(NOON / SECOND, UTC)
        house.price(id="before", valid_to=cut)
        house.price(id="after", valid_from=cut, rates=Rates(input=Decimal(4), output=Decimal(20)))
        house.arrive(call(number=2, at=-0.000001), call(number=3, at=0))

        house.settle()

        assert [house.row(number)["price_id"] for number in (2, 3)] == ["before", "after"]
        assert house.row(3)["cost"] == 2 * PRICE_OF_A_CALL

    def test_a_call_before_the_first_price_is_unpriced(self, house: House) -> None:
        house.price(valid_from=datetime.fromtimestamp(NOON / SECOND, UTC))
        house.arrive(call(at=-1))

        house.settle()

        assert house.row(2)["cost_status"] == "unpriced"

    def test_another_projects_price_does_not_apply(self, house: House, store: Store) -> None:
        House(store).price()
        house.arrive(call())

        house.settle()

        assert house.row(2)["cost_status"] == "unpriced"

    def test_the_clients_own_figure_counts_only_where_we_have_no_price(self, house: House) -> None:
        house.price()
        house.arrive(call(number=2, reported_cost="0.5"), call(number=3, model="own", reported_cost="0.25"))

        house.settle()

        assert house.statuses() == {(1, 2): "priced", (1, 3): "reported"}
        assert [house.row(number)["cost"] for number in (2, 3)] == [PRICE_OF_A_CALL, Decimal("0.25")]

    def test_a_call_above_a_tier_is_charged_by_it_altogether(self, house: House) -> None:
        tier = Tier(1499, Rates(input=Decimal(4), output=Decimal(30)))
        house.price(tiers=(tier,))
        house.arrive(
            call(number=2, usage=Usage(input=1000, cache_read=499, output=0)),
            call(number=3, usage=Usage(input=1000, cache_read=500, output=0)),
        )

        house.settle()

        # 1,499 × $2 and 1,500 × $4 a million
        assert [house.row(number)["cost"] for number in (2, 3)] == [Decimal("0.002998"), Decimal("0.006")]


class TestUnknownUsage:
    def test_an_embedding_needs_no_output_to_be_known(self, house: House) -> None:
        house.price()
        house.arrive(call(kind="embedding", usage=Usage(input=1000)))

        house.settle()

        assert house.row(2)["cost"] == Decimal("0.002")

    @pytest.mark.parametrize("usage", [Usage(), Usage(input=5), Usage(output=5), Usage(input=-1, output=1)])
    def test_a_call_whose_client_sent_no_usage_has_no_cost(self, house: House, usage: Usage) -> None:
        house.price()
        house.arrive(call(usage=usage))

        house.settle()

        assert (house.row(2)["cost"], house.row(2)["cost_status"]) == (None, "unknown_usage")

    def test_figures_that_cannot_be_true_count_as_unknown(self, house: House) -> None:
        house.price()
        most = MOST_TOKENS
        house.arrive(
            call(number=2, usage=Usage(input=most + 1, output=1)),
            call(number=3, usage=Usage(input=2**62, cache_read=2**62, cache_write=2**62, output=1)),
            call(number=4, usage=Usage(input=1, cache_write=1, cache_write_1h=2, output=1)),
            call(number=5, usage=Usage(input=most, output=0)),
        )

        house.settle()

        assert list(house.statuses().values()) == ["unknown_usage", "unknown_usage", "unknown_usage", "priced"]

    def test_a_failed_call_without_usage_is_not_billable(self, house: House) -> None:
        house.price()
        house.arrive(call(status="error", usage=Usage(), reported_cost="0"))

        house.settle()

        assert (house.row(2)["cost"], house.row(2)["cost_status"]) == (None, "not_billable")

    def test_a_failed_call_with_usage_costs_what_it_used(self, house: House) -> None:
        house.price()
        house.arrive(call(status="error"))

        house.settle()

        assert house.row(2)["cost"] == PRICE_OF_A_CALL

    def test_usage_that_comes_with_a_later_sending_is_priced(self, house: House) -> None:
        house.price()
        early = call(usage=Usage())
        house.arrive(early)
        house.settle()
        house.arrive(replace(early, end=early.end + 1, usage=Usage(input=1000, output=100)))

        house.settle()

        assert house.row(2)["cost"] == PRICE_OF_A_CALL


class TestRoots:
    def test_what_the_root_says_goes_for_all_that_say_nothing(self, house: House) -> None:
        said = {"route": "support", "session_id": "s", "user_id": "u", "customer": "c", "environment": "e"}
        more = {"release": "r", "prompt": "p", "variant": "B"}
        house.arrive(span(**said, **more, tags={"plan": "pro", "seat": "1"}), call(tags={"seat": "2"}))

        house.settle()

        row = house.row(2)
        assert {name: row[name] for name in said | more} == said | more
        assert row["tags"] == {"plan": "pro", "seat": "2"}

    def test_a_spans_own_word_stands(self, house: House) -> None:
        house.arrive(span(route="support", user_id="u"), call(route="search", user_id="v"))

        house.settle()

        assert (house.row(2)["route"], house.row(2)["user_id"]) == ("search", "v")

    def test_a_late_root_gives_its_route_and_changes_no_price(self, house: House) -> None:
        house.price()
        house.arrive(call(number=2, route="early", at=1), call(number=3, at=2))
        house.settle()
        house.price(version=2, rates=Rates(input=Decimal(200), output=Decimal(1000)))
        house.arrive(span(route="support"))

        house.settle()

        assert [house.row(number)["route"] for number in (2, 3)] == ["early", "support"]
        assert [house.row(number)["price_version"] for number in (2, 3)] == [1, 1]
        assert house.cost() == 2 * PRICE_OF_A_CALL

    def test_a_trace_without_a_root_has_the_word_of_its_earliest_span(self, house: House) -> None:
        house.arrive(call(number=4, parent=9, route="late", at=2), call(number=3, parent=9, route="early", at=1))
        house.arrive(call(number=5, parent=9, at=3))

        house.settle()

        assert house.row(5)["route"] == "early"

    def test_a_session_that_only_a_child_names_is_the_whole_traces(self, house: House) -> None:
        house.arrive(span(), call(session_id="s-1"))

        house.settle()

        assert house.trace()["session_id"] == "s-1"


class TestSentAgain:
    def test_a_span_sent_again_is_one_call(self, house: House) -> None:
        house.price()
        house.arrive(call())
        house.settle()
        house.arrive(call())

        house.settle()

        assert len(house.ledger()) == 1
        assert house.cost() == PRICE_OF_A_CALL

    def test_a_span_that_moved_is_counted_where_it_is_now(self, house: House) -> None:
        house.price()
        before = call()
        house.arrive(before)
        house.settle()
        after = replace(before, start=before.start + SECOND, end=before.end + SECOND)
        house.arrive(after, moved_from=[before])

        house.settle()

        assert len(house.ledger()) == 1
        assert house.row(2)["start_time"].timestamp() == after.start / SECOND
        assert house.cost() == PRICE_OF_A_CALL

    def test_settling_twice_writes_nothing_new(self, house: House) -> None:
        house.price()
        house.arrive(
            span(route="support", tags={"a": "1", "b": "2"}),
            call(number=2, response_id="r", tags={"c": "3"}),
            call(number=3, usage=Usage()),
            call(number=4, model="nobody-knows"),
            call(number=5, model="own", reported_cost="1"),
        )
        house.arrive(call(2, number=6, parent=0, response_id="r"))
        house.settle()
        before = house.settlements()

        Settlement(house.store).retrace()

        assert house.settlements() == before

    def test_two_settlers_at_once_come_to_the_same(self, house: House) -> None:
        house.price()
        for trace in range(1, 11):
            house.arrive(call(trace, 2), call(trace, 3, response_id=f"r-{trace}"))
            house.arrive(span(trace, route="support"), call(100 + trace, 4, 0, response_id=f"r-{trace}"))
        settlers = [Thread(target=house.settle) for _ in range(3)]

        for each in settlers:
            each.start()
        for each in settlers:
            each.join()

        statuses = list(house.statuses().values())
        assert (statuses.count("priced"), statuses.count("duplicate")) == (20, 10)
        assert house.cost() == 20 * PRICE_OF_A_CALL
        assert {house.row(number, 5)["route"] for number in (2, 3)} == {"support"}

    def test_the_feed_is_followed_to_its_end(self, house: House) -> None:
        house.arrive(call())
        house.arrive(call(2))

        house.settle()

        assert progress(house.store, SETTLER)[NODE] == house.group_seq


class TestDuplicates:
    def test_one_provider_response_is_one_call_also_across_traces(self, house: House) -> None:
        house.price()
        house.arrive(span(), call(response_id="resp-1"), call(7, number=3, parent=0, response_id="resp-1"))

        house.settle()

        assert house.statuses() == {(1, 2): "priced", (7, 3): "duplicate"}
        assert house.cost() == PRICE_OF_A_CALL

    def test_a_duplicate_names_the_report_that_counts(self, house: House) -> None:
        house.arrive(span(), call(response_id="resp-1"), call(7, number=3, parent=0, response_id="resp-1"))

        house.settle()

        assert house.row(3, 7)["duplicate_of"] == house.row(2)["trace_id"] + house.row(2)["span_id"]
        assert house.row(2)["duplicate_of"] == bytes(24)

    def test_the_most_complete_usage_carries_the_money(self, house: House) -> None:
        house.price()
        house.arrive(span(), call(response_id="r", usage=Usage()), call(7, number=3, parent=0, response_id="r"))

        house.settle()

        assert house.statuses() == {(1, 2): "duplicate", (7, 3): "priced"}

    def test_a_report_that_comes_later_does_not_count_again(self, house: House) -> None:
        house.price()
        house.arrive(span(), call(response_id="r"))
        house.settle()
        house.arrive(call(7, number=3, parent=0, response_id="r"))

        house.settle()

        assert house.cost() == PRICE_OF_A_CALL
        assert house.row(3, 7)["cost_status"] == "duplicate"

    def test_a_better_report_that_comes_later_takes_the_money_over(self, house: House) -> None:
        house.price()
        house.arrive(call(7, number=3, parent=0, response_id="r"))
        house.settle()
        house.arrive(span(), call(response_id="r"))

        house.settle()

        assert house.statuses() == {(1, 2): "priced", (7, 3): "duplicate"}
        assert house.row(3, 7)["cost"] is None

    def test_a_duplicate_whose_original_is_no_call_any_more_counts_itself(self, house: House) -> None:
        house.price()
        first = call(response_id="r")
        house.arrive(first, call(number=3, at=1, response_id="r"))
        house.settle()
        house.arrive(replace(first, end=first.end + 1, kind="span"))

        house.settle()

        assert house.statuses() == {(1, 3): "priced"}

    def test_settling_a_trace_leaves_other_duplicates_of_its_twins_alone(self, house: House) -> None:
        house.price()
        house.arrive(span(1), call(1, 2, response_id="a"), span(2), call(2, 3, response_id="b"), call(2, 4, at=2))
        house.arrive(call(3, 5, 0, response_id="a"), call(3, 6, 0, response_id="b"))
        house.settle()
        house.arrive(call(1, 7, at=3))

        house.settle()

        assert [house.row(number, 3)["cost_status"] for number in (5, 6)] == ["duplicate", "duplicate"]
        assert house.cost() == 4 * PRICE_OF_A_CALL

    def test_twenty_equal_calls_at_once_are_twenty(self, house: House) -> None:
        house.price()
        house.arrive(span(), *(call(number=number) for number in range(2, 22)))

        house.settle()

        assert house.cost() == 20 * PRICE_OF_A_CALL

    def test_another_projects_response_is_another_call(self, house: House, store: Store) -> None:
        other = House(store)
        for each in (house, other):
            each.price()
            each.arrive(call(response_id="r"))

        house.settle()

        assert house.cost() == other.cost() == PRICE_OF_A_CALL

    def test_a_response_reported_again_and_again_for_hours_is_one_call(self, house: House) -> None:
        house.price()
        for number in range(4):
            house.arrive(call(number + 1, 2, response_id="r", at=number * 3000))
            house.settle()
        house.arrive(span(4, 3, 2, at=9_001))

        house.settle()

        assert house.cost() == PRICE_OF_A_CALL


TOKENS = st.integers(0, MOST_TOKENS)
SAID = TOKENS | st.none()
RATE = st.decimals(0, 500, places=10) | st.none()
RATES = st.builds(Rates, **dict.fromkeys(RATED, RATE))
USAGE = st.builds(
    Usage,
    input=SAID,
    cache_read=SAID,
    cache_write=SAID,
    cache_write_1h=st.integers(0, 100) | st.none(),
    output=SAID,
    input_audio=SAID,
    output_audio=SAID,
    input_image=SAID,
    output_image=st.integers(-5, 100) | st.none(),
)
SERVICES = ("", "batch", "priority")
CALLS = st.tuples(USAGE, st.sampled_from([*SERVICES, "Batch", "flex"]), st.integers(0, 24 * 3600))
"""What each used, the service it was ordered as, and the second of the day at which it began."""
HOURS = st.builds(Hours, st.integers(0, 1439), st.integers(0, 1439)) | st.none()
TIERS = st.lists(
    st.builds(Tier, st.integers(EVERY_CONTEXT, MOST_TOKENS), RATES, st.sampled_from(SERVICES), HOURS),
    max_size=4,
    unique_by=lambda tier: tier.rank,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rates=RATES, tiers=TIERS, calls=st.lists(CALLS, min_size=1, max_size=40))
def test_the_store_counts_as_the_domain_does(
    store: Store, rates: Rates, tiers: list[Tier], calls: list[tuple[Usage, str, int]]
) -> None:
    house = House(store)
    price = house.price(rates=rates, tiers=tuple(tiers))
    house.arrive(*(call(number=n, usage=usage, tier=service, at=at) for n, (usage, service, at) in enumerate(calls, 1)))

    house.settle()

    began = [datetime.fromtimestamp(NOON / SECOND + at, UTC) for _, _, at in calls]
    exact = [cost(usage, price, service, at) for (usage, service, _), at in zip(calls, began, strict=True)]
    assert [row["cost"] for _, row in sorted(house.ledger().items())] == [
        None if amount is None or amount >= 1_000_000 else booked(amount) for amount in exact
    ]
