"""Spot checks of the shipped catalogue against figures worked out by hand from the providers' published prices."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ledger.domain.prices import Price, cost, price_for
from ledger.domain.usage import Usage
from ledger.prices.catalogue import listed

NOW = datetime(2026, 11, 1, tzinfo=UTC)
MILLION = 1_000_000


@pytest.fixture(scope="module")
def book() -> list[Price]:
    return [entry.price for entry in listed()]


def paid(book: list[Price], provider: str, model: str, usage: Usage, at: datetime = NOW) -> Decimal | None:
    price = price_for(book, provider, model, at)
    return price and cost(usage, price)


def test_gpt_4o_costs_two_and_a_half_dollars_in_and_ten_out(book):
    usage = Usage(input=MILLION, output=MILLION)

    assert paid(book, "openai", "gpt-4o", usage) == Decimal("12.5")


def test_cached_input_of_gpt_4o_costs_half(book):
    usage = Usage(input=200_000, cache_read=800_000, output=0)

    # 0.2 × 2.50 + 0.8 × 1.25
    assert paid(book, "openai", "gpt-4o", usage) == Decimal("1.5")


def test_sonnet_4_5_charges_the_whole_call_at_the_tier_its_context_reaches(book):
    usage = Usage(input=50_000, cache_read=900_000, cache_write=50_000, output=10_000)

    # 0.05 × 6 + 0.9 × 0.60 + 0.05 × 7.50 + 0.01 × 22.50
    assert paid(book, "anthropic", "claude-sonnet-4-5", usage) == Decimal("1.44")


def test_sonnet_4_5_is_at_its_base_price_up_to_and_at_200_000_tokens(book):
    at_the_edge, above = Usage(input=200_000, output=0), Usage(input=200_001, output=0)

    assert paid(book, "anthropic", "claude-sonnet-4-5", at_the_edge) == Decimal("0.6")
    assert paid(book, "anthropic", "claude-sonnet-4-5", above) == Decimal("1.200006")


def test_a_cache_write_kept_for_an_hour_costs_more(book):
    usage = Usage(input=0, cache_write=1000, cache_write_1h=1000, output=0)

    assert paid(book, "anthropic", "claude-sonnet-4-5-20250929", usage) == Decimal("0.006")


def test_gemini_2_5_pro_doubles_its_input_above_200_000_tokens(book):
    assert paid(book, "google", "gemini-2.5-pro", Usage(input=100_000, output=0)) == Decimal("0.125")
    assert paid(book, "google", "gemini-2.5-pro", Usage(input=300_000, output=0)) == Decimal("0.75")


def test_o3_has_cost_less_since_10_june_2025(book):
    usage = Usage(input=MILLION, output=MILLION)

    assert paid(book, "openai", "o3", usage, datetime(2025, 5, 1, tzinfo=UTC)) == Decimal(50)
    assert paid(book, "openai", "o3", usage, datetime(2025, 6, 9, 23, 59, 59, tzinfo=UTC)) == Decimal(50)
    assert paid(book, "openai", "o3", usage, datetime(2025, 6, 10, tzinfo=UTC)) == Decimal(10)
    assert paid(book, "openai", "o3", usage, datetime(2026, 5, 1, tzinfo=UTC)) == Decimal(10)


def test_an_embedding_has_a_price_though_nothing_comes_out(book):
    usage = Usage(input=MILLION, output=0)

    assert paid(book, "openai", "text-embedding-3-small", usage) == Decimal("0.02")


def test_llama_on_groq(book):
    usage = Usage(input=MILLION, output=MILLION)

    assert paid(book, "groq", "llama-3.3-70b-versatile", usage) == Decimal("1.38")


def test_a_dated_name_has_the_price_of_its_model(book):
    price = price_for(book, "openai", "gpt-4o-mini-2024-07-18", NOW)

    assert price is not None
    assert price.model == "gpt-4o-mini"


def test_azure_sells_what_openai_makes(book):
    usage = Usage(input=MILLION, output=MILLION)

    assert paid(book, "azure", "gpt-4o", usage) == Decimal("12.5")


def test_a_model_nobody_has_heard_of_has_no_price(book):
    assert price_for(book, "openai", "gpt-99-imaginary", NOW) is None


def test_a_price_by_the_hour_is_the_base_price_and_says_so():
    found = next(entry for entry in listed() if entry.price.id == "deepseek/deepseek-chat")

    assert found.price.rates.input == Decimal("0.135")
    assert "certain hours" in found.note


def test_what_else_a_model_charges_for_is_noted():
    found = next(entry for entry in listed() if entry.price.id == "openai/gpt-4o")

    assert "web_searches_kcount" in found.note


def test_a_model_that_also_charges_per_request_stays_unpriced(book):
    assert price_for(book, "perplexity", "sonar", NOW) is None


def test_every_price_has_an_id_of_its_own(book):
    ids = [price.id for price in book]

    assert len(ids) == len(set(ids))
    assert len(ids) > 2000


def test_prices_of_one_model_follow_each_other_without_gap_or_overlap(book):
    by_model: dict[str, list[Price]] = {}
    for price in book:
        by_model.setdefault(price.id.partition("@")[0], []).append(price)

    for prices in by_model.values():
        assert prices[0].valid_from is None
        assert prices[-1].valid_to is None
        assert [price.valid_to for price in prices[:-1]] == [price.valid_from for price in prices[1:]]
