from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.prices import (
    EVERY_CONTEXT,
    RATED,
    Hours,
    Pattern,
    Price,
    Rates,
    Tier,
    billed,
    booked,
    cost,
    matches,
    price_for,
)
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


def dollars(price: Price, usage: Usage, service: str = "", at: str = "2026-01-01T12:00") -> Decimal | None:
    return cost(usage, price, service, day(at))


A_MILLION_EACH = Usage(input=MILLION, output=MILLION)


class TestServiceTiers:
    BATCHED = price(
        tiers=(
            Tier(EVERY_CONTEXT, Rates(input=Decimal("1.25"), output=Decimal(5)), "batch"),
            Tier(EVERY_CONTEXT, Rates(input=Decimal("4.25"), output=Decimal(17)), "priority"),
        )
    )

    @pytest.mark.parametrize(("service", "amount"), [("batch", "6.25"), ("priority", "21.25"), ("Batch", "6.25")])
    def test_a_call_is_charged_as_the_service_it_was_ordered_as(self, service: str, amount: str) -> None:
        assert dollars(self.BATCHED, A_MILLION_EACH, service) == Decimal(amount)

    @pytest.mark.parametrize("service", ["", "default", "flex"])
    def test_a_service_that_the_price_does_not_speak_of_is_charged_as_any_call(self, service: str) -> None:
        assert dollars(self.BATCHED, A_MILLION_EACH, service) == Decimal("12.5")

    def test_without_tokens_too_a_tier_for_the_service_holds(self) -> None:
        assert self.BATCHED.rates_for(0, "batch").input == Decimal("1.25")

    def test_a_service_comes_before_the_length_of_the_context(self) -> None:
        long = Tier(100, Rates(input=Decimal(5)))
        batch, long_batch = (
            Tier(EVERY_CONTEXT, Rates(input=Decimal(1)), "batch"),
            Tier(100, Rates(input=Decimal(3)), "batch"),
        )

        assert price(tiers=(long, batch)).rates_for(101, "batch").input == 1
        assert price(tiers=(long_batch, long, batch)).rates_for(101, "batch").input == 3
        assert price(tiers=(long_batch, long, batch)).rates_for(101, "").input == 5


class TestHours:
    OFF_PEAK = price(
        "deepseek-chat",
        rates=Rates(input=Decimal("0.27"), output=Decimal("1.1")),
        tiers=(
            Tier(EVERY_CONTEXT, Rates(input=Decimal("0.135"), output=Decimal("0.55")), hours=Hours(16 * 60 + 30, 30)),
        ),
    )

    @pytest.mark.parametrize(
        ("at", "amount"),
        [
            ("2026-01-01T00:29:59.999", "0.685"),
            ("2026-01-01T00:30", "1.37"),
            ("2026-01-01T16:29:59", "1.37"),
            ("2026-01-01T16:30", "0.685"),
            ("2026-01-01T23:59", "0.685"),
        ],
    )
    def test_the_hour_at_which_a_call_began_counts_past_midnight_too(self, at: str, amount: str) -> None:
        assert dollars(self.OFF_PEAK, A_MILLION_EACH, at=at) == Decimal(amount)

    def test_the_hour_is_that_of_utc(self) -> None:
        evening_in_new_york = datetime.fromisoformat("2026-01-01T20:00-05:00")  # 01:00 in UTC

        assert cost(A_MILLION_EACH, self.OFF_PEAK, at=evening_in_new_york) == Decimal("1.37")

    def test_a_service_comes_before_the_hour(self) -> None:
        batch = Tier(EVERY_CONTEXT, Rates(input=Decimal(7)), "batch")

        both = price(tiers=(*self.OFF_PEAK.tiers, batch))

        assert both.rates_for(1, "batch", minute=0).input == 7


class TestSoundAndPictures:
    REALTIME = price(
        "gpt-realtime",
        rates=Rates(
            input=Decimal(4),
            cache_read=Decimal("0.4"),
            output=Decimal(16),
            input_audio=Decimal(32),
            output_audio=Decimal(64),
            input_image=Decimal(5),
        ),
    )

    def test_sound_and_pictures_are_charged_by_their_own_rates_and_the_rest_as_text(self) -> None:
        usage = Usage(input=10_000, output=2_000, input_audio=6_000, input_image=1_000, output_audio=1_500)

        # 3,000 × $4 + 6,000 × $32 + 1,000 × $5 + 500 × $16 + 1,500 × $64, by the million
        assert cost(usage, self.REALTIME) == Decimal("0.313")

    def test_sound_beyond_the_fresh_input_had_been_cached(self) -> None:
        usage = Usage(input=1_000, cache_read=5_000, output=0, input_audio=4_000)

        # 1,000 × $32 + 5,000 × $0.40
        assert cost(usage, self.REALTIME) == Decimal("0.034")

    def test_without_rates_of_their_own_they_are_text(self) -> None:
        usage = Usage(input=MILLION, output=MILLION, input_audio=300_000, output_image=500_000)

        assert cost(usage, GPT_4O) == Decimal("12.5")

    def test_more_sound_than_output_is_all_output(self) -> None:
        assert dict(billed(Usage(input=0, output=5, output_audio=9, output_image=1))) == dict.fromkeys(
            (
                "input",
                "cache_read",
                "cache_write",
                "cache_write_1h",
                "input_audio",
                "input_image",
                "output",
                "output_image",
            ),
            0,
        ) | {"output_audio": 5}


class TestPerRequest:
    SONAR = price("sonar", rates=Rates(input=Decimal(1), output=Decimal(1), request=Decimal("0.012")))

    def test_a_call_is_charged_as_such_beside_its_tokens(self) -> None:
        assert cost(Usage(input=500_000, output=500_000), self.SONAR) == Decimal("1.012")

    def test_a_call_without_tokens_is_a_call(self) -> None:
        assert cost(Usage(input=0, output=0), self.SONAR) == Decimal("0.012")

    def test_a_tier_that_says_nothing_of_it_leaves_it_as_it_is(self) -> None:
        tiered = replace(self.SONAR, tiers=(Tier(10, Rates(input=Decimal(2), output=Decimal(2))),))

        assert tiered.rates_for(11).request == Decimal("0.012")


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

    @given(st.permutations(range(4)))
    def test_the_order_of_the_book_does_not_matter(self, order: list[int]) -> None:
        later = price(id="later", valid_from=day("2026-01-01"))
        book = [GPT_4O, later, replace(later, version=2), price("gpt-4", id="shorter", valid_from=day("2025-01-01"))]

        assert price_for([book[at] for at in order], "openai", "gpt-4o", day("2026-02-01")) == book[2]

    def test_a_date_written_without_dashes_is_understood(self) -> None:
        dated = price("gpt-5.2", {"equals": "gpt-5.2-2025-12-11"})

        assert price_for([dated], "openai", "gpt-5.2-20251211", day("2026-01-01")) == dated


class TestNamesOfReleases:
    FLASH = price("gemini-2.5-flash", {"or": [{"equals": "gemini-2.5-flash"}, {"equals": "gemini-flash"}]})

    @pytest.mark.parametrize(
        "release",
        [
            "gemini-2.5-flash-001",
            "gemini-2.5-flash-20250929",
            "gemini-2.5-flash-2025-09-29",
            "gemini-2.5-flash@20250929",
            "Gemini-2.5-Flash-001",
        ],
    )
    def test_a_release_of_a_model_that_is_named_exactly_has_its_price(self, release: str) -> None:
        assert price_for([self.FLASH], "openai", release, day("2026-01-01")) == self.FLASH

    @pytest.mark.parametrize(
        "another",
        ["gemini-2.5-flash-lite", "gemini-2.5-flash-lite-001", "gemini-2.5-flash-1", "gemini-2.5-flash-4096", "-001"],
    )
    def test_another_model_does_not(self, another: str) -> None:
        assert price_for([self.FLASH], "openai", another, day("2026-01-01")) is None

    def test_a_name_that_a_price_only_begins_with_is_no_exact_name(self) -> None:
        old = price("gpt-4", {"and": [{"equals": "gpt-4"}, {"starts_with": "gpt"}]})

        assert price_for([old], "openai", "gpt-4-20240101", day("2026-01-01")) is None

    def test_a_release_with_a_price_of_its_own_keeps_it(self) -> None:
        may = price("gpt-4o-2024-05-13", {"equals": "gpt-4o-2024-05-13"})
        book = [may, price("gpt-4o", {"equals": "gpt-4o"})]

        assert price_for(book, "openai", "gpt-4o-2024-05-13", day("2026-01-01")) == may

    def test_a_projects_price_of_a_model_is_for_the_releases_that_the_catalogue_sells_as_one_with_it(self) -> None:
        may = price("gpt-4o-2024-05-13", {"equals": "gpt-4o-2024-05-13"})
        listed = price("gpt-4o", {"or": [{"equals": "gpt-4o"}, {"equals": "gpt-4o-2024-08-06"}]})
        own = price("gpt-4o", {"equals": "gpt-4o"}, source="project", project_id=UUID(int=1))
        book = [may, listed, own]

        assert price_for(book, "openai", "gpt-4o-2024-08-06", day("2026-01-01")) == own
        assert price_for(book, "openai", "gpt-4o-2024-05-13", day("2026-01-01")) == may


class TestCallsThatNameNoProvider:
    def test_have_the_price_of_the_only_provider_that_knows_the_model(self) -> None:
        assert price_for([GPT_4O, SONNET_4_5], "", "gpt-4o", day("2026-01-01")) == GPT_4O

    def test_have_none_where_two_providers_know_it(self) -> None:
        resold = price(id="azure/gpt-4o", provider="azure")

        assert price_for([GPT_4O, resold], "", "gpt-4o", day("2026-01-01")) is None

    def test_have_the_projects_own_price_whoever_else_sells_it(self) -> None:
        resold = price(id="azure/gpt-4o", provider="azure")
        own = price(id="own", source="project", project_id=UUID(int=1))

        assert price_for([GPT_4O, resold, own], "", "gpt-4o", day("2026-01-01")) == own


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
MAYBE = RATE | st.none()
USAGES = st.builds(Usage, input=TOKENS, cache_read=TOKENS, cache_write=TOKENS, output=TOKENS)
RATES = st.builds(Rates, input=RATE, cache_read=MAYBE, cache_write=MAYBE, output=RATE)
MIXED = st.builds(
    Usage, input=TOKENS, cache_read=TOKENS, output=TOKENS,
    input_audio=TOKENS, input_image=TOKENS, output_audio=TOKENS, output_image=TOKENS,
)  # fmt: skip
ALL_RATES = st.builds(
    Rates, input=RATE, cache_read=MAYBE, output=RATE,
    input_audio=MAYBE, input_image=MAYBE, output_audio=MAYBE, output_image=MAYBE, request=MAYBE,
)  # fmt: skip
SERVICES = st.sampled_from(["", "batch", "flex", "priority"])
HOURS = st.builds(Hours, st.integers(0, 1439), st.integers(0, 1439)) | st.none()
TIERS = st.lists(
    st.builds(Tier, st.integers(EVERY_CONTEXT, MOST_TOKENS), RATES, SERVICES, HOURS),
    max_size=4,
    unique_by=lambda tier: tier.rank,
)


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

    @given(MIXED)
    def test_no_token_is_charged_twice_or_not_at_all(self, usage: Usage) -> None:
        charged = dict(billed(usage))

        inward = sum(charged[name] for name in ("input", "input_audio", "input_image", "cache_read"))
        assert inward == usage.context
        assert charged["output"] + charged["output_audio"] + charged["output_image"] == usage.output
        assert min(charged.values()) >= 0

    @given(MIXED, RATES)
    def test_is_that_of_text_where_sound_and_pictures_have_no_rate(self, usage: Usage, rates: Rates) -> None:
        text = replace(usage, input_audio=None, input_image=None, output_audio=None, output_image=None)

        assert cost(usage, price(rates=rates)) == cost(text, price(rates=rates))

    @given(MIXED, ALL_RATES)
    def test_of_twice_the_rates_is_twice_as_much(self, usage: Usage, rates: Rates) -> None:
        double = Rates(**{name: rate and rate * 2 for name, rate in fields_of(rates).items()})
        once, twice = cost(usage, price(rates=rates)), cost(usage, price(rates=double))

        assert once is not None
        assert twice == once * 2

    @given(USAGES, RATES, TIERS, SERVICES, st.integers(0, 1439))
    def test_is_at_the_rates_of_one_tier_whatever_the_order_of_them(
        self, usage: Usage, rates: Rates, tiers: list[Tier], service: str, minute: int
    ) -> None:
        forth, back = price(rates=rates, tiers=tuple(tiers)), price(rates=rates, tiers=tuple(reversed(tiers)))

        found = forth.rates_for(usage.context, service, minute)

        assert found == back.rates_for(usage.context, service, minute)
        assert found in [rates, *(replace(tier.rates, request=rates.request) for tier in tiers)]


def fields_of(rates: Rates) -> dict[str, Decimal | None]:
    return {name: getattr(rates, name) for name in RATED}


def tokens(usage: Usage) -> tuple[int, ...]:
    return (usage.input or 0, usage.cache_read or 0, usage.cache_write or 0, usage.output or 0)
