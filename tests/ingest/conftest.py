"""Ingest and its writer as real processes, one house a module."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from uuid import UUID, uuid4

import pytest
from hypothesis import settings

from ledger.store.client import Store, connect
from ledger.store.migrate import migrate
from tests.ingest.house import House, own_database

settings.register_profile("ingest", deadline=None)  # the machine may be busy with something else
settings.load_profile("ingest")


class Addresses(Protocol):
    url: str


@pytest.fixture(scope="session")
def store(clickhouse: Addresses) -> Iterator[Store]:
    """A migrated store."""
    migrate(clickhouse.url)
    store = connect(clickhouse.url)
    yield store
    store.close()


@pytest.fixture(scope="module")
def house(
    tmp_path_factory: pytest.TempPathFactory, postgres: str, clickhouse: Addresses, store: Store
) -> Iterator[House]:
    """Ingest and writer, running."""
    made = House(tmp_path_factory.mktemp("house"), own_database(postgres), clickhouse.url)
    made.start_ingest()
    made.start_writer()
    yield made
    made.stop()


@pytest.fixture
def project() -> UUID:
    return uuid4()


@pytest.fixture
def key(house: House, project: UUID) -> str:
    return house.key(project)


@pytest.fixture
def spool_folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"
