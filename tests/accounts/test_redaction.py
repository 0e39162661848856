from io import StringIO

import psycopg
import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg.types.json import JsonbLoader

from ingest.keys import QUERY, policy_of
from ledger.accounts.models import ApiKey, Project
from ledger.domain.keys import parse_key
from ledger.domain.redaction import STANDARD, OwnPattern, Policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return Project.objects.create(name="Kitchen shop")


def printed(*command: str) -> str:
    output = StringIO()
    call_command("redaction", *command, stdout=output)
    return output.getvalue()


def test_a_new_project_masks_secrets_and_leaves_personal_data(project: Project) -> None:
    project.refresh_from_db()

    held = (project.redaction_mode, project.redaction_personal, project.redaction_patterns)
    assert Policy.of(*held) == STANDARD


def test_the_command_changes_what_is_asked_for_and_tells_what_holds(project: Project) -> None:
    printed("Kitchen shop", "--mode", "mask", "--personal", "--pattern", "ticket=TCK-[0-9]{6}")
    said = printed(str(project.id), "--pattern", "table=T[0-9]+", "--remove", "ticket")

    project.refresh_from_db()
    assert project.redaction_personal
    assert project.redaction_patterns == {"table": "T[0-9]+"}
    assert said.splitlines() == [
        'Project "Kitchen shop": redaction is mask, personal data is masked.',
        "  table            T[0-9]+",
    ]


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("a=(", "RE2 does not take it"),
        ("a=(?=b)", "Look-around"),
        ("a=b{1,2000}", "1000 at most"),
        ("a=" + "b" * 1025, "1025 bytes"),
        ("a=x*", "matches the empty text"),
        ("Bad Name=x", "small letters"),
        ("nothing", "LABEL=PATTERN"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused_with_the_reason(project: Project, pattern: str, reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        printed("Kitchen shop", "--pattern", pattern)

    project.refresh_from_db()
    assert project.redaction_patterns == {}


def test_the_model_refuses_what_the_command_refuses(project: Project) -> None:
    project.redaction_patterns = {"a": "("}
    with pytest.raises(ValidationError, match="RE2"):
        project.full_clean()

    project.redaction_patterns, project.redaction_mode = {}, "sometimes"
    with pytest.raises(ValidationError, match="off, mask, drop"):
        project.clean()


def test_an_unknown_project_or_pattern_is_named(project: Project) -> None:
    with pytest.raises(CommandError, match='no project "Nobody"'):
        printed("Nobody")
    with pytest.raises(CommandError, match="none to remove"):
        printed("Kitchen shop", "--remove", "a")


def test_ingest_reads_the_policy_with_the_key(project: Project) -> None:
    printed("Kitchen shop", "--mode", "drop", "--personal", "--pattern", "ticket=TCK-[0-9]+")
    key = parse_key(ApiKey.issue(project, "ingest", "first"))
    assert key is not None

    with connection.cursor() as cursor:
        asked: psycopg.Cursor[tuple[object, ...]] = psycopg.Cursor(cursor.connection)
        asked.adapters.register_loader("jsonb", JsonbLoader)  # as by default: Django has its connection tell texts
        row = asked.execute(QUERY, {"public_ids": [key.id]}).fetchone()

    assert row is not None
    assert row[3] == project.id
    assert policy_of(*row[6:]) == Policy("drop", True, (OwnPattern("ticket", "TCK-[0-9]+"),))
