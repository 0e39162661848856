"""Prices: dated rates per token class, which one applies to a call, and what the call then cost. Exact throughout."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
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

TOKEN_CLASSES = (
    "input",
    "cache_read",
    "cache_write",
    "cache_write_1h",
    "output",
    "input_audio",
    "output_audio",
    "input_image",
    "output_image",
)
RATED = (*TOKEN_CLASSES, "request")
"""All that a price can name a rate for."""

EXACT = Context(prec=60)
"""Wide enough that no product or sum of tokens and rates is ever rounded."""
LEDGER_DECIMALS = Decimal("1e-12")
BEGINNING = datetime.min.replace(tzinfo=UTC)
DAWN = datetime(1900, 1, 1, tzinfo=UTC)
"""Before this the store knows no time."""
COMPACT_DATE = re.compile(r"-(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=[-:]|$)")
RELEASE = re.compile(r"[-@](0\d\d|20\d{6}|20\d\d-\d\d-\d\d)$")
"""What providers put behind a model's name for one release of it: -001, -20250929, @20250929, -2025-09-29."""
EVERY_CONTEXT = -1
"""Every call has more tokens of context than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """USD per million tokens of each class; None where the provider names no rate of its own for the class.

    `request` is USD for each call, whatever its tokens.
    """

    input: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    cache_write_1h: Decimal | None = None
    output: Decimal | None = None
    input_audio: Decimal | None = None
    output_audio: Decimal | None = None
    input_image: Decimal | None = None
    output_image: Decimal | None = None
    request: Decimal | None = None

    def by_class(self) -> dict[str, Decimal | None]:
        """What each class is charged at: without a rate of its own cached input is input, and sound is text."""
        cache_write = self.input if self.cache_write is None else self.cache_write
        return {
            "input": self.input,
            "cache_read": self.input if self.cache_read is None else self.cache_read,
            "cache_write": cache_write,
            "cache_write_1h": cache_write if self.cache_write_1h is None else self.cache_write_1h,
            "output": self.output,
            "input_audio": self.input if self.input_audio is None else self.input_audio,
            "output_audio": self.output if self.output_audio is None else self.output_audio,
            "input_image": self.input if self.input_image is None else self.input_image,
            "output_image": self.output if self.output_image is None else self.output_image,
        }


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of every day in minutes since midnight UTC: from `begins` on, no longer at `ends`, maybe past midnight."""

    begins: int
    ends: int

    def include(self, minute: int) -> bool:
        if self.begins < self.ends:
            return self.begins <= minute < self.ends
        return minute >= self.begins or minute < self.ends


@dataclass(frozen=True, slots=True)
class Tier:
    """Other rates for the whole call: where its context is longer than `above` tokens, it was ordered as `service`
    (batch, flex, priority, …; empty for any), and it began in `hours` (None for any)."""

    above: int
    rates: Rates
    service: str = ""
    hours: Hours | None = None

    def holds(self, context: int, service: str, minute: int | None) -> bool:
        if context <= self.above or (self.service and self.service != service):
            return False
        return self.hours is None or (minute is not None and self.hours.include(minute))

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """Of the tiers that hold, the greatest counts: one for the service, then one for the hour, then the longest."""
        return bool(self.service), self.hours is not None, self.above


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

    @property
    def withdrawn(self) -> bool:
        """Whether it never holds: what was set by mistake is ended where it began."""
        return self.valid_to is not None and self.valid_to <= (self.valid_from or DAWN)

    def rates_for(self, context: int, service: str = "", minute: int | None = None) -> Rates:
        """The rates of a call with that many tokens going in, ordered as that service, begun in that minute of a day.

        A service that the price doesn't speak of is charged as any call: discounts are never guessed.
        """
        holding = [tier for tier in self.tiers if tier.holds(context, service.lower(), minute)]
        if not holding:
            return self.rates
        rates = max(holding, key=lambda tier: tier.rank).rates
        return rates if rates.request is not None else replace(rates, request=self.rates.request)


def price_for(book: Iterable[Price], provider: str, model: str, at: datetime) -> Price | None:
    """The price that applies to a call; None where nobody knows one.

    A project's own price wins over the catalogue's, then the one that began later, then the newer version. A call that
    names no provider has the price of the only provider that knows the model, if there is only one.
    """
    known = candidates(book, provider, model)
    found = [price for price in known if price.valid_at(at)]
    direct, released = best(found, names(model)), best_of_model(found, model)
    if direct is None or (released and released.source == "project" and sold_as_one(direct, model)):
        return released or direct
    return direct


def candidates(book: Iterable[Price], provider: str, model: str) -> list[Price]:
    """The prices that apply to a model at one time or another."""
    fitting = [price for price in book if provider in ("", price.provider) and fits(price.pattern, model)]
    if provider:
        return fitting
    own = [price for price in fitting if price.source == "project"]
    sellers = {price.provider for price in own or fitting}
    return [price for price in fitting if price.provider in sellers] if len(sellers) == 1 else []


def fits(pattern: Pattern, model: str) -> bool:
    """Whether a price can be for the model: by its name, or as a release of a model that the price names exactly."""
    return any(matches(pattern, name) for name in names(model)) or spells_out(pattern, model_of(model))


def best(prices: Iterable[Price], names: Iterable[str]) -> Price | None:
    """Of the prices that match the first of the names that any matches, the one that counts."""
    known = list(prices)
    for name in names:
        found = [price for price in known if matches(price.pattern, name)]
        if found:
            return max(found, key=precedence)
    return None


def best_of_model(prices: Iterable[Price], model: str) -> Price | None:
    """The price of the model of which this is a release."""
    stem = model_of(model)
    return max((price for price in prices if spells_out(price.pattern, stem)), key=precedence, default=None)


def sold_as_one(price: Price, model: str) -> bool:
    """Whether the catalogue sells this release and its model at the same price: then a project's price is for both."""
    stem = model_of(model)
    return price.source == "catalogue" and stem is not None and matches(price.pattern, stem)


def model_of(release: str) -> str | None:
    """The name without the mark of its release, in lower case; None where it bears none."""
    stem = RELEASE.sub("", release.lower())
    return stem if stem and stem != release.lower() else None


def spells_out(pattern: Pattern, name: str | None) -> bool:
    return name is not None and name in exact_names(pattern)


def exact_names(pattern: Pattern) -> Iterator[str]:
    """The names that a pattern spells out, in lower case: any one of them is enough for it to match."""
    for kind, operand in pattern.items():
        if kind == "equals" and isinstance(operand, str):
            yield operand.lower()
        elif kind == "or" and isinstance(operand, list):
            for clause in operand:
                yield from exact_names(clause)


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


def cost(usage: Usage, price: Price, service: str = "", at: datetime | None = None) -> Decimal | None:
    """What a call cost in USD; None if its usage is unknown, or of a class that the price has no rate for."""
    if usage.unknown:
        return None
    return charged(billed(usage), price.rates_for(usage.context, service, minute_of(at)))


def charged(tokens: Iterable[tuple[str, int]], rates: Rates) -> Decimal | None:
    """What one call's tokens of each class cost at these rates."""
    by_class = rates.by_class()
    total = rates.request or Decimal(0)
    for name, count in tokens:
        amount = part(count, by_class[name])
        if amount is None:
            return None
        total = EXACT.add(total, amount)
    return total


def billed(usage: Usage) -> Iterator[tuple[str, int]]:
    """Each class that has a rate with its tokens; sound and pictures are taken out of fresh input and of output.

    What a client calls sound or pictures beyond the fresh input had been cached, and is charged as that.
    """
    tokens = dict(usage.by_class())
    for text, sound, pictures in (
        ("input", ("input_audio", usage.input_audio), ("input_image", usage.input_image)),
        ("output", ("output_audio", usage.output_audio), ("output_image", usage.output_image)),
    ):
        for name, said in (sound, pictures):
            tokens[name] = min(max(said or 0, 0), tokens[text])
            tokens[text] -= tokens[name]
    yield from tokens.items()


def minute_of(at: datetime | None) -> int | None:
    """The minute of the day in UTC."""
    if at is None:
        return None
    utc = at.astimezone(UTC)
    return utc.hour * 60 + utc.minute


def part(tokens: int, rate: Decimal | None) -> Decimal | None:
    """The cost of the tokens of one class. No tokens cost nothing, whatever the rate."""
    if tokens == 0:
        return Decimal(0)
    return None if rate is None else EXACT.scaleb(EXACT.multiply(Decimal(tokens), rate), -6)


def booked(amount: Decimal) -> Decimal:
    """The amount as the ledger keeps it: to a millionth of a millionth of a dollar."""
    return amount.quantize(LEDGER_DECIMALS, rounding=ROUND_HALF_UP, context=EXACT)
