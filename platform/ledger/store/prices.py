"""The price book as it was last published to the store, so that settling needs no other database."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from time import time_ns
from uuid import UUID

import orjson

from ledger.domain.prices import Price, Rates, Tier
from ledger.store.client import Row, Store

CATALOGUE = UUID(int=0)
"""Whose prices the catalogue's are: nobody's project."""
CLASSES = ("input", "cache_read", "cache_write", "cache_write_1h", "output")
RATE_DECIMALS = Decimal("1e-10")


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
        "tiers": [written_tiers(price.tiers) for price in prices],
        "source": [price.source for price in prices],
        "published": [published] * len(prices),
    }
    rates = {name: [kept(getattr(price.rates, name)) for price in prices] for name in CLASSES}
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
        rates=Rates(**{name: row[name] for name in CLASSES}),
        tiers=tuple(read_tier(tier) for tier in orjson.loads(row["tiers"])),
        source=row["source"],
        version=row["version"],
        project_id=None if row["project_id"] == CATALOGUE else row["project_id"],
    )


def written_tiers(tiers: Sequence[Tier]) -> str:
    """Tiers as JSON, their rates as text, because JSON's numbers would round them."""
    return orjson.dumps([{"above": tier.above, "rates": written_rates(tier.rates)} for tier in tiers]).decode()


def written_rates(rates: Rates) -> dict[str, str]:
    given = {name: kept(getattr(rates, name)) for name in CLASSES}
    return {name: f"{rate:f}" for name, rate in given.items() if rate is not None}


def read_tier(tier: dict[str, int | dict[str, str]]) -> Tier:
    above, rates = tier["above"], tier["rates"]
    if not isinstance(above, int) or not isinstance(rates, dict):
        raise TypeError(f"{tier!r}: a published tier has a number and rates")
    return Tier(above, Rates(**{name: Decimal(rate) for name, rate in rates.items()}))


def kept(rate: Decimal | None) -> Decimal | None:
    """A rate with as many decimals as the book keeps."""
    return None if rate is None else rate.quantize(RATE_DECIMALS, rounding=ROUND_HALF_UP)
