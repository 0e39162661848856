"""A store with its tables, and a project of its own for every test."""

from collections.abc import Iterator
from typing import Protocol
from uuid import UUID, uuid4

import pytest

from ledger.store.client import Store, connect
from ledger.store.migrate import migrate


class Addresses(Protocol):
    url: str
    reader_url: str


@pytest.fixture(scope="session")
def store(clickhouse: Addresses) -> Iterator[Store]:
    """A migrated store."""
    migrate(clickhouse.url)
    store = connect(clickhouse.url)
    yield store
    store.close()


@pytest.fixture
def project() -> UUID:
    return uuid4()
