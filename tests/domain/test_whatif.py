from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ledger.domain.intervals import around, student
from ledger.domain.prices import EVERY_CONTEXT, Hours, Price, Rates, Tier
from ledger.domain.whatif import Candidate, Judged, Load, NotInBook, bill, candidate, edges, undominated

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def price(model: str = "m", provider: str = "openai", **more: object) -> Price:
    known = {"id": f"{provider}/{model}", "rates": Rates(input=Decimal(2), output=Decimal(10))}
    return Price(**({"provider": provider, "model": model, "pattern": {"equals": model}} | known | more))  # type: ignore[arg-type]


def load(calls: int = 2, context: int = 100, at: datetime = NOON, **tokens: int) -> Load:
    return Load(calls, Decimal(1), at, "", context, tokens or {"input": 1_000_000, "output": 100_000})


def tried(*prices: Price, ratio: str = "1") -> Candidate:
    return Candidate(prices[0].provider, prices[0].model, prices, Decimal(ratio))


class TestBill:
    def test_calls_are_charged_by_the_sums_of_their_tokens(self) -> None:
        found = bill([load(), load(calls=1)], tried(price()))

        # 2 × (1 M × $2 + 0.1 M × $10)
        assert (found.cost, found.calls, found.per_call) == (Decimal(6), 3, Decimal(2))

    def test_a_ratio_makes_as_many_more_tokens_and_no_more_calls(self) -> None:
        charged = price(rates=Rates(input=Decimal(2), output=Decimal(10), request=Decimal("0.5")))

        # 1.25 × $3 and 2 × $0.50
        assert bill([load()], tried(charged, ratio="1.25")).cost == Decimal("4.75")

    def test_a_ratio_reaches_a_tier_earlier(self) -> None:
        tiered = price(tiers=(Tier(100, Rates(input=Decimal(4), output=Decimal(20))),))

        assert bill([load(context=100)], tried(tiered)).cost == Decimal(3)
        assert bill([load(context=100)], tried(tiered, ratio="1.01")).cost == Decimal(6) * Decimal("1.01")

    def test_a_call_stands_for_those_that_its_client_left_out(self) -> None:
        sampled = Load(2, Decimal(10), NOON, "", 100, {"input": 1_000_000, "output": 0})

        found = bill([sampled], tried(price()))

        assert (found.cost, found.calls) == (Decimal(20), 20)

    def test_calls_before_a_price_began_are_unpriced_and_there_is_no_cost_per_call(self) -> None:
        begun = price(valid_from=NOON)
        before = load(at=NOON - timedelta(days=1))

        found = bill([load(), before], tried(begun))

        assert (found.cost, found.calls, found.unpriced_calls, found.per_call) == (Decimal(3), 2, 2, None)
        assert bill([before], tried(begun), at=NOON).cost == Decimal(3)

    def test_without_any_priced_call_the_cost_is_unknown(self) -> None:
        assert bill([load(output=5)], tried(price(rates=Rates(input=Decimal(1))))).cost is None


class TestEdges:
    def test_are_wherever_one_of_the_models_charges_differently(self) -> None:
        dated = price(valid_from=NOON, tiers=(Tier(EVERY_CONTEXT, Rates(), hours=Hours(990, 30)),))
        tiered = price(tiers=(Tier(200_000, Rates()), Tier(EVERY_CONTEXT, Rates(), "batch")))

        found = edges([tried(dated), tried(tiered, ratio="1.3")])

        # 153,846 tokens × 1.3 are 199,999.8, one more is above the tier
        assert (found.times, found.minutes, found.contexts) == ((NOON,), (30, 990), (153_846,))


class TestCandidate:
    BOOK = (price("gpt-4o"), price("gpt-4o", "azure"), price("llama", "groq"), price("openai/gpt-oss", "groq"))

    @pytest.mark.parametrize(
        ("text", "provider", "model"),
        [
            ("llama", "groq", "llama"),
            ("azure/gpt-4o", "azure", "gpt-4o"),
            ("az.ai.openai/gpt-4o", "azure", "gpt-4o"),
            ("gpt-4o", "openai", "gpt-4o"),
            ("openai/gpt-oss", "groq", "openai/gpt-oss"),
        ],
    )
    def test_a_model_is_named_alone_or_behind_its_provider(self, text: str, provider: str, model: str) -> None:
        found = candidate(self.BOOK, text)

        assert (found.provider, found.model, len(found.prices)) == (provider, model, 1)

    def test_a_model_that_nobody_sells_is_refused(self) -> None:
        with pytest.raises(NotInBook, match="no such model"):
            candidate(self.BOOK, "gpt-99")

    def test_a_model_that_several_resell_must_be_named_with_its_provider(self) -> None:
        book = (price("llama", "groq"), price("llama", "together"))

        with pytest.raises(NotInBook, match="groq/llama, together/llama"):
            candidate(book, "llama")


class TestUndominated:
    def test_no_other_costs_no_more_and_is_no_worse(self) -> None:
        costs = {"cheap": Decimal(1), "good": Decimal(5), "dear": Decimal(6), "untried": Decimal("0.1")}
        quality = {"cheap": 0.5, "good": 0.9, "dear": 0.8, "untried": None}

        assert undominated(costs, quality) == {"cheap": True, "good": True, "dear": False, "untried": None}

    def test_equals_leave_each_other_alone(self) -> None:
        assert undominated({"a": Decimal(1), "b": Decimal(1)}, {"a": 0.5, "b": 0.5}) == {"a": True, "b": True}

    def test_what_has_no_cost_is_not_compared(self) -> None:
        assert undominated({"a": Decimal(1), "b": None}, {"a": 0.5, "b": 0.9}) == {"a": True, "b": None}


class TestJudged:
    def test_yes_and_no_have_the_interval_of_a_share(self) -> None:
        one, other = Judged(4, 3, 3, binary=True), Judged(6, 5, 5, binary=True)

        both = one + other

        assert both.mean == pytest.approx(0.8)
        assert both.interval == pytest.approx((0.4902, 0.9433), abs=1e-4)

    def test_other_values_have_that_of_a_mean(self) -> None:
        # 1, 2, 3, 4, 5: mean 3, standard deviation 1.5811, t with 4 degrees of freedom 2.776
        assert around(5, 15, 55) == pytest.approx((1.037, 4.963), abs=0.01)
        assert around(2, 3, 5) is None

    @pytest.mark.parametrize(("freedom", "bound"), [(4, 2.776), (9, 2.262), (30, 2.042)])
    def test_students_bound_is_near_the_tables(self, freedom: int, bound: float) -> None:
        assert student(freedom) == pytest.approx(bound, rel=0.01)
