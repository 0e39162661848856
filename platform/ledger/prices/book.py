"""The price book as projects see it and add to it."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from ledger.accounts.models import Project
from ledger.domain.prices import Price, matches, names, price_for
from ledger.prices.models import PriceRow
from ledger.store.client import Store
from ledger.store.prices import publish

RESELLERS = frozenset({"azure", "aws"})
"""Where a model is asked for without its provider, who makes it comes before who resells it."""


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

    def later(price: Price) -> tuple[bool, bool, bool]:
        return price not in in_force, price.source != "project", price.provider in RESELLERS

    return sorted(candidates, key=later)
