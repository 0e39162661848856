"""Spot checks of the shipped catalogue against figures worked out by hand from the providers' published prices."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from genai_prices.data import providers
from genai_prices.types import ModelInfo, Provider
from genai_prices.types import Usage as TheirUsage
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ledger.domain.prices import Price, cost, price_for
from ledger.domain.usage import Usage
from ledger.prices.catalogue import listed

NOW = datetime(2026, 11, 1, tzinfo=UTC)
MILLION = 1_000_000


@pytest.fixture(scope="module")
def book() -> list[Price]:
    return [entry.price for entry in listed()]


def paid(
    book: list[Price], provider: str, model: str, usage: Usage, at: datetime = NOW, service: str = ""
) -> Decimal | None:
    price = price_for(book, provider, model, at)
    return price and cost(usage, price, service, at)


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


def test_deepseek_costs_half_and_less_outside_its_busy_hours(book):
    usage = Usage(input=MILLION, output=MILLION)

    def at(hour: int, minute: int) -> Decimal | None:
        return paid(book, "deepseek", "deepseek-chat", usage, NOW.replace(hour=hour, minute=minute))

    assert (at(0, 29), at(0, 30), at(16, 29), at(16, 30)) == (
        Decimal("0.685"), Decimal("1.37"), Decimal("1.37"), Decimal("0.685"),
    )  # fmt: skip


def test_openai_charges_less_for_batch_and_more_for_priority_since_the_catalogue_says_so(book):
    usage = Usage(input=MILLION, output=MILLION)

    def at(day: datetime, service: str) -> Decimal | None:
        return paid(book, "openai", "gpt-4.1", usage, day, service)

    assert at(NOW, "") == at(NOW, "default") == Decimal(10)
    assert at(NOW, "batch") == Decimal(5)
    assert at(NOW, "priority") == Decimal("17.5")
    assert at(datetime(2026, 10, 11, tzinfo=UTC), "priority") == Decimal(10)


def test_flex_costs_half_also_above_a_tier_of_context(book):
    short, long = Usage(input=100_000, output=0), Usage(input=300_000, output=0)

    # $2 a million up to 272,000 tokens of context, $4 beyond
    assert paid(book, "openai", "gpt-5.6-sol", short, service="flex") == Decimal("0.2")
    assert paid(book, "openai", "gpt-5.6-sol", long, service="flex") == Decimal("1.2")


def test_sound_has_its_own_rates(book):
    usage = Usage(input=10_000, input_audio=8_000, output=1_000, output_audio=1_000)

    # 2,000 × $2.50 + 8,000 × $32 + 1,000 × $64
    assert paid(book, "openai", "gpt-audio", usage) == Decimal("0.325")
    # 2,000 × $0.30 + 8,000 × $1 + 1,000 × $2.50
    assert paid(book, "google", "gemini-2.5-flash", usage) == Decimal("0.0111")


def test_a_request_of_sonar_costs_1_2_cents_beside_its_tokens(book):
    assert paid(book, "perplexity", "sonar", Usage(input=1000, output=1000)) == Decimal("0.014")


def test_a_release_of_gemini_has_the_price_of_its_model(book):
    price = price_for(book, "google", "gemini-2.5-flash-001", NOW)

    assert price is not None
    assert price.model == "gemini-2.5-flash"


MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001 - hypothesis wants naive bounds
COUNT = st.integers(0, 400_000)


@given(st.data(), MOMENTS, st.sampled_from(["", "batch", "flex", "priority", "fast"]))
@settings(deadline=None)
def test_every_price_is_what_genai_prices_itself_comes_to(book, data, at, service):
    seller = data.draw(st.sampled_from([each for each in providers if each.models]))
    model = data.draw(st.sampled_from(seller.models))
    usage = Usage(
        input=data.draw(COUNT), cache_read=data.draw(COUNT), cache_write=data.draw(COUNT), output=data.draw(COUNT)
    )
    price = next((each for each in book if named(each, seller, model) and each.valid_at(at)), None)
    assume(price is not None)

    ours = cost(usage, price, service, at)

    assert ours is None or ours == theirs(seller, model, usage, at, service)


def named(price: Price, seller: Provider, model: ModelInfo) -> bool:
    return price.id.partition("@")[0] == f"{seller.id}/{model.id}".partition("@")[0] and price.model == model.id


def theirs(seller: Provider, model: ModelInfo, usage: Usage, at: datetime, service: str) -> Decimal:
    asked = TheirUsage(
        input_tokens=usage.context,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        output_tokens=usage.output,
    )
    keys = {key for each in model.price_variants or () for key, name in each.when.items() if name == service}
    context = dict.fromkeys(keys, service)
    return model.calc_price(asked, seller, genai_request_timestamp=at, price_context=context).total_price


def test_what_else_a_model_charges_for_is_noted():
    found = next(entry for entry in listed() if entry.price.id == "openai/gpt-4o")

    assert "web_searches_kcount" in found.note


def test_a_model_that_also_charges_by_the_page_stays_unpriced(book):
    assert not any("input_document_kpages" in entry.note for entry in listed())


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
