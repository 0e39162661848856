"""The shipped price book: what genai-prices knows, as dated prices of ours.

Which of a model's prices holds on a day, at an hour and for a service tier is asked of genai-prices itself, once for
each stretch in which its answer stays the same. Left out are models that are also charged by the page, which no call
tells us: their tokens alone would understate them, so they stay unpriced until a project says what they cost.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise, product

from genai_prices.data import providers
from genai_prices.types import (
    ClauseAnd,
    ClauseOr,
    ConditionalPrice,
    MatchLogic,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    Provider,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

from ledger.domain.prices import EVERY_CONTEXT, Hours, Pattern, Price, Rates, Tier

OURS = {
    "input": "input_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
    "output": "output_mtok",
    "input_audio": "input_audio_mtok",
    "output_audio": "output_audio_mtok",
    "input_image": "input_image_mtok",
    "output_image": "output_image_mtok",
    "request": "requests_kcount",
}
PER = {"request": -3}
"""The catalogue prices a thousand requests, we price one."""
BESIDE_TOKENS = frozenset({"input_document_kpages", "input_annotated_document_kpages"})
"""Charged with every call, whatever its tokens, and unknown to us."""
SERVICES = ("processing", "service_tier", "speed")
"""The conditions of the catalogue whose value clients report as a call's service tier."""
DAY = 24 * 60


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
    own = any(model is each for each in provider.models)  # a reseller has the maker's prices, not its service tiers
    for begins, ends in pairwise([None, *changes(model), None]):
        sheet = Sheet(model, begins or BEFORE, services(model) if own else {})
        if (sheet.base.input is None and sheet.base.output is None) or BESIDE_TOKENS & sheet.keys:
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
                rates=sheet.base,
                tiers=tuple(sheet.tiers()),
                source="catalogue",
                version=1,
                project_id=None,
            ),
            note=note(sheet.keys),
        )


BEFORE = datetime(2000, 1, 1, tzinfo=UTC)
"""A day on which no dated price had begun."""


class Sheet:
    """What a model costs on one day: its ordinary rates, and others by service, hour and length of context."""

    def __init__(self, model: ModelInfo, day: datetime, services: dict[str, dict[str, str]]) -> None:
        self.model, self.day = model, day
        self.hours = busy_hours(model)
        self.services = {name: context for name, context in services.items() if self.differs(context)}
        self.base = rates_at(self.price("", None), EVERY_CONTEXT)
        self.keys = given(self.price("", None)).keys()

    def differs(self, context: dict[str, str]) -> bool:
        return self.model.get_prices(self.day, context) != self.model.get_prices(self.day)

    def price(self, service: str, hours: Hours | None) -> ModelPrice:
        minute = quiet_minute(self.hours) if hours is None else hours.begins
        return self.model.get_prices(self.day + timedelta(minutes=minute), self.services.get(service))

    def tiers(self) -> Iterator[Tier]:
        """Every combination, so that of those that hold for a call the most particular one says all of its rates."""
        for service, hours in product(["", *self.services], [None, *self.hours]):
            price = self.price(service, hours)
            for above in [EVERY_CONTEXT, *starts(price)]:
                if service or hours or above != EVERY_CONTEXT:
                    yield Tier(above, rates_at(price, above), service, hours)


def changes(model: ModelInfo) -> list[datetime]:
    """The days on which a price of the model or of a service tier begins."""
    conditions: list[ConditionalPrice | PriceVariant] = [*conditional(model), *(model.price_variants or ())]
    found = [each.constraint for each in conditions]
    return sorted({midnight(each.start_date) for each in found if isinstance(each, StartDateConstraint)})


def conditional(model: ModelInfo) -> list[ConditionalPrice]:
    return model.prices if isinstance(model.prices, list) else [ConditionalPrice(prices=model.prices)]


def services(model: ModelInfo) -> dict[str, dict[str, str]]:
    """The service tiers that the catalogue has prices of, each with how it is asked for there."""
    asked = [dict(variant.when) for variant in model.price_variants or () if len(variant.when) == 1]
    return {name.lower(): when for when in asked for key, name in when.items() if key in SERVICES}


def busy_hours(model: ModelInfo) -> list[Hours]:
    """The parts of the day that have prices of their own, cut where one begins or ends."""
    windows = [each.constraint for each in conditional(model) if isinstance(each.constraint, TimeOfDateConstraint)]
    edges = sorted({minute(edge) for window in windows for edge in (window.start_time, window.end_time)})
    parts = [Hours(begins, ends) for begins, ends in pairwise([*edges, *edges[:1]])]
    return [part for part in parts if any(window.active(moment(part.begins)) for window in windows)]


def quiet_minute(busy: list[Hours]) -> int:
    """A minute of the day at which the price by the hour does not hold."""
    return next((minute for minute in range(DAY) if not any(hours.include(minute) for hours in busy)), 0)


def minute(edge: time) -> int:
    utc = datetime.combine(BEFORE, edge, edge.tzinfo or UTC).astimezone(UTC)
    return utc.hour * 60 + utc.minute


def moment(minute: int) -> datetime:
    return BEFORE + timedelta(minutes=minute)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def given(price: ModelPrice) -> dict[str, Decimal | TieredPrices]:
    return {key: value for key, value in vars(price).items() if value is not None}


def starts(price: ModelPrice) -> list[int]:
    """The lengths of context above which the model costs something else."""
    return sorted(
        {tier.start for rate in given(price).values() if isinstance(rate, TieredPrices) for tier in rate.tiers}
    )


def rates_at(price: ModelPrice, above: int) -> Rates:
    """The rates of calls whose context exceeds `above`."""
    found = given(price)
    return Rates(**{ours: scaled(ours, rate_at(found.get(theirs), above)) for ours, theirs in OURS.items()})


def rate_at(rate: Decimal | TieredPrices | None, above: int) -> Decimal | None:
    if not isinstance(rate, TieredPrices):
        return rate
    reached = [tier.price for tier in rate.tiers if tier.start <= above]
    return (reached or [rate.base])[-1]


def scaled(name: str, rate: Decimal | None) -> Decimal | None:
    return None if rate is None else rate.scaleb(PER.get(name, 0))


def note(keys: Iterable[str]) -> str:
    """What the rates leave out, in words for people."""
    beside = sorted(key for key in keys if key not in OURS.values())
    return f"Not in these rates: {', '.join(beside)}." if beside else ""


def pattern(logic: MatchLogic) -> Pattern:
    """The catalogue's clause as JSON."""
    if isinstance(logic, ClauseOr):
        return {"or": [pattern(clause) for clause in logic.or_]}
    if isinstance(logic, ClauseAnd):
        return {"and": [pattern(clause) for clause in logic.and_]}
    return dict(vars(logic))
