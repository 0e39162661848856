"""The price book as projects see it and add to it."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from ledger.accounts.models import Project
from ledger.domain.prices import DAWN, Price, fits, price_for
from ledger.prices.models import PriceRow
from ledger.store.client import Store
from ledger.store.prices import publish

RESELLERS = frozenset({"azure", "aws"})
"""Where a model is asked for without its provider, who makes it comes before who resells it."""


class NoSuchPrice(Exception):
    """The project has no price of its own under that id. The catalogue's can be covered by one, not taken away."""

    def __init__(self, price_id: str) -> None:
        self.price_id = price_id
        super().__init__(f"The project has no price of its own with the id {price_id}.")


def set_price(store: Store, project: Project, price: Price, who: str, now: datetime) -> PriceRow:
    """A project's own price from now on, published before it counts as set; the same price again is a new version."""
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        mine = PriceRow.objects.filter(project=project, price_id=price.id)
        newest = mine.aggregate(newest=Max("version"))["newest"] or 0
        mine.current().update(superseded_at=now)
        own = replace(price, source="project", project_id=project.pk, version=newest + 1)
        row = PriceRow.of(own, set_by=who)
        row.save()
        publish(store, [row.price()])
        return row


def withdraw_price(store: Store, project: Project, price_id: str, who: str, now: datetime) -> PriceRow:
    """From now on it is as if the price had never held; what was priced by it keeps that until a re-pricing."""
    row = PriceRow.objects.current().filter(project=project, price_id=price_id).first()
    if row is None:
        raise NoSuchPrice(price_id)
    price = row.price()
    return set_price(store, project, replace(price, valid_to=price.valid_from or DAWN), who, now)


def history(project: Project, provider: str, model: str) -> list[PriceRow]:
    """Every version of the project's own prices, the newest first."""
    rows = PriceRow.objects.filter(project=project).order_by("-pk")
    named = {"provider": provider, "model": model}
    return list(rows.filter(**{name: text for name, text in named.items() if text}))


def prices_seen_by(project: Project, provider: str, model: str, at: datetime) -> list[Price]:
    """The prices a project's calls can have, of one provider and one model where they are named.

    With a model, the price that applies at that time comes first; the rest follow by provider, model and date.
    """
    rows = PriceRow.objects.current().seen_by(project).order_by("provider", "model", "valid_from", "id")
    prices = [row.price() for row in (rows.filter(provider=provider) if provider else rows)]
    book = [price for price in prices if not price.withdrawn]
    if not model:
        return book
    candidates = [price for price in book if fits(price.pattern, model)]
    in_force = [price_for(candidates, provider, model, at) for provider in {price.provider for price in candidates}]

    def later(price: Price) -> tuple[bool, bool, bool]:
        return price not in in_force, price.source != "project", price.provider in RESELLERS

    return sorted(candidates, key=later)
