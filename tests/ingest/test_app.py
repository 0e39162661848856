"""The public listener as its clients meet it: answers, their order, their type."""

import gzip
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from ledger.domain.keys import new_key
from ledger.store.client import Store
from ledger.store.traces import read_trace
from tests.bench.payloads import as_json
from tests.ingest.captured import COMBINATIONS
from tests.ingest.house import House
from tests.ingest.records import logs as logs_request
from tests.ingest.records import record
from tests.ingest.requests import body, span

PROTOBUF, JSON = "application/x-protobuf", "application/json"
ENDPOINTS = [
    ("POST", prefix + path + slash)
    for prefix in ("", "/otlp", "/api/public/otel")
    for path in ("/v1/traces", "/v1/logs", "/v1/metrics", "/v1/scores", "/v1/outcomes", "/v1/charges")
    for slash in ("", "/")
] + [("GET", "/v1/limits"), ("POST", "/v1/nowhere"), ("GET", "/")]


def ask(house: House, method: str, path: str, key: str = "", content: bytes = b"", **headers: str) -> httpx.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if key:
        sent["authorization"] = f"Bearer {key}"
    return httpx.request(method, house.url + path, content=content, headers=sent, timeout=30)


class TestWhoMay:
    @pytest.mark.parametrize(("method", "path"), ENDPOINTS)
    def test_without_a_key_nothing_is_answered_but_401(self, house: House, method: str, path: str) -> None:
        expired = house.key(expires_at=datetime(2020, 1, 1, tzinfo=UTC))
        revoked = house.key(revoked_at=datetime(2020, 1, 1, tzinfo=UTC))
        for key in ("", "nonsense", new_key("ingest").text, expired, revoked):
            assert ask(house, method, path, key).status_code == 401

    @pytest.mark.parametrize(("method", "path"), ENDPOINTS)
    def test_a_read_key_is_answered_with_403(self, house: House, method: str, path: str) -> None:
        assert ask(house, method, path, house.key(kind="read")).status_code == 403

    @pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
    def test_an_operator_needs_no_key(self, house: House, path: str) -> None:
        assert ask(house, "GET", path).status_code == 200

    def test_a_hostile_key_is_answered_with_401(self, house: House) -> None:
        for said in ("' OR 1=1--", "x" * 30_000, "sl_ingest_%00"):
            response = httpx.post(house.url + "/v1/traces", headers={"x-api-key": said})
            assert response.status_code == 401

    def test_the_project_comes_from_the_key_alone(self, house: House, store: Store) -> None:
        mine, other = uuid4(), uuid4()
        raw = body(span(attributes={"project_id": str(other), "spanledger.project": str(other)}))

        house.post(raw, house.key(mine), x_project=str(other))

        assert house.ledger(mine)["received"] == 1
        assert house.ledger(other)["received"] == 0


class TestOrderOfRefusals:
    """Who you are, what you may, then what you ask; each mistake alone is answered by its own number."""

    def test_a_method_comes_before_a_type(self, house: House, key: str) -> None:
        response = ask(house, "GET", "/v1/traces", key)

        assert response.status_code == 405
        assert response.headers["allow"] == "POST"

    @pytest.mark.parametrize("kind", ["", "text/plain", "application/grpc", "application/x-www-form-urlencoded"])
    def test_another_type_is_415_whatever_the_body(self, house: House, key: str, kind: str) -> None:
        assert ask(house, "POST", "/v1/traces", key, b"\xff", content_type=kind).status_code == 415

    def test_another_encoding_is_415(self, house: House, key: str) -> None:
        response = ask(house, "POST", "/v1/traces", key, b"", content_type=PROTOBUF, content_encoding="br")

        assert response.status_code == 415

    def test_too_long_comes_before_undecodable(self, house: House, key: str) -> None:
        bomb = gzip.compress(b"\xff" * (80 * 1024 * 1024))

        response = ask(house, "POST", "/v1/traces", key, bomb, content_type=PROTOBUF, content_encoding="gzip")

        assert response.status_code == 413

    def test_a_body_of_more_than_64_mebibytes_is_413(self, house: House, key: str) -> None:
        response = ask(house, "POST", "/v1/traces", key, b"\0" * (64 * 1024 * 1024 + 1), content_type=PROTOBUF)

        assert response.status_code == 413

    def test_more_than_100_000_spans_are_413(self, house: House, key: str) -> None:
        many = b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b"{}," * 100_000 + b"{}]}]}]}"

        assert ask(house, "POST", "/v1/traces", key, many, content_type=JSON).status_code == 413

    def test_what_cannot_be_decoded_is_400(self, house: House, key: str) -> None:
        for kind in (PROTOBUF, JSON):
            assert ask(house, "POST", "/v1/traces", key, b"\xff\xff", content_type=kind).status_code == 400

    def test_an_unknown_path_is_404_for_who_has_a_key(self, house: House, key: str) -> None:
        assert ask(house, "POST", "/v1/nowhere", key).status_code == 404


class TestTypeOfAnswers:
    def test_a_refusal_is_a_status_in_the_requests_type(self, house: House, key: str) -> None:
        protobuf = ask(house, "POST", "/v1/traces", key, b"\xff\xff", content_type=PROTOBUF)
        json = ask(house, "POST", "/v1/traces", key, b"\xff\xff", content_type=JSON + "; charset=utf-8")

        assert protobuf.headers["content-type"] == PROTOBUF
        assert Status.FromString(protobuf.content).code == 3
        assert json.headers["content-type"] == JSON
        assert json.json()["code"] == 3
        assert "JSON" in json.json()["message"]

    def test_a_request_that_is_taken_is_answered_in_its_type(self, house: House, key: str) -> None:
        raw = body(span())

        protobuf = house.post(raw, key)
        json = house.post(as_json(raw), key, content_type=JSON)

        assert (protobuf.status_code, protobuf.content) == (200, b"")
        assert protobuf.headers["content-type"] == PROTOBUF
        assert (json.status_code, json.json()) == (200, {})

    def test_an_empty_request_is_a_success(self, house: House, key: str) -> None:
        assert house.post(b"", key).status_code == 200
        assert house.post(b"{}", key, content_type=JSON).status_code == 200

    def test_bad_spans_are_named_and_the_others_taken(self, house: House, key: str, project: UUID) -> None:
        bad = span(1)
        bad.span_id = b""

        response = house.post(body(bad, span(2), span(3)), key)

        partial = ExportTraceServiceResponse.FromString(response.content).partial_success
        assert response.status_code == 200
        assert partial.rejected_spans == 1
        assert "span id" in partial.error_message
        assert house.drain(project) == {"received": 3, "stored": 2, "merged": 0, "rejected": 1, "spooled": 0}
        (item,) = house.rejected(project)
        assert (item["reason"], item["count"]) == ("bad_span_id", 1)

    def test_rejected_spans_are_a_text_in_json(self, house: House, key: str) -> None:
        raw = orjson.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "00ff", "spanId": "11"}]}]}]})

        partial = house.post(raw, key, content_type=JSON).json()["partialSuccess"]

        assert partial["rejectedSpans"] == "1"
        assert "trace id" in partial["errorMessage"]

    def test_logs_on_the_traces_path_are_400_and_named(self, house: House, key: str) -> None:
        logs = next(
            one for combo in COMBINATIONS for one in combo.requests if one.path == "/v1/logs" and not one.encoding
        )

        response = house.post(logs.body, key)

        assert response.status_code == 400
        assert "logs" in Status.FromString(response.content).message


class TestLogsAndMetrics:
    @pytest.mark.parametrize("path", ["/v1/logs", "/v1/metrics"])
    def test_what_is_kept_or_counted_alone_is_a_plain_success(self, house: House, key: str, path: str) -> None:
        sent = [one for combo in COMBINATIONS for one in combo.requests if one.path == path]

        for one in sent:
            response = house.post(one.body, key, path, content_encoding=one.encoding or "identity")
            assert (response.status_code, response.content) == (200, b"")

    def test_what_was_said_in_a_log_is_read_with_its_span(
        self, house: House, key: str, project: UUID, store: Store
    ) -> None:
        said = record("gen_ai.user.message", 6, 78, body={"content": "Weather?"})
        house.post(logs_request(said), key, "/v1/logs")
        house.post(body(span(6, 78)), key)
        house.drain(project)

        house.wait(lambda: read_trace(store, project, f"{78:032x}"), "the trace to be stored")
        found = read_trace(store, project, f"{78:032x}")
        assert found is not None
        assert found.spans[0].input == [{"role": "user", "parts": [{"type": "text", "content": "Weather?"}]}]

    def test_what_cannot_be_kept_is_named_listed_and_no_span_of_the_ledger(
        self, house: House, key: str, project: UUID
    ) -> None:
        sent = logs_request(record("gen_ai.user.message", 0, body={"content": "whose?"}), record("other"))

        response = house.post(sent, key, "/v1/logs")

        partial = ExportLogsServiceResponse.FromString(response.content).partial_success
        assert (response.status_code, partial.rejected_log_records) == (200, 1)
        assert "span id" in partial.error_message
        assert [(item["reason"], item["count"]) for item in house.rejected(project)] == [("message_without_span", 1)]
        assert house.ledger(project)["received"] == 0

    def test_what_is_counted_alone_is_counted_by_name(self, house: House, key: str) -> None:
        house.post(logs_request(record("claude_code.tool_result"), record('bad "name"')), key, "/v1/logs")

        text = ask(house, "GET", "/metrics").text
        assert 'spanledger_ingest_unkept_total{signal="logs",name="claude_code.tool_result"} 1' in text
        assert 'spanledger_ingest_unkept_total{signal="logs",name="other"}' in text
        assert 'name="bad' not in text

    def test_broken_ones_are_400(self, house: House, key: str) -> None:
        for path in ("/v1/logs", "/v1/metrics"):
            assert house.post(b"\xff\xff", key, path).status_code == 400


class TestScores:
    def test_scores_reach_the_store(self, house: House, key: str, project: UUID, store: Store) -> None:
        house.post(body(span(5, 77)), key)
        score = {"trace_id": f"{77:032x}", "name": "helpful", "value": True, "source": "user", "id": "s1"}

        response = house.post(orjson.dumps([score]), key, "/v1/scores", content_type=JSON)

        assert response.status_code == 200
        house.wait(lambda: scores_of(store, project) == [("helpful", 1.0)], "the score to be stored")

    def test_a_wrong_score_is_400_and_nothing_is_kept(self, house: House, key: str) -> None:
        response = house.post(b'[{"name": "x"}]', key, "/v1/scores", content_type=JSON)

        assert response.status_code == 400
        assert "trace_id" in response.json()["message"]


def scores_of(store: Store, project: UUID) -> list[tuple[str, float]]:
    rows = store.select("SELECT name, value FROM scores FINAL WHERE project_id = {project:UUID}", project=project)
    return [(row["name"], row["value"]) for row in rows]


def test_limits_are_told(house: House, key: str) -> None:
    told = ask(house, "GET", "/v1/limits", key).json()

    assert told["request"] == {
        "bytes": 64 * 1024 * 1024,
        "spans": 100_000,
        "scores": 10_000,
        "outcomes": 10_000,
        "charges": 10_000,
    }


def test_metrics_count_requests_by_status(house: House, key: str) -> None:
    house.post(b"\xff\xff", key)

    text = ask(house, "GET", "/metrics").text

    assert 'spanledger_ingest_requests_total{path="/v1/traces",status="400"}' in text
    assert "spanledger_spool_spans" in text


def test_the_house_answers_to_its_own_token_alone(house: House, key: str) -> None:
    address = f"http://127.0.0.1:{house.house_port}/ledger?project={uuid4()}"

    for headers in ({}, {"authorization": f"Bearer {key}"}, {"authorization": "Bearer ä".encode().decode("latin-1")}):
        assert httpx.get(address, headers=encoded(headers)).status_code == 401


def encoded(headers: Mapping[str, str]) -> dict[str, bytes]:
    return {name: value.encode("latin-1") for name, value in headers.items()}


def test_opentelemetrys_own_exporter_is_understood_end_to_end(
    house: House, key: str, project: UUID, store: Store
) -> None:
    exporter = OTLPSpanExporter(f"{house.url}/v1/traces", headers={"authorization": f"Bearer {key}"})
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("a test")

    with tracer.start_as_current_span("handle", attributes={"spanledger.route": "support.refunds"}):
        attributes = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "gen_ai.system": "openai"}
        with tracer.start_as_current_span("chat gpt-4o", attributes=attributes) as call:
            call.set_attribute("gen_ai.usage.input_tokens", 120)
            call.set_attribute("gen_ai.usage.output_tokens", 34)
    provider.shutdown()
    house.drain(project)

    rows = store.select(
        "SELECT name, kind, model, own_route, input_tokens, output_tokens FROM ledger"
        " WHERE project_id = {project:UUID} ORDER BY start_time",
        project=project,
    )
    assert [tuple(row.values()) for row in rows] == [
        ("handle", "span", "", "support.refunds", None, None),
        ("chat gpt-4o", "generation", "gpt-4o", "", 120, 34),
    ]
