import pytest

from ledger.accounts.models import Project


@pytest.fixture
def project(db: None) -> Project:
    return Project.objects.create(name="Kitchen shop")
