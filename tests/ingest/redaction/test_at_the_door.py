"""Secrets sent in every way a client has are nowhere on the spool's disk, and nowhere in the store."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SentSpan

from ingest.payload import unpacked
from ingest.spool_file import FILE, opened
from ledger.domain.keys import new_key
from ledger.store.client import Store
from tests.bench.payloads import as_json
from tests.ingest.house import House, own_database
from tests.ingest.requests import Plain, body, pairs, span

KEY = new_key("admin").text
TOKEN = "ghp_Ab3dEfGh1jKlMn0pQrStUvWxYz2345678901"
PASSWORD = "tulip-orange-77"
MAIL = "ada.lovelace@example.com"
SECRETS = (KEY, TOKEN, PASSWORD)


class Addresses(Protocol):
    url: str


@pytest.fixture(scope="module")
def closed_house(
    tmp_path_factory: pytest.TempPathFactory, postgres: str, clickhouse: Addresses, store: Store
) -> Iterator[House]:
    """Ingest without a writer: what it takes stays on the spool."""
    made = House(tmp_path_factory.mktemp("closed"), own_database(postgres), clickhouse.url)
    made.start_ingest()
    yield made
    made.stop()


def planted(number: int = 1) -> SentSpan:
    """One span with the secrets in its name, status, attributes, events, links, tags and messages."""
    said = f"my key is {KEY}, or {TOKEN}; password: '{PASSWORD}'"
    messages = orjson.dumps([{"role": "user", "parts": [{"type": "text", "content": said}]}]).decode()
    inner = orjson.dumps({"call": orjson.dumps({"db_password": PASSWORD, "note": KEY}).decode()}).decode()
    attributes: dict[str, Plain] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.input.messages": messages,
        "gen_ai.output.messages": messages,
        "http.request.header.authorization": [f"Bearer {PASSWORD}"],
        "tool.arguments": inner,
        "user.id": MAIL,
        "session.id": f"s {TOKEN}",
        "spanledger.tag.note": KEY,
        f"key {KEY}": "as a name",
        "api_key": PASSWORD,
    }
    made = span(number, uuid4().int, name=f"chat {TOKEN}", attributes=attributes)
    made.status.code, made.status.message = 2, f"refused: {said}"
    made.trace_state = f"x={TOKEN}"
    made.events.add(name=f"event {KEY}", time_unix_nano=made.start_time_unix_nano, attributes=pairs({"e": said}))
    made.links.add(trace_id=b"1" * 16, span_id=b"1" * 8, attributes=pairs({"l": said}))
    return made


def nameless() -> SentSpan:
    """A span that is rejected, and whose sample would tell its name."""
    made = planted(3)
    made.span_id = b""
    return made


def on_disk(home: Path) -> bytes:
    """Every byte of the spool's folder, and what its records are when they are unpacked."""
    raw = b"".join(file.read_bytes() for file in sorted((home / "spool").iterdir()))
    connection = opened(home / "spool" / FILE)
    try:
        rows = connection.execute("SELECT payload, crc FROM records").fetchall()
    finally:
        connection.close()
    return raw + b"".join(orjson.dumps(unpacked(payload, crc)) for payload, crc in rows)


def send_all(house: House, key: str) -> None:
    sent = body(planted(1), planted(2), nameless(), resource={"process.command_args": f"--password='{PASSWORD}'"})
    assert house.post(sent, key).status_code == 200
    assert house.post(as_json(body(planted(4))), key, content_type="application/json").status_code == 200
    score = [{"trace_id": "1" * 32, "name": "helpful", "value": 1, "source": "human", "reason": f"saw {KEY}"}]
    headers = {"authorization": f"Bearer {key}"}
    assert httpx.post(house.url + "/v1/scores", json=score, headers=headers).status_code == 200


def test_the_spools_files_hold_no_secret(closed_house: House) -> None:
    send_all(closed_house, closed_house.key(uuid4()))

    kept = on_disk(closed_house.home)

    assert b"[spanledger_key:" in kept
    assert b"[github_token:" in kept
    assert [secret for secret in SECRETS if secret.encode() in kept] == []
    assert MAIL.encode() in kept


def test_broken_texts_and_huge_ones_are_redacted_too(closed_house: House) -> None:
    broken = body(span(11, attributes={"a": f"BROKEN {KEY} BROKEN {TOKEN}"})).replace(
        b"BROKEN", b"\xff\xc3\xed\xa0\x80("
    )
    huge = body(span(12, attributes={"a": KEY + " the middle " * 900_000 + TOKEN, "b": "[" * 5_000 + f'"{KEY}"'}))
    key = closed_house.key(uuid4())

    assert closed_house.post(broken, key).status_code == 200
    assert closed_house.post(huge, key).status_code == 200

    kept = on_disk(closed_house.home)
    assert b"the middle" in kept
    assert b"invalid_utf8" in kept
    assert [secret for secret in SECRETS if secret.encode() in kept] == []


def test_personal_data_and_own_patterns_are_masked_where_the_project_asks(
    tmp_path: Path, postgres: str, clickhouse: Addresses
) -> None:
    house, project = House(tmp_path, own_database(postgres), clickhouse.url), uuid4()
    house.redact(project, "mask", True, flower="tulip-[a-z]+")
    house.start_ingest()
    try:
        send_all(house, house.key(project))
        assert house.post(body(span(9, name="a tulip-black")), house.key(project)).status_code == 200
        kept = on_disk(house.home)
    finally:
        house.stop()

    assert b"a [flower:" in kept
    assert b"[email:" in kept
    assert [secret for secret in (*SECRETS, MAIL, "tulip") if secret.encode() in kept] == []


def test_a_policy_that_is_none_lets_no_content_in_and_is_counted(closed_house: House) -> None:
    project = uuid4()
    closed_house.redact(project, "mask", False, broken="(")

    response = closed_house.post(body(span(7, name="named sunflower")), closed_house.key(project))

    assert response.status_code == 200
    assert b"sunflower" not in on_disk(closed_house.home)
    counted = httpx.get(closed_house.url + "/metrics").text
    assert "spanledger_ingest_redaction_failed_total 1" in counted


def test_the_store_holds_no_secret(house: House, store: Store, project: UUID, key: str, clickhouse: Addresses) -> None:
    send_all(house, key)
    house.drain(project)

    kept = dump(clickhouse.url, project)

    assert "[spanledger_key:" in kept
    assert "[password:" in kept
    assert [secret for secret in SECRETS if secret in kept] == []
    assert all(secret not in str(item) for item in house.rejected(project) for secret in SECRETS)


def dump(url: str, project: UUID) -> str:
    """Every row of every table that has this project's rows."""
    address = httpx.URL(url)
    database = address.path.strip("/")

    def ask(query: str) -> str:
        answer = httpx.post(str(address.copy_with(path="/")), content=query, params={"database": database}, timeout=30)
        assert answer.is_success, answer.text
        return answer.text

    tables = ask(
        "SELECT table FROM system.columns WHERE database = currentDatabase() AND name = 'project_id' "
        "AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree')"
    ).split()
    assert {"spans", "bodies"} <= set(tables)
    return "".join(ask(f"SELECT * FROM {table} WHERE project_id = '{project}' FORMAT JSONEachRow") for table in tables)
