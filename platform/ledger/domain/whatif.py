"""What a route's real calls would have cost on another model, and how that compares.

Calls are grouped before they are priced, and nothing is lost by that: calls of one group lie between the same moments
at which a price begins, the same hours, the same lengths of context, and were ordered as the same service, so that each
of the prices in question charges all of them by the same rates.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from ledger.domain.intervals import around, wilson
from ledger.domain.prices import EXACT, Price, candidates, charged, minute_of, price_for
from ledger.domain.providers import canonical, of_model


@dataclass(frozen=True, slots=True)
class Edges:
    """Where, for some prices, a call starts to cost something else."""

    times: tuple[datetime, ...]
    minutes: tuple[int, ...]
    contexts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Load:
    """Calls between the same edges: `tokens` are the sums of each class, `at` and `context` those of one of the calls.

    `share` is for how many calls each of them stands, where its client sampled.
    """

    calls: int
    share: Decimal
    at: datetime
    service: str
    context: int
    tokens: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model to try: its prices over time, and how many of its tokens make one of those that were counted."""

    provider: str
    model: str
    prices: tuple[Price, ...]
    ratio: Decimal = Decimal(1)

    def price_at(self, at: datetime) -> Price | None:
        return price_for(self.prices, self.provider, self.model, at)


@dataclass(frozen=True, slots=True)
class Bill:
    """What the calls come to on a model, as far as it can price them."""

    cost: Decimal | None
    calls: Decimal
    unpriced_calls: Decimal

    @property
    def per_call(self) -> Decimal | None:
        """None also where some calls can't be priced: the rest of them may be another kind of calls."""
        return None if self.cost is None or self.unpriced_calls or not self.calls else self.cost / self.calls


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found of a model by one score: how often, the mean, and between what it lies with 95 %."""

    n: int
    total: float
    squares: float
    binary: bool

    @property
    def mean(self) -> float | None:
        return self.total / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.total, self.n) if self.binary else around(self.n, self.total, self.squares)

    def __add__(self, other: "Judged") -> "Judged":
        both = self.binary and other.binary
        return Judged(self.n + other.n, self.total + other.total, self.squares + other.squares, both)


class NotInBook(Exception):
    """A model that can't be tried; says why, and what to write instead."""


def candidate(book: Sequence[Price], text: str, ratio: Decimal = Decimal(1)) -> Candidate:
    """The model that somebody names, alone or behind its provider and a slash; raises NotInBook."""
    head, slash, rest = text.partition("/")
    provider = canonical(head) if slash else ""
    if provider and (found := candidates(book, provider, rest)):
        return Candidate(provider, rest, tuple(found), ratio)
    sellers = sorted({price.provider for price in book if candidates([price], "", text)})
    if not sellers:
        raise NotInBook("the price book knows no such model")
    maker = sellers[0] if len(sellers) == 1 else of_model(text)
    if maker not in sellers:
        raise NotInBook(f"several providers sell it: write one of {', '.join(f'{each}/{text}' for each in sellers)}")
    return Candidate(maker, text, tuple(candidates(book, maker, text)), ratio)


def edges(tried: Iterable[Candidate]) -> Edges:
    """Where calls must be told apart, so that each of these models charges those left together alike."""
    times, minutes, contexts = set(), set(), set()
    for each in tried:
        for price in each.prices:
            times |= {moment for moment in (price.valid_from, price.valid_to) if moment is not None}
            hours = [tier.hours for tier in price.tiers if tier.hours is not None]
            minutes |= {minute for hour in hours for minute in (hour.begins, hour.ends)}
            contexts |= {unscaled(tier.above, each.ratio) for tier in price.tiers if tier.above >= 0}
    return Edges(tuple(sorted(times)), tuple(sorted(minutes)), tuple(sorted(contexts)))


def unscaled(above: int, ratio: Decimal) -> int:
    """The most tokens as counted that are not more than `above` tokens of the model."""
    return int((Decimal(above) / ratio).to_integral_value(ROUND_FLOOR))


def scaled(context: int, ratio: Decimal) -> int:
    """The context in the model's tokens; a part of a token is one."""
    return int((context * ratio).to_integral_value(ROUND_CEILING))


def bill(loads: Iterable[Load], tried: Candidate, at: datetime | None = None) -> Bill:
    """What these calls come to on the model, at the prices of their own times, or at those of one moment."""
    total, calls, unpriced = Decimal(0), Decimal(0), Decimal(0)
    for load in loads:
        amount = amount_of(load, tried, at)
        if amount is None:
            unpriced += load.calls * load.share
            continue
        total = EXACT.add(total, EXACT.multiply(amount, load.share))
        calls += load.calls * load.share
    return Bill(total if calls else None, calls, unpriced)


def amount_of(load: Load, tried: Candidate, at: datetime | None) -> Decimal | None:
    price = tried.price_at(at or load.at)
    if price is None:
        return None
    rates = price.rates_for(scaled(load.context, tried.ratio), load.service, minute_of(load.at))
    tokens = charged(load.tokens.items(), replace(rates, request=None))
    if tokens is None:
        return None
    return EXACT.add(EXACT.multiply(tokens, tried.ratio), (rates.request or Decimal(0)) * load.calls)


def undominated(costs: Mapping[str, Decimal | None], quality: Mapping[str, float | None]) -> dict[str, bool | None]:
    """Of models whose cost and quality are known: whether no other costs no more and is no worse, and better in one."""
    known = {name: (cost, worth) for name, cost in costs.items()
             if cost is not None and (worth := quality.get(name)) is not None}  # fmt: skip
    return {name: None if name not in known else not any(beats(other, known[name]) for other in known.values())
            for name in costs}  # fmt: skip


def beats(one: tuple[Decimal, float], other: tuple[Decimal, float]) -> bool:
    return one[0] <= other[0] and one[1] >= other[1] and one != other
