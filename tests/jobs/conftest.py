import pytest

from ledger.accounts.models import Project
from ledger.store.client import Store
from tests.settle.house import House


@pytest.fixture
def project(db: None) -> Project:
    return Project.objects.create(name="Kitchen shop")


@pytest.fixture
def house(project: Project, store: Store) -> House:
    """The project's traffic."""
    return House(store, project.pk)
