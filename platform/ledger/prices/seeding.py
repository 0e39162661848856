"""Takes the shipped catalogue over into the price book, once for each version of it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from django.db import transaction

from ledger.prices.models import CatalogueRelease, PriceRow
from ledger.store.client import Store
from ledger.store.prices import edition, publish

if TYPE_CHECKING:
    from ledger.prices.catalogue import Listed

READING = 2
"""Counts the ways in which we have read the catalogue: another way makes another version of it."""


def catalogue_version() -> str:
    return f"genai-prices {version('genai-prices')} reading {READING}"


def seed_catalogue(store: Store, now: datetime) -> bool:
    """Take over and publish the shipped catalogue; False where that was done before.

    A store that holds no prices at all is a new one, whatever was published to the one before it.
    """
    release, _ = CatalogueRelease.objects.get_or_create(version=catalogue_version())
    if release.published_at is not None and edition(store):
        return False
    from ledger.prices.catalogue import listed  # 2 MB of data that only a new version has to load

    take_over(list(listed()), now)
    publish(store, [row.price() for row in PriceRow.objects.current()])
    release.published_at = now
    release.save(update_fields=["published_at"])
    return True


def take_over(catalogue: Sequence["Listed"], now: datetime) -> list[PriceRow]:
    """Keep what is new or has changed, as further versions; what the catalogue dropped stays, for what it priced."""
    with transaction.atomic():
        known = {row.price_id: row for row in PriceRow.objects.current().filter(project=None)}
        changed = list(changes(catalogue, known))
        PriceRow.objects.filter(pk__in=[known[row.price_id].pk for row in changed if row.price_id in known]).update(
            superseded_at=now
        )
        return PriceRow.objects.bulk_create(changed, batch_size=500)


def changes(catalogue: Sequence["Listed"], known: dict[str, PriceRow]) -> Iterator[PriceRow]:
    for entry in catalogue:
        row = known.get(entry.price.id)
        if row is None:
            yield PriceRow.of(entry.price, entry.note)
        elif replace(entry.price, version=row.version) != row.price():
            yield PriceRow.of(replace(entry.price, version=row.version + 1), entry.note)
