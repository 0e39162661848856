"""The shipped price book: what genai-prices knows, as dated prices of ours.

Left out are models that also charge per request or page: their tokens alone would understate them, so they stay
unpriced until a project says what they cost. Prices by the hour of the day are taken at the base price, and the row
says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import pairwise

from genai_prices.data import providers
from genai_prices.types import (
    ClauseAnd,
    ClauseOr,
    ConditionalPrice,
    MatchLogic,
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

from ledger.domain.prices import Pattern, Price, Rates, Tier

OURS = {
    "input": "input_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
    "output": "output_mtok",
}
BESIDE_TOKENS = frozenset({"requests_kcount", "input_document_kpages", "input_annotated_document_kpages"})
"""Charged with every call, whatever its tokens."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A price of the catalogue, and what to know about it."""

    price: Price
    note: str


def listed() -> Iterator[Listed]:
    """Every price of the catalogue, those of models that one provider offers for another included."""
    by_id = {provider.id: provider for provider in providers}
    for provider in providers:
        for model in provider.models:
            yield from prices_of(provider, model, model.id)
        for maker in [by_id[each] for each in provider.fallback_model_providers or () if each in by_id]:
            for model in resold(provider, maker):
                yield from prices_of(provider, model, f"{maker.id}/{model.id}")


def resold(provider: Provider, maker: Provider) -> Iterator[ModelInfo]:
    """The maker's models that the provider has no price of its own for."""
    return (model for model in maker.models if not any(own.is_match(model.id) for own in provider.models))


def prices_of(provider: Provider, model: ModelInfo, name: str) -> Iterator[Listed]:
    conditional = model.prices if isinstance(model.prices, list) else [ConditionalPrice(prices=model.prices)]
    for begins, ends, price in timeline(conditional):
        rates, tiers = rates_at(price, None), tuple(tiers_of(price))
        if (rates.input is None and rates.output is None) or BESIDE_TOKENS & given(price).keys():
            continue
        dated = f"@{begins:%Y-%m-%d}" if begins else ""
        yield Listed(
            Price(
                id=f"{provider.id}/{name}{dated}",
                provider=provider.id,
                model=model.id,
                pattern=pattern(model.match),
                valid_from=begins,
                valid_to=ends,
                rates=rates,
                tiers=tiers,
                source="catalogue",
                version=1,
                project_id=None,
            ),
            note=note(conditional, price),
        )


def timeline(
    prices: Sequence[ConditionalPrice],
) -> Iterator[tuple[datetime | None, datetime | None, ModelPrice]]:
    """From when, until when, and which price: of the prices begun by a day, the one listed last is in force."""
    dated = [(begin(each), each.prices) for each in prices if not isinstance(each.constraint, TimeOfDateConstraint)]
    days = sorted({day for day, _ in dated if day is not None})
    for begins, ends in pairwise([None, *days, None]):
        begun = [price for day, price in dated if day is None or (begins is not None and day <= begins)]
        yield begins, ends, (begun or [dated[0][1]])[-1]


def begin(price: ConditionalPrice) -> datetime | None:
    return midnight(price.constraint.start_date) if isinstance(price.constraint, StartDateConstraint) else None


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def given(price: ModelPrice) -> dict[str, Decimal | TieredPrices]:
    return {key: value for key, value in vars(price).items() if value is not None}


def rates_at(price: ModelPrice, above: int | None) -> Rates:
    """The rates of calls whose context exceeds `above`; the base rates for None."""
    found = given(price)
    return Rates(**{ours: rate_at(found.get(theirs), above) for ours, theirs in OURS.items()})


def rate_at(rate: Decimal | TieredPrices | None, above: int | None) -> Decimal | None:
    if not isinstance(rate, TieredPrices):
        return rate
    reached = [tier.price for tier in rate.tiers if above is not None and tier.start <= above]
    return (reached or [rate.base])[-1]


def tiers_of(price: ModelPrice) -> Iterator[Tier]:
    tiered = [rate for rate in given(price).values() if isinstance(rate, TieredPrices)]
    for start in sorted({tier.start for rate in tiered for tier in rate.tiers}):
        yield Tier(above=start, rates=rates_at(price, start))


def note(prices: Sequence[ConditionalPrice], price: ModelPrice) -> str:
    """What the rates leave out, in words for people."""
    hourly = any(isinstance(each.constraint, TimeOfDateConstraint) for each in prices)
    beside = sorted(key for key in given(price) if key not in OURS.values())
    return " ".join(
        [
            *(["The provider charges more or less at certain hours; this is its base price."] if hourly else []),
            *([f"Not in these rates: {', '.join(beside)}."] if beside else []),
        ]
    )


def pattern(logic: MatchLogic) -> Pattern:
    """The catalogue's clause as JSON."""
    if isinstance(logic, ClauseOr):
        return {"or": [pattern(clause) for clause in logic.or_]}
    if isinstance(logic, ClauseAnd):
        return {"and": [pattern(clause) for clause in logic.and_]}
    return dict(vars(logic))
