"""A project whose spans arrive and are settled."""

import pytest

from ledger.store.client import Store
from tests.settle.house import House


@pytest.fixture
def house(store: Store) -> House:
    """A project of its own."""
    return House(store)
