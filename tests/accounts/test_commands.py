import json
import stat
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.utils import timezone

from ledger.accounts.credentials import FILE
from ledger.accounts.models import ApiKey, Membership, Project, User


@pytest.fixture
def kept(store, db):
    """Where the credentials lie; none are there at first."""
    file: Path = settings.ENVIRONMENT.home / FILE
    file.unlink(missing_ok=True)
    yield file
    file.unlink(missing_ok=True)


def printed(*command: str) -> str:
    output = StringIO()
    call_command(*command, stdout=output)
    return output.getvalue()


def test_create_project_prints_one_json_object_alone(db):
    answer = json.loads(printed("create_project", "Kitchen shop", "--json"))

    project = Project.objects.get()
    assert answer["project"] == {"id": str(project.id), "name": "Kitchen shop"}
    assert answer["keys"].keys() == {"ingest", "read", "admin"}
    for kind, text in answer["keys"].items():
        key = ApiKey.presented(text, timezone.now())
        assert key is not None
        assert (key.kind, key.project) == (kind, project)


def test_create_project_without_json_is_for_people(db):
    text = printed("create_project", "Kitchen shop")

    assert text.startswith('Project "Kitchen shop"')
    assert text.count("sl_") == 3


def test_the_administrator_can_open_the_pages_of_a_new_project(kept):
    administrator = authenticate(**signing_in(json.loads(printed("ensure_default_project", "--json"))))

    made = json.loads(printed("create_project", "Kitchen shop", "--json"))

    membership = Membership.objects.get(user=administrator, project_id=made["project"]["id"])
    assert membership.role == Membership.Role.OWNER


def test_another_owner_can_be_named(db):
    ada = User.objects.create_user("ada@example.com", "a password of some length")

    printed("create_project", "Kitchen shop", "--owner", "Ada@example.com")

    assert Membership.objects.get().user == ada


def test_a_project_is_not_made_for_an_owner_whom_nobody_knows(db):
    with pytest.raises(CommandError, match=r"Nobody signs in as eve@example\.com"):
        printed("create_project", "Kitchen shop", "--owner", "eve@example.com")

    assert not Project.objects.exists()


def signing_in(credentials: dict[str, str]) -> dict[str, str]:
    return {"username": credentials["admin_email"], "password": credentials["admin_password"]}


def test_the_default_project_lets_its_administrator_in(kept):
    answer = json.loads(printed("ensure_default_project", "--json"))

    assert answer.keys() == {"api_key", "admin_email", "admin_password", "project"}
    user = authenticate(username=answer["admin_email"], password=answer["admin_password"])
    assert Membership.objects.get(user=user).project_id == Project.objects.get(pk=answer["project"]).pk
    key = ApiKey.presented(answer["api_key"], timezone.now())
    assert key is not None
    assert key.kind == "admin"


def test_a_second_start_prints_the_same(kept):
    first = printed("ensure_default_project", "--json")

    assert printed("ensure_default_project", "--json") == first
    assert Project.objects.count() == 1
    assert ApiKey.objects.count() == 1


def test_the_credentials_are_the_owners_alone(kept):
    printed("ensure_default_project", "--json")

    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_credentials_that_do_not_work_any_more_are_replaced(kept):
    first = json.loads(printed("ensure_default_project", "--json"))
    ApiKey.objects.update(revoked_at=timezone.now())

    second = json.loads(printed("ensure_default_project", "--json"))

    assert second["api_key"] != first["api_key"]
    assert second["project"] == first["project"]
    assert json.loads(kept.read_text()) == second
