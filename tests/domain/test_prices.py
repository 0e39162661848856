from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.prices import Pattern, Price, Rates, Tier, booked, cost, matches, price_for
from ledger.domain.usage import MOST_TOKENS, Usage

MILLION = 1_000_000


def price(model: str = "gpt-4o", pattern: Pattern | None = None, **fields: object) -> Price:
    known = {"provider": "openai", "rates": Rates(input=Decimal("2.5"), cache_read=Decimal("1.25"), output=Decimal(10))}
    chosen = pattern or {"starts_with": model}
    return Price(**({"id": f"openai/{model}", "model": model, "pattern": chosen} | known | fields))  # type: ignore[arg-type]


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


GPT_4O = price()
SONNET_4_5 = price(
    "claude-sonnet-4-5",
    rates=Rates(
        input=Decimal(3),
        cache_read=Decimal("0.3"),
        cache_write=Decimal("3.75"),
        cache_write_1h=Decimal(6),
        output=Decimal(15),
    ),
    tiers=(
        Tier(
            200_000,
            Rates(
                input=Decimal(6),
                cache_read=Decimal("0.6"),
                cache_write=Decimal("7.5"),
                cache_write_1h=Decimal(12),
                output=Decimal("22.5"),
            ),
        ),
    ),
)
GEMINI_2_5_PRO = price(
    "gemini-2.5-pro",
    rates=Rates(input=Decimal("1.25"), output=Decimal(10)),
    tiers=(Tier(200_000, Rates(input=Decimal("2.5"), output=Decimal(15))),),
)


class TestCost:
    def test_a_million_in_and_a_million_out_of_gpt_4o_cost_12_dollars_50(self) -> None:
        usage = Usage(input=MILLION, output=MILLION)

        assert cost(usage, GPT_4O) == Decimal("12.50")

    def test_cached_tokens_are_charged_at_the_cached_price(self) -> None:
        usage = Usage(input=200_000, cache_read=800_000, output=0)

        # 0.2 M × $2.50 + 0.8 M × $1.25
        assert cost(usage, GPT_4O) == Decimal("1.50")

    def test_llama_3_3_70b_on_groq_costs_1_dollar_38(self) -> None:
        llama = price("llama-3.3-70b-versatile", rates=Rates(input=Decimal("0.59"), output=Decimal("0.79")))

        assert cost(Usage(input=MILLION, output=MILLION), llama) == Decimal("1.38")

    def test_a_call_up_to_the_tier_is_charged_at_the_base_rates(self) -> None:
        usage = Usage(input=50_000, cache_read=100_000, cache_write=50_000, output=10_000)

        # context 200,000: 0.05 × 3 + 0.1 × 0.3 + 0.05 × 3.75 + 0.01 × 15
        assert cost(usage, SONNET_4_5) == Decimal("0.5175")

    def test_a_call_above_the_tier_is_charged_at_the_tiers_rates_altogether(self) -> None:
        usage = Usage(input=50_000, cache_read=900_000, cache_write=50_000, output=10_000)

        # context 1,000,000: 0.05 × 6 + 0.9 × 0.6 + 0.05 × 7.5 + 0.01 × 22.5
        assert cost(usage, SONNET_4_5) == Decimal("1.44")

    @pytest.mark.parametrize(("tokens", "dollars"), [(100_000, "0.125"), (300_000, "0.75")])
    def test_gemini_2_5_pro_doubles_beyond_200_000_tokens(self, tokens: int, dollars: str) -> None:
        assert cost(Usage(input=tokens, output=0), GEMINI_2_5_PRO) == Decimal(dollars)

    def test_of_several_tiers_the_highest_reached_one_counts(self) -> None:
        tiers = (Tier(1_000, Rates(input=Decimal(8), output=Decimal(8))), Tier(100, Rates(input=Decimal(2))))

        assert price(tiers=tiers).rates_for(1_001).input == 8
        assert price(tiers=tiers).rates_for(1_000).input == 2
        assert price(tiers=tiers).rates_for(100).input == Decimal("2.5")

    def test_the_hour_long_cache_has_a_rate_of_its_own(self) -> None:
        usage = Usage(input=0, cache_write=30_000, cache_write_1h=10_000, output=0)

        # 0.02 M × $3.75 + 0.01 M × $6
        assert cost(usage, SONNET_4_5) == Decimal("0.135")

    def test_cached_tokens_without_a_rate_of_their_own_are_charged_as_input(self) -> None:
        plain = price(rates=Rates(input=Decimal(2), output=Decimal(4)))
        usage = Usage(input=1, cache_read=1, cache_write=2, cache_write_1h=1, output=0)

        assert cost(usage, plain) == Decimal("0.000008")

    def test_an_hour_long_write_without_a_rate_is_charged_as_a_write(self) -> None:
        rates = Rates(input=Decimal(2), cache_write=Decimal(3), output=Decimal(4))

        assert cost(Usage(input=0, cache_write=1, cache_write_1h=1, output=0), price(rates=rates)) == Decimal(
            "0.000003"
        )

    @pytest.mark.parametrize("usage", [Usage(), Usage(input=5), Usage(output=5)])
    def test_unknown_usage_has_no_cost(self, usage: Usage) -> None:
        assert cost(usage, GPT_4O) is None

    @pytest.mark.parametrize(
        "usage",
        [
            Usage(input=-1, output=5),
            Usage(input=5, output=MOST_TOKENS + 1),
            Usage(input=5, cache_write=1, cache_write_1h=2, output=5),
        ],
    )
    def test_usage_that_cannot_be_true_has_no_cost(self, usage: Usage) -> None:
        assert cost(usage, GPT_4O) is None

    def test_tokens_of_a_class_without_a_rate_have_no_cost(self) -> None:
        embedding = price("text-embedding-3-small", rates=Rates(input=Decimal("0.02")))

        assert cost(Usage(input=MILLION, output=0), embedding) == Decimal("0.02")
        assert cost(Usage(input=MILLION, output=1), embedding) is None


class TestPriceFor:
    def test_o3_cost_five_times_as_much_before_10_june_2025(self) -> None:
        cut = day("2025-06-10")
        book = [
            price("o3", id="before", valid_to=cut, rates=Rates(input=Decimal(10), output=Decimal(40))),
            price("o3", id="after", valid_from=cut, rates=Rates(input=Decimal(2), output=Decimal(8))),
        ]

        def bill(at: str) -> Decimal | None:
            found = price_for(book, "openai", "o3", day(at))
            return found and cost(Usage(input=MILLION, output=MILLION), found)

        assert bill("2025-05-01") == Decimal(50)
        assert bill("2025-06-09T23:59:59.999999") == Decimal(50)
        assert bill("2025-06-10") == Decimal(10)

    def test_a_model_that_nobody_knows_has_no_price(self) -> None:
        assert price_for([GPT_4O], "openai", "gpt-9", day("2026-01-01")) is None

    def test_another_providers_price_does_not_apply(self) -> None:
        assert price_for([GPT_4O], "azure", "gpt-4o", day("2026-01-01")) is None

    def test_a_projects_own_price_wins_over_the_catalogues(self) -> None:
        own = price(id="own", source="project", project_id=UUID(int=1))
        later = price(id="later", valid_from=day("2026-01-01"))

        assert price_for([later, own, GPT_4O], "openai", "gpt-4o", day("2026-02-01")) == own

    def test_of_two_that_hold_the_later_one_counts_and_then_the_newer_version(self) -> None:
        later = price(id="later", valid_from=day("2026-01-01"))
        newer = replace(later, version=2)

        assert price_for([GPT_4O, newer, later], "openai", "gpt-4o", day("2026-02-01")) == newer

    def test_a_date_written_without_dashes_is_understood(self) -> None:
        dated = price("gpt-5.2", {"equals": "gpt-5.2-2025-12-11"})

        assert price_for([dated], "openai", "gpt-5.2-20251211", day("2026-01-01")) == dated


class TestMatches:
    @pytest.mark.parametrize(
        ("pattern", "model"),
        [
            ({"equals": "gpt-4o"}, "GPT-4o"),
            ({"starts_with": "gpt-4o-2024"}, "gpt-4o-2024-08-06"),
            ({"ends_with": "-latest"}, "mistral-large-latest"),
            ({"contains": "sonnet-4-5"}, "eu.anthropic.claude-sonnet-4-5-v1:0"),
            ({"regex": r"o3(-\d{4}-\d\d-\d\d)?$"}, "o3-2025-04-16"),
            ({"or": [{"equals": "a"}, {"equals": "b"}]}, "b"),
            ({"and": [{"starts_with": "a"}, {"ends_with": "c"}]}, "abc"),
        ],
    )
    def test_a_clause_of_every_kind_finds_its_model(self, pattern: Pattern, model: str) -> None:
        assert matches(pattern, model)

    @pytest.mark.parametrize(
        "pattern",
        [
            {"equals": "gpt-4"},
            {"starts_with": "4o"},
            {"regex": "^4o"},
            {"or": []},
            {"and": []},
            {"and": [{"starts_with": "gpt"}, {"equals": "x"}]},
            {"sounds_like": "gpt-4o"},
            {},
        ],
    )
    def test_what_does_not_hold_does_not_match(self, pattern: Pattern) -> None:
        assert not matches(pattern, "gpt-4o")


TOKENS = st.integers(0, MOST_TOKENS // 2)
RATE = st.decimals(0, 1000, places=10)
USAGES = st.builds(Usage, input=TOKENS, cache_read=TOKENS, cache_write=TOKENS, output=TOKENS)
RATES = st.builds(Rates, input=RATE, cache_read=RATE | st.none(), cache_write=RATE | st.none(), output=RATE)


class TestCostAlways:
    @given(USAGES, RATES)
    def test_is_the_sum_of_its_parts(self, usage: Usage, rates: Rates) -> None:
        alone = [
            Usage(input=usage.input, output=0),
            Usage(input=0, cache_read=usage.cache_read, output=0),
            Usage(input=0, cache_write=usage.cache_write, output=0),
            Usage(input=0, output=usage.output),
        ]

        parts = [cost(each, price(rates=rates)) for each in alone]

        assert cost(usage, price(rates=rates)) == sum(part for part in parts if part is not None)

    @given(USAGES, USAGES, RATES)
    def test_of_two_calls_is_that_of_one_with_both_their_tokens(self, one: Usage, other: Usage, rates: Rates) -> None:
        both = Usage(
            *(a + b for a, b in zip(tokens(one)[:3], tokens(other)[:3], strict=True)),
            output=(one.output or 0) + (other.output or 0),
        )
        costs = [cost(each, price(rates=rates)) for each in (one, other)]

        assert cost(both, price(rates=rates)) == sum(each for each in costs if each is not None)

    @given(RATES, st.sampled_from(["input", "output"]))
    def test_stays_unknown_where_the_usage_is(self, rates: Rates, missing: str) -> None:
        usage = replace(Usage(input=1, output=1), **{missing: None})  # type: ignore[arg-type]

        assert cost(usage, price(rates=rates)) is None

    @given(USAGES, RATES)
    def test_is_kept_to_within_half_a_millionth_of_a_millionth(self, usage: Usage, rates: Rates) -> None:
        exact = cost(usage, price(rates=rates))

        assert exact is not None
        assert abs(booked(exact) - exact) <= Decimal("5e-13")


def tokens(usage: Usage) -> tuple[int, ...]:
    return (usage.input or 0, usage.cache_read or 0, usage.cache_write or 0, usage.output or 0)
