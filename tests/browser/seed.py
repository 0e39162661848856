"""Fills a fresh database and the store for the browser's tests, in a process of its own that may use Django freely."""

from datetime import UTC, datetime, timedelta

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - models need Django to be set up

from ledger import stores  # noqa: E402
from ledger.accounts.models import ApiKey, Membership, Project, User  # noqa: E402
from ledger.prices.models import PriceRow  # noqa: E402
from tests.web import sample  # noqa: E402

EMAIL, PASSWORD = "ada@example.com", "a password of some length"


def main() -> None:
    call_command("migrate", verbosity=0)
    user = User.objects.create_user(EMAIL, PASSWORD)
    shop, empty = (Project.objects.create(name=name) for name in ("Kitchen shop", "Brand new"))
    for project in (shop, empty):
        Membership.objects.create(user=user, project=project, role=Membership.Role.OWNER)
    ApiKey.issue(empty, "ingest", name="first")
    rates = {"input": "2.50", "cache_read": "1.25", "output": "10"}
    names = {"price_id": "openai/gpt-4o", "version": 1, "provider": "openai", "model": "gpt-4o", "pattern": {}}
    PriceRow.objects.create(**names, **rates)
    now = datetime.now(UTC)
    rows = sample.history(now - timedelta(minutes=10))
    sample.insert(stores.writer(), shop.id, [*rows, *sample.agent_trace(now - timedelta(minutes=5))])
    sample.answered(stores.writer(), shop.id, rows)


if __name__ == "__main__":
    main()
