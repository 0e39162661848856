from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.test import Client

from ledger import stores
from ledger.accounts.models import Membership, Project, User
from ledger.store.client import Store
from ledger.store.migrate import migrate


@pytest.fixture(scope="session")
def store(clickhouse) -> Iterator[Store]:
    """The store with its tables, for putting things in; pages read it as the reader."""
    migrate(clickhouse.url)
    yield stores.writer()
    stores.writer().close()
    stores.reader().close()


@pytest.fixture
def project(db) -> Project:
    """A project nobody else uses."""
    return Project.objects.create(name="Kitchen shop", id=uuid4())


@pytest.fixture
def member(project) -> Client:
    """A browser in which a member of the project has signed in."""
    user = User.objects.create_user("ada@example.com", "a password of some length")
    Membership.objects.create(user=user, project=project, role=Membership.Role.OWNER)
    client = Client()
    client.force_login(user)
    return client
