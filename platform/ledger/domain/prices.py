"""Prices: dated rates per token class, which one applies to a call, and what the call then cost. Exact throughout."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from typing import Literal
from uuid import UUID

from ledger.domain.usage import Usage

type Pattern = Mapping[str, str | list["Pattern"]]
"""Which model names a price is for, as one JSON clause: {"equals": …}, {"starts_with": …}, {"ends_with": …},
{"contains": …}, {"regex": …}, {"or": [clauses]} or {"and": [clauses]}. Upper and lower case are the same."""

Source = Literal["catalogue", "project"]

EXACT = Context(prec=60)
"""Wide enough that no product or sum of tokens and rates is ever rounded."""
LEDGER_DECIMALS = Decimal("1e-12")
BEGINNING = datetime.min.replace(tzinfo=UTC)
COMPACT_DATE = re.compile(r"-(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=[-:]|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """USD per million tokens of each class; None where the provider names no rate of its own for the class."""

    input: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    cache_write_1h: Decimal | None = None
    output: Decimal | None = None

    def by_class(self) -> dict[str, Decimal | None]:
        """What each class is charged at: cached tokens without a rate of their own are charged as input."""
        cache_write = self.input if self.cache_write is None else self.cache_write
        return {
            "input": self.input,
            "cache_read": self.input if self.cache_read is None else self.cache_read,
            "cache_write": cache_write,
            "cache_write_1h": cache_write if self.cache_write_1h is None else self.cache_write_1h,
            "output": self.output,
        }


@dataclass(frozen=True, slots=True)
class Tier:
    """Other rates for the whole call once its context is longer than `above` tokens."""

    above: int
    rates: Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """One version of one price. It holds from `valid_from` on and no longer at `valid_to`; None is open-ended."""

    id: str
    provider: str
    model: str
    pattern: Pattern
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    rates: Rates
    tiers: tuple[Tier, ...] = ()
    source: Source = "catalogue"
    version: int = 1
    project_id: UUID | None = None

    def valid_at(self, at: datetime) -> bool:
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at < self.valid_to)

    def rates_for(self, context: int) -> Rates:
        """The rates of a call with that many tokens going in."""
        reached = [tier for tier in self.tiers if context > tier.above]
        return max(reached, key=lambda tier: tier.above).rates if reached else self.rates


def price_for(book: Iterable[Price], provider: str, model: str, at: datetime) -> Price | None:
    """The price that applies to a call; None where nobody knows one.

    A project's own price wins over the catalogue's, then the one that began later, then the newer version.
    """
    mine = [price for price in book if price.provider == provider and price.valid_at(at)]
    for name in names(model):
        found = [price for price in mine if matches(price.pattern, name)]
        if found:
            return max(found, key=precedence)
    return None


def precedence(price: Price) -> tuple[bool, datetime, int]:
    return price.source == "project", price.valid_from or BEGINNING, price.version


def names(model: str) -> Iterator[str]:
    """The name as sent, then with its date written as the providers write it: -20251211 is -2025-12-11."""
    yield model
    dashed = COMPACT_DATE.sub(r"-\1-\2-\3", model)
    if dashed != model:
        yield dashed


def matches(pattern: Pattern, model: str) -> bool:
    """Whether a price is for the model; a clause of an unknown kind matches nothing."""
    return all(holds(kind, operand, model.lower()) for kind, operand in pattern.items()) and bool(pattern)


def holds(kind: str, operand: str | list[Pattern], model: str) -> bool:
    if isinstance(operand, list):
        return combined(kind, [matches(clause, model) for clause in operand])
    text = operand.lower()
    match kind:
        case "equals":
            return model == text
        case "starts_with":
            return model.startswith(text)
        case "ends_with":
            return model.endswith(text)
        case "contains":
            return text in model
        case "regex":
            return compiled(operand).search(model) is not None
    return False


def combined(kind: str, held: list[bool]) -> bool:
    if kind == "or":
        return any(held)
    return kind == "and" and bool(held) and all(held)


@cache
def compiled(regex: str) -> re.Pattern[str]:
    return re.compile(regex)


def cost(usage: Usage, price: Price) -> Decimal | None:
    """What a call cost in USD; None if its usage is unknown, or of a class that the price has no rate for."""
    if usage.unknown:
        return None
    rates = price.rates_for(usage.context).by_class()
    parts = [part(tokens, rates[name]) for name, tokens in usage.by_class()]
    total = Decimal(0)
    for each in parts:
        if each is None:
            return None
        total = EXACT.add(total, each)
    return total


def part(tokens: int, rate: Decimal | None) -> Decimal | None:
    """The cost of the tokens of one class. No tokens cost nothing, whatever the rate."""
    if tokens == 0:
        return Decimal(0)
    return None if rate is None else EXACT.scaleb(EXACT.multiply(Decimal(tokens), rate), -6)


def booked(amount: Decimal) -> Decimal:
    """The amount as the ledger keeps it: to a millionth of a millionth of a dollar."""
    return amount.quantize(LEDGER_DECIMALS, rounding=ROUND_HALF_UP, context=EXACT)
