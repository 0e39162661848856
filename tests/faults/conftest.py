"""A house of its own for each fault: ingest and writer may be killed at will."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from uuid import UUID, uuid4

import pytest

from ledger.store.client import Store, connect
from ledger.store.migrate import migrate
from tests.ingest.house import House, own_database


class Addresses(Protocol):
    url: str


@pytest.fixture(scope="session")
def store(clickhouse: Addresses) -> Iterator[Store]:
    """A migrated store."""
    migrate(clickhouse.url)
    store = connect(clickhouse.url)
    yield store
    store.close()


@pytest.fixture
def house(tmp_path: Path, postgres: str, clickhouse: Addresses, store: Store) -> Iterator[House]:
    """Ports and folders; a test starts and kills the processes."""
    made = House(tmp_path / "home", own_database(postgres), clickhouse.url)
    yield made
    made.stop()


@pytest.fixture
def project() -> UUID:
    return uuid4()
