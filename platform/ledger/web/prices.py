"""The price book as a table: what of it is asked for, and each price in words and figures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Self

from django.http import QueryDict

from ledger.accounts.models import Project
from ledger.domain.errors import BadParameter
from ledger.domain.prices import Price, Rates, Tier
from ledger.domain.providers import canonical
from ledger.domain.windows import read_time
from ledger.prices.book import prices_seen_by
from ledger.prices.models import PriceRow
from ledger.web.arithmetic import CLASSES

COLUMNS = ("input", "cache_read", "cache_write", "output")
"""Classes with a column of their own; rates of others are said in words."""

ANY_TIME = "any"
SOURCES = {"": "any", "project": "our own", "catalogue": "the catalogue"}
A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """Which prices are looked at; `at` is None for those of any time."""

    provider: str
    model: str
    source: str
    at: datetime | None
    at_text: str
    start: int

    @classmethod
    def read(cls, query: QueryDict | Mapping[str, str], now: datetime) -> Self:
        """What the address says; nothing about the time means the prices in force now."""
        source, text, start = (query.get(name, "") for name in ("source", "at", "start"))
        if source not in SOURCES:
            raise BadParameter("source", source, f"one of {', '.join(filter(None, SOURCES))}")
        if start and not (start.isascii() and start.isdigit() and len(start) <= 6):
            raise BadParameter("start", start, "a number")
        at = None if text == ANY_TIME else read_time("at", text) if text else now
        provider = canonical(query.get("provider", "").strip()) if query.get("provider") else ""
        return cls(provider, query.get("model", "").strip(), source, at, text, int(start or 0))


@dataclass(frozen=True, slots=True)
class ShownTier:
    """When other rates hold, and which."""

    when: str
    rates: str


@dataclass(frozen=True, slots=True)
class ShownPrice:
    """A price as a line: each of COLUMNS by its label, and all else in words."""

    price: Price
    rates: tuple[tuple[str, Decimal | None], ...]
    beside: str
    tiers: tuple[ShownTier, ...]

    @classmethod
    def of(cls, price: Price) -> Self:
        rates = tuple((CLASSES[name], getattr(price.rates, name)) for name in COLUMNS)
        return cls(price, rates, said(price.rates, COLUMNS), tuple(map(tier, price.tiers)))


@dataclass(frozen=True, slots=True)
class Book:
    """The lines of one page of prices, how many there are, and where the next page starts."""

    lines: tuple[ShownPrice, ...]
    found: int
    following: int | None


def book(project: Project, asked: Asked, now: datetime) -> Book:
    """The prices asked for; with a model, the one that applies comes first."""
    found = [
        price for price in prices_seen_by(project, asked.provider, asked.model, asked.at or now) if fits(asked, price)
    ]
    end = asked.start + A_PAGE
    lines = tuple(map(ShownPrice.of, found[asked.start : end]))
    return Book(lines, len(found), end if end < len(found) else None)


def fits(asked: Asked, price: Price) -> bool:
    return asked.source in ("", price.source) and (asked.at is None or price.valid_at(asked.at))


def providers(project: Project) -> list[str]:
    """Those that the project's prices are of, in order."""
    rows = PriceRow.objects.current().seen_by(project).order_by("provider")
    return list(rows.values_list("provider", flat=True).distinct())


def said(rates: Rates, but: Sequence[str] = ()) -> str:
    """Rates in words: "output $10.00, request $0.01"."""
    return ", ".join(f"{label} {dollars(rate)}" for label, rate in named(rates, but))


def named(rates: Rates, but: Sequence[str]) -> Iterator[tuple[str, Decimal]]:
    for name, label in (*CLASSES.items(), ("request", "each request")):
        rate = getattr(rates, name)
        if name not in but and rate is not None:
            yield label[0].lower() + label[1:], rate


def dollars(rate: Decimal) -> str:
    whole, _, decimals = f"{rate:f}".partition(".")
    return f"${whole}.{decimals.rstrip('0'):0<2}"


def tier(tier: Tier) -> ShownTier:
    """When a tier holds: "above 200,000 tokens of context, as batch, from 16:30 to 00:30 UTC"."""
    parts = (
        f"above {tier.above:,} tokens of context" if tier.above >= 0 else "",
        f"as {tier.service}" if tier.service else "",
        f"from {clock(tier.hours.begins)} to {clock(tier.hours.ends)} UTC" if tier.hours else "",
    )
    return ShownTier(", ".join(filter(None, parts)), said(tier.rates))


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
