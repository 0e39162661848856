"""`manage.py seed_prices`: the shipped catalogue into the price book and on to ClickHouse."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from ledger import stores
from ledger.prices.seeding import seed_catalogue


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Take over the shipped price catalogue where its version is new, and publish it to ClickHouse."

    def handle(self, *args: Any, **options: Any) -> None:
        seeded = seed_catalogue(stores.writer(), timezone.now())
        if options["verbosity"]:
            self.stdout.write("Took over the catalogue." if seeded else "The catalogue is taken over already.")
