"""The store as this process talks to it: one client a user, shared by all threads."""

from functools import cache

from django.conf import settings

from ledger.store.client import Store, connect
from ledger.store.errors import StoreUnavailable


@cache
def reader() -> Store:
    """For questions: this user may only read, and only so much at a time."""
    return known(settings.ENVIRONMENT.clickhouse_reader_url or settings.ENVIRONMENT.clickhouse_url)


@cache
def writer() -> Store:
    """For scores and prices."""
    return known(settings.ENVIRONMENT.clickhouse_url)


def known(url: str) -> Store:
    if not url:
        raise StoreUnavailable("no address", "CLICKHOUSE_URL is not set, and no stack is running here.")
    return connect(url)
