"""A project of its own for every test."""

from uuid import UUID, uuid4

import pytest


@pytest.fixture
def project() -> UUID:
    return uuid4()
