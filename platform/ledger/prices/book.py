"""The price book: seeded from the catalogue, added to by projects, published to ClickHouse."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from ledger.accounts.models import Project
from ledger.domain.prices import Price, matches, names, price_for
from ledger.prices.catalogue import Listed, catalogue_version, listed
from ledger.prices.models import CatalogueRelease, PriceRow
from ledger.store.client import Store
from ledger.store.prices import edition, publish


def seed_catalogue(store: Store, now: datetime) -> bool:
    """Take over and publish the shipped catalogue; False where that was done before.

    A store that holds no prices at all is a new one, whatever was published to the one before it.
    """
    release, _ = CatalogueRelease.objects.get_or_create(version=catalogue_version())
    if release.published_at is not None and edition(store):
        return False
    take_over(list(listed()), now)
    publish(store, [row.price() for row in PriceRow.objects.current()])
    release.published_at = now
    release.save(update_fields=["published_at"])
    return True


def take_over(catalogue: Sequence[Listed], now: datetime) -> list[PriceRow]:
    """Keep what is new or has changed, as further versions; what the catalogue dropped stays, for what it priced."""
    with transaction.atomic():
        known = {row.price_id: row for row in PriceRow.objects.current().filter(project=None)}
        changed = list(changes(catalogue, known))
        PriceRow.objects.filter(pk__in=[known[row.price_id].pk for row in changed if row.price_id in known]).update(
            superseded_at=now
        )
        return PriceRow.objects.bulk_create(changed, batch_size=500)


def changes(catalogue: Sequence[Listed], known: dict[str, PriceRow]) -> Iterator[PriceRow]:
    for entry in catalogue:
        row = known.get(entry.price.id)
        if row is None:
            yield PriceRow.of(entry.price, entry.note)
        elif replace(entry.price, version=row.version) != row.price():
            yield PriceRow.of(replace(entry.price, version=row.version + 1), entry.note)


def set_price(store: Store, project: Project, price: Price, now: datetime) -> PriceRow:
    """A project's own price from now on, published before it counts as set; the same price again is a new version."""
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        mine = PriceRow.objects.filter(project=project, price_id=price.id)
        newest = mine.aggregate(newest=Max("version"))["newest"] or 0
        mine.current().update(superseded_at=now)
        row = PriceRow.of(replace(price, source="project", project_id=project.pk, version=newest + 1))
        row.save()
        publish(store, [row.price()])
        return row


def prices_seen_by(project: Project, provider: str, model: str, at: datetime) -> list[Price]:
    """The prices a project's calls can have, of one provider and one model where they are named.

    With a model, the price that applies at that time comes first; the rest follow by provider, model and date.
    """
    rows = PriceRow.objects.current().seen_by(project).order_by("provider", "model", "valid_from", "id")
    book = [row.price() for row in (rows.filter(provider=provider) if provider else rows)]
    if not model:
        return book
    candidates = [price for price in book if any(matches(price.pattern, name) for name in names(model))]
    in_force = [price_for(candidates, provider, model, at) for provider in {price.provider for price in candidates}]
    return sorted(candidates, key=lambda price: price not in in_force)
