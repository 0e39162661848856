"""Outcomes and charges from the door to the store: answers, what is listed, and that each is there once."""

import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID, uuid4

import httpx
import orjson
import pytest

from ledger.domain.outcome import Outcome
from ledger.store.charges import charges_of
from ledger.store.client import Store
from ledger.store.outcomes import outcomes_of
from tests.ingest.house import House, own_database
from tests.ingest.requests import body, span

TRACE = f"{77:032x}"
JSON = "application/json"


class Addresses(Protocol):
    url: str


def post(house: House, key: str, path: str, *items: dict[str, Any], **headers: str) -> httpx.Response:
    return house.post(orjson.dumps(items), key, path, **({"content_type": JSON} | headers))


def outcome(**fields: Any) -> dict[str, Any]:
    return {"trace_id": TRACE, "success": True, "value": "4.50"} | fields


def charge(**fields: Any) -> dict[str, Any]:
    return {"trace_id": TRACE, "kind": "web_search", "amount": "0.01"} | fields


def kept(store: Store, project: UUID, subject: str = "trace", known: str = TRACE) -> list[Outcome]:
    return outcomes_of(store, project, subject, known)


def announced(store: Store, project: UUID) -> list[tuple[str, str]]:
    sql = "SELECT DISTINCT reason, lower(hex(trace_id)) AS trace FROM arrivals WHERE project_id = {project:UUID}"
    return sorted((row["reason"], row["trace"]) for row in store.select(sql, project=project))


class TestTaken:
    @pytest.mark.parametrize("prefix", ["", "/otlp", "/api/public/otel"])
    @pytest.mark.parametrize("slash", ["", "/"])
    def test_below_every_prefix(self, house: House, key: str, prefix: str, slash: str) -> None:
        for path, item in (("/v1/outcomes", outcome()), ("/v1/charges", charge())):
            response = post(house, key, prefix + path + slash, item)

            assert (response.status_code, response.json()) == (200, {"accepted": 1})

    def test_they_reach_the_store_and_their_trace_is_announced(
        self, house: House, key: str, project: UUID, store: Store
    ) -> None:
        post(house, key, "/v1/outcomes", outcome(name="refund"), outcome(trace_id=TRACE.upper(), success=False))
        post(house, key, "/v1/charges", charge(), charge(), charge(id="c", amount=0.25))
        house.wait(lambda: len(announced(store, project)) == 2, "both to be announced")

        assert {one.name: (one.success, one.value) for one in kept(store, project)} == {
            "refund": (True, Decimal("4.5")),
            "": (False, Decimal("4.5")),
        }
        amounts = [one.amount for one in charges_of(store, project, "trace", TRACE)]
        assert sorted(amounts) == [Decimal("0.01"), Decimal("0.01"), Decimal("0.25")]
        assert announced(store, project) == [("charge", TRACE), ("outcome", TRACE)]

    def test_a_sessions_is_announced_for_its_traces(self, house: House, key: str, project: UUID, store: Store) -> None:
        house.post(body(span(1, 77, attributes={"session.id": "s-4"}), span(2, 78)), key)
        post(house, key, "/v1/outcomes", {"session_id": "s-4", "success": True})
        house.wait(lambda: ("outcome", TRACE) in announced(store, project), "the session's trace to be announced")

        assert ("outcome", f"{78:032x}") not in announced(store, project)
        assert [one.success for one in kept(store, project, "session", "s-4")] == [True]

    def test_they_are_no_spans_of_the_ledger(self, house: House, key: str, project: UUID) -> None:
        post(house, key, "/v1/outcomes", outcome())
        post(house, key, "/v1/charges", charge())

        assert house.ledger(project)["received"] == 0

    def test_nothing_is_a_success_too(self, house: House, key: str) -> None:
        assert post(house, key, "/v1/outcomes").json() == {"accepted": 0}

    def test_gzip_is_understood(self, house: House, key: str) -> None:
        packed = gzip.compress(orjson.dumps([outcome()]))

        response = house.post(packed, key, "/v1/outcomes", content_type=JSON, content_encoding="gzip")
        assert response.json() == {"accepted": 1}

    def test_they_are_counted_for_the_operator(self, house: House, key: str) -> None:
        post(house, key, "/v1/charges", charge())

        assert "spanledger_ingest_charges_total" in httpx.get(f"{house.url}/metrics").text


class TestRefused:
    @pytest.mark.parametrize("path", ["/v1/scores", "/v1/outcomes", "/v1/charges"])
    def test_another_type_is_415_another_method_405_no_json_400(self, house: House, key: str, path: str) -> None:
        assert post(house, key, path, content_type="application/x-protobuf").status_code == 415
        assert post(house, key, path, content_encoding="br").status_code == 415
        assert httpx.get(house.url + path, headers={"x-api-key": key}).status_code == 405
        assert house.post(b"{", key, path, content_type=JSON).status_code == 400

    def test_one_that_is_wrong_alone_is_400_and_says_why(self, house: House, key: str) -> None:
        response = post(house, key, "/v1/outcomes", outcome(value="1e40"))

        assert response.status_code == 400
        assert "element 0: value: an amount lies between -999,999.999999999999 and" in response.json()["message"]

    def test_one_among_others_is_listed_and_the_others_are_kept(
        self, house: House, key: str, project: UUID, store: Store
    ) -> None:
        response = post(house, key, "/v1/charges", charge(id="a"), charge(amount="much"), charge(id="b"))

        assert response.status_code == 200
        assert (response.json()["accepted"], response.json()["rejected"]) == (2, 1)
        (error,) = response.json()["errors"]
        assert error["element"] == 1
        assert "amount" in error["message"]
        (item,) = house.rejected(project)
        assert (item["reason"], item["count"]) == ("malformed_charge", 1)
        house.wait(lambda: len(charges_of(store, project, "trace", TRACE)) == 2, "the others to be stored")

    def test_more_than_ten_thousand_are_413(self, house: House, key: str) -> None:
        assert post(house, key, "/v1/outcomes", *[outcome()] * 10_001).status_code == 413


@pytest.mark.parametrize("place", ["decided", "inserted", "written"])
def test_a_writer_that_is_killed_doubles_and_loses_nothing(
    place: str, tmp_path: Path, postgres: str, clickhouse: Addresses, store: Store
) -> None:
    project, running = uuid4(), House(tmp_path, own_database(postgres), clickhouse.url)
    try:
        running.start_ingest()
        key = running.key(project)
        sent = [
            post(running, key, "/v1/outcomes", outcome(id="o"), outcome(session_id="s", trace_id=None)),
            post(running, key, "/v1/charges", charge(), charge(), charge(id="c")),
            post(running, key, "/v1/outcomes", outcome(id="o", trace_id=f"{78:032x}", success=False)),
            running.post(body(span(1, 77)), key),
        ]
        assert [response.status_code for response in sent] == [200] * 4
        running.start_writer("--die-at", place)
        assert running.writer is not None
        assert running.writer.wait(30) != 0
        running.start_writer()
        running.drain(project)
        running.wait(lambda: ("outcome", f"{78:032x}") in announced(store, project), "the outcome to be announced")
        running.wait(lambda: ("spans", TRACE) in announced(store, project), "the trace to be announced")
    finally:
        running.stop()

    assert len(charges_of(store, project, "trace", TRACE)) == 3
    assert kept(store, project) == []
    assert [one.success for one in kept(store, project, known=f"{78:032x}")] == [False]
    assert [one.success for one in kept(store, project, "session", "s")] == [True]
    assert {(reason, trace) for reason, trace in announced(store, project) if reason != "spans"} == {
        ("outcome", TRACE),
        ("outcome", f"{78:032x}"),
        ("charge", TRACE),
    }
