from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from ledger.accounts.models import ApiKey, Membership, Project, User
from ledger.domain.keys import parse_key

INGEST_READS = {
    "public_id",
    "kind",
    "digest",
    "project_id",
    "name",
    "created_at",
    "last_used_at",
    "expires_at",
    "revoked_at",
}


def test_a_project_begins_with_a_key_of_each_kind(db):
    project, keys = Project.create_with_keys("Kitchen shop")

    assert list(keys) == ["ingest", "read", "admin"]
    assert {key.kind for key in project.api_keys.all()} == set(keys)


def test_the_key_itself_is_not_kept(project):
    text = ApiKey.issue(project, "read", name="laptop")

    kept = ApiKey.objects.values().get()
    assert text not in map(str, kept.values())
    assert len(kept["digest"]) == 64


def test_a_key_is_known_by_its_text(project):
    text = ApiKey.issue(project, "read", name="laptop")

    found = ApiKey.presented(text, timezone.now())

    assert found is not None
    assert found.project == project
    assert found.scopes == {"read"}


def test_a_key_with_another_secret_is_not_known(project):
    key = parse_key(ApiKey.issue(project, "read", name="laptop"))
    ApiKey.objects.update(digest="0" * 64)

    assert key is not None
    assert ApiKey.presented(key.text, timezone.now()) is None


def test_a_revoked_key_is_not_known(project):
    text = ApiKey.issue(project, "read", name="laptop")
    ApiKey.objects.update(revoked_at=timezone.now())

    assert ApiKey.presented(text, timezone.now()) is None


def test_a_key_ends_at_its_expiry(project):
    end = timezone.now() + timedelta(days=1)
    text = ApiKey.issue(project, "read", name="laptop", expires_at=end)

    assert ApiKey.presented(text, end - timedelta(seconds=1)) is not None
    assert ApiKey.presented(text, end) is None


@pytest.mark.parametrize("text", ["", "sl_read_", "' OR 1=1--", "sl_read_aaaaaaaa_b_c", "\0", "ключ", "x" * 1_000_000])
def test_a_text_that_is_no_key_costs_no_question_to_the_database(text, project, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert ApiKey.presented(text, timezone.now()) is None


def test_use_is_noted_once_a_minute(project, django_assert_num_queries):
    text, now = ApiKey.issue(project, "read", name="laptop"), timezone.now()
    ApiKey.objects.get().note_use(now)

    key = ApiKey.presented(text, now)

    assert key is not None
    assert key.last_used_at == now
    with django_assert_num_queries(0):
        key.note_use(now + timedelta(seconds=59))
    with django_assert_num_queries(1):
        key.note_use(now + timedelta(seconds=60))


def test_ingest_finds_the_columns_that_it_reads(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'accounts_apikey'"
        )
        columns = dict(cursor.fetchall())

    assert columns.keys() >= INGEST_READS
    assert columns["project_id"] == "uuid"


@pytest.mark.parametrize(
    ("role", "scopes"),
    [
        ("owner", {"ingest", "read", "admin"}),
        ("admin", {"ingest", "read", "admin"}),
        ("member", {"read"}),
        ("viewer", {"read"}),
    ],
)
def test_a_role_has_the_scopes_of_a_key(role, scopes):
    assert Membership(role=role).scopes == scopes


def test_an_address_belongs_to_one_user_however_it_is_written(db):
    User.objects.create_user("Ada@Example.com", "a password of some length")

    assert User.objects.get_by_natural_key("ADA@example.COM").email == "ada@example.com"
    with pytest.raises(IntegrityError):
        User(email="ADA@EXAMPLE.COM").save()
