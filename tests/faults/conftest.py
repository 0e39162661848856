"""A house of its own for each fault: ingest and writer may be killed at will."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from uuid import UUID, uuid4

import pytest

from ledger.store.client import Store, connect
from ledger.store.migrate import migrate
from tests.faults.engine import Engine
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


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, postgres: str, clickhouse: Addresses, store: Store
) -> Iterator[House]:
    """Ingest and writer of one module, for tests that kill nobody."""
    made = House(tmp_path_factory.mktemp("running"), own_database(postgres), clickhouse.url)
    made.start_ingest()
    made.start_writer()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A store of the module's own, which may be killed, starved and set back."""
    made = Engine(tmp_path_factory.mktemp("engine"))
    made.start()
    migrate(made.url)
    yield made
    made.end()


@pytest.fixture
def project() -> UUID:
    return uuid4()
