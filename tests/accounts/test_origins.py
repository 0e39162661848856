"""The web sites whose pages may send to a project."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from ingest.origins import QUERY
from ledger.accounts.models import Project
from ledger.accounts.origins import NotAnOrigin, origin


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://app.example.com", "https://app.example.com"),
        (" HTTPS://App.Example.com/ ", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://käse.example", "https://xn--kse-qla.example"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_an_origin_is_kept_as_browsers_send_it(text: str, expected: str) -> None:
    assert origin(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "null",
        "app.example.com",
        "https://",
        "https://*.example.com",
        "https://a.example/page",
        "ftp://a.example",
        "https://a.example:eight",
        "https://user@a.example",
        "https://a.example?x=1",
    ],
)
def test_what_no_browser_sends_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(NotAnOrigin, match=r"https://app\.example\.com"):
        origin(text)


def allow(*words: str) -> list[str]:
    output = StringIO()
    call_command("allow_origin", *words, stdout=output)
    return output.getvalue().split()


class TestCommand:
    def test_a_site_is_allowed_once_and_forgotten(self, db):
        project = Project.objects.create(name="Shop")
        allow("Shop", "https://b.example")

        assert allow(str(project.id), "HTTPS://A.example/") == ["https://b.example", "https://a.example"]
        assert allow("Shop", "https://a.example") == ["https://b.example", "https://a.example"]
        assert allow("Shop", "https://b.example", "--forget") == ["https://a.example"]
        assert allow("Shop") == ["https://a.example"]
        assert Project.objects.get().allowed_origins == ["https://a.example"]

    def test_a_new_project_allows_none(self, db):
        Project.objects.create(name="Shop")

        assert allow("Shop") == []

    def test_a_wrong_origin_is_refused_and_nothing_changes(self, db):
        Project.objects.create(name="Shop")

        with pytest.raises(CommandError, match="no origin"):
            allow("Shop", "shop.example")

        assert allow("Shop") == []

    def test_of_two_projects_with_one_name_the_ids_are_told(self, db):
        first, second = (Project.objects.create(name="Shop") for _ in range(2))

        with pytest.raises(CommandError, match=f"({first.id}|{second.id})"):
            allow("Shop", "https://a.example")

    def test_an_unknown_project_is_named(self, db):
        with pytest.raises(CommandError, match='There is no project "Kitchen"'):
            allow("Kitchen", "https://a.example")


def test_ingest_reads_what_the_command_wrote(db):
    Project.objects.create(name="Closed")
    shop = Project.objects.create(name="Shop")
    allow("Shop", "https://a.example")

    with connection.cursor() as cursor:
        cursor.execute(QUERY)
        assert [(project, json.loads(sites)) for project, sites in cursor.fetchall()] == [
            (shop.id, ["https://a.example"])
        ]
