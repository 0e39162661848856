"""Deny by default: every address × every caller, against the table that is kept beside this file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

CALLERS = ("nobody", "revoked", "expired", "ingest", "read", "foreign", "admin")
TABLE = Path(__file__).parent / "access.txt"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def rows() -> dict[tuple[str, str], tuple[int, ...]]:
    lines = [line.split() for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    return {(method, path): tuple(map(int, statuses)) for method, path, *statuses in lines}


def paths(resolver: URLResolver, before: str = "/") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from paths(pattern, path)
        else:
            assert isinstance(pattern, URLPattern)
            yield path


def filled(path: str, trace: str) -> str:
    """An address that the pattern matches; objects are those of the project under test."""
    some_id = "00000000-0000-4000-8000-000000000000"
    return (
        path.replace("<trace_id>", trace)
        .replace("<str:trace_id>", trace)
        .replace("<run_id>", some_id)
        .replace("<job_id>", some_id)
        .replace("<uuid:project_id>", some_id)
        .replace("<path:rest>", "nothing/here")
    )


@pytest.mark.parametrize(("row", "expected"), rows().items(), ids=lambda value: " ".join(map(str, value)))
def test_each_caller_gets_the_answer_of_the_table(row, expected, keys, trace, spool):
    method, path = row

    got = tuple(status(method, filled(path, trace), keys.get(caller)) for caller in CALLERS)

    assert dict(zip(CALLERS, got, strict=True)) == dict(zip(CALLERS, expected, strict=True))


def status(method: str, path: str, key: str | None) -> int:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return Client().generic(method, path, headers=headers).status_code


@pytest.mark.parametrize("path", sorted(set(paths(get_resolver()))))
def test_an_address_without_a_row_lets_nobody_in(path, trace, spool):
    known = {method: statuses[0] for (method, known_path), statuses in rows().items() if known_path == path}

    assert known, f"{path} has no row in {TABLE.name}"
    for method in set(METHODS) - known.keys():
        assert status(method, filled(path, trace), None) in {302, 401, 403, 405, *known.values()}, method


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer sl_read_' OR 1=1--",
        "Basic !!!",
        "Basic Og==",
        "Token x",
        "Bearer \x00",
        "Bearer ключ",
        "Bearer " + "x" * 1_000_000,
    ],
)
def test_a_malformed_key_is_no_key(header, client, db):
    assert client.get("/api/v1/traces", headers={"Authorization": header}).status_code == 401


def test_a_key_may_come_in_each_of_the_four_ways(client, keys, store):
    from base64 import b64encode

    key = keys["read"]
    basic = b64encode(f"anything:{key}".encode()).decode()
    for headers in (
        {"Authorization": f"Bearer {key}"},
        {"Authorization": f"Basic {basic}"},
        {"Authorization": key},
        {"x-api-key": key},
    ):
        assert client.get("/api/v1/traces", headers=headers).status_code == 200, headers


def test_a_bad_key_is_not_made_good_by_a_session_beside_it(member, keys):
    headers = {"Authorization": f"Bearer {keys['revoked']}"}

    assert member("owner").get("/api/v1/traces", headers=headers).status_code == 401


def test_a_signed_in_viewer_reads_and_changes_nothing(member, store):
    viewer = member("viewer")

    assert viewer.get("/api/v1/traces").status_code == 200
    assert viewer.post("/api/v1/prices", {}, content_type="application/json").status_code == 403


def test_a_session_changes_something_only_from_our_own_pages(member):
    owner = member("owner")
    owner.get("/sign-in")

    without = owner.post("/api/v1/prices", {}, content_type="application/json")

    assert without.status_code == 403
    assert "form" in without.json()["error"]["message"]


def test_an_unknown_parameter_is_refused_everywhere(keys, trace, spool):
    for (method, path), statuses in rows().items():
        if method == "GET" and path.startswith("/api/v1/") and statuses[4] == 200 and not path.endswith("json"):
            headers = {"Authorization": f"Bearer {keys['read']}"}
            answer = Client().get(filled(path, trace), {"colour": "red"}, headers=headers)
            assert answer.status_code == 400, path
            assert "colour" in answer.json()["error"]["message"], path


def test_another_method_is_told_to_those_alone_who_may_ask(keys, db):
    reader, stranger = {"Authorization": f"Bearer {keys['read']}"}, {}

    told = Client().delete("/api/v1/prices", headers=reader)
    assert (told.status_code, told["Allow"]) == (405, "GET, POST")
    assert Client().post(f"/api/v1/traces/{'0' * 32}", headers=reader).status_code == 405
    assert Client().delete("/api/v1/prices", headers=stranger).status_code == 401


def test_every_error_has_a_code_a_message_and_a_hint(keys, db):
    for path, key in (("/api/v1/traces", None), ("/api/v1/traces", "ingest"), ("/api/v1/nothing", "read")):
        headers = {"Authorization": f"Bearer {keys[key]}"} if key else {}
        error = Client().get(path, headers=headers).json()["error"]
        assert error.keys() == {"code", "message", "hint"}
        assert all(error.values())
