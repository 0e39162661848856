from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from ledger.store.client import Store, connect
from ledger.store.migrate import migrate
from tests.settle.house import House


@pytest.fixture
def house(store: Store) -> House:
    """A project of its own."""
    return House(store)


@pytest.fixture
def own_url(clickhouse: Any, store: Store) -> Iterator[str]:
    """A database of its own, for a settler that goes through all that ever arrived in it."""
    name = f"settler_{uuid4().hex}"
    store.command(f"CREATE DATABASE {name}")
    url = f"{clickhouse.url.rpartition('/')[0]}/{name}"
    migrate(url)
    yield url
    store.command(f"DROP DATABASE {name}")


@pytest.fixture
def own_house(own_url: str) -> Iterator[House]:
    own = connect(own_url)
    yield House(own)
    own.close()
