"""The price book as it was last published to the store, so that settling needs no other database."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from time import time_ns
from typing import NotRequired, TypedDict
from uuid import UUID

import orjson

from ledger.domain.prices import RATED, Hours, Price, Rates, Tier
from ledger.store.client import Row, Store

CATALOGUE = UUID(int=0)
"""Whose prices the catalogue's are: nobody's project."""
RATE_DECIMALS = Decimal("1e-10")


class WrittenTier(TypedDict):
    """A tier as it lies in a database."""

    above: int
    rates: dict[str, str | None]
    service: NotRequired[str]
    hours: NotRequired[list[int] | None]


def publish(store: Store, prices: Sequence[Price]) -> None:
    """Make these versions known to settling. Sending them again changes nothing."""
    published = max(time_ns() // 1000, edition(store) + 1)
    columns: dict[str, Sequence[object]] = {
        "project_id": [price.project_id or CATALOGUE for price in prices],
        "price_id": [price.id for price in prices],
        "version": [price.version for price in prices],
        "provider": [price.provider for price in prices],
        "model": [price.model for price in prices],
        "pattern": [orjson.dumps(price.pattern).decode() for price in prices],
        "valid_from": [price.valid_from for price in prices],
        "valid_to": [price.valid_to for price in prices],
        "tiers": [orjson.dumps(written_tiers(price.tiers)).decode() for price in prices],
        "source": [price.source for price in prices],
        "published": [published] * len(prices),
    }
    rates = {name: [kept(getattr(price.rates, name)) for price in prices] for name in RATED}
    store.insert("prices", columns | rates)


def book(store: Store) -> list[Price]:
    """The newest version of every price, of the catalogue and of all projects."""
    return [price_of(row) for row in store.query("price_book")]


def edition(store: Store) -> int:
    """Grows whenever something is published."""
    return int(store.query("book_edition")[0]["edition"])


def price_of(row: Row) -> Price:
    return Price(
        id=row["price_id"],
        provider=row["provider"],
        model=row["model"],
        pattern=orjson.loads(row["pattern"]),
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        rates=Rates(**{name: row[name] for name in RATED}),
        tiers=read_tiers(orjson.loads(row["tiers"])),
        source=row["source"],
        version=row["version"],
        project_id=None if row["project_id"] == CATALOGUE else row["project_id"],
    )


def written_tiers(tiers: Sequence[Tier]) -> list[WrittenTier]:
    """Tiers as JSON has words for them; rates as text, because JSON's numbers would round them."""
    return [written_tier(tier) for tier in tiers]


def written_tier(tier: Tier) -> WrittenTier:
    rates = {name: kept(getattr(tier.rates, name)) for name in RATED}
    return {
        "above": tier.above,
        "service": tier.service,
        "hours": [tier.hours.begins, tier.hours.ends] if tier.hours else None,
        "rates": {name: f"{rate:f}" for name, rate in rates.items() if rate is not None},
    }


def read_tiers(tiers: Sequence[WrittenTier]) -> tuple[Tier, ...]:
    return tuple(read_tier(tier) for tier in tiers)


def read_tier(tier: WrittenTier) -> Tier:
    """Earlier versions of the book knew tiers by context alone, and wrote down that a rate was not given."""
    hours = tier.get("hours")
    rates = {name: Decimal(rate) for name, rate in tier["rates"].items() if rate is not None}
    return Tier(tier["above"], Rates(**rates), tier.get("service", ""), Hours(*hours) if hours else None)


def kept(rate: Decimal | None) -> Decimal | None:
    """A rate with as many decimals as the book keeps."""
    return None if rate is None else rate.quantize(RATE_DECIMALS, rounding=ROUND_HALF_UP)
