"""OTLP/gRPC as its clients meet it: the same requests, answers and refusals as over HTTP, in gRPC's words."""

import base64
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from uuid import UUID, uuid4

import grpc
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from ingest.spool_file import FILE
from ledger.domain.keys import new_key
from ledger.store.client import Store
from tests.ingest.captured import COMBINATIONS, Combination
from tests.ingest.exports import SERVICES, Answer, Exporter, method
from tests.ingest.house import House
from tests.ingest.requests import body, request, span

MEBIBYTE = 1024 * 1024
METHODS = [method(signal) for signal in SERVICES]
PROTOBUF = [one for one in COMBINATIONS if all("json" not in request.content_type for request in one.traces)]

OK, UNAUTHENTICATED = grpc.StatusCode.OK, grpc.StatusCode.UNAUTHENTICATED
PERMISSION_DENIED, UNAVAILABLE = grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAVAILABLE
INVALID_ARGUMENT, RESOURCE_EXHAUSTED = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED


def ask(
    house: House,
    key: str,
    content: bytes = b"",
    path: str = method("traces"),
    compression: grpc.Compression = grpc.Compression.NoCompression,
) -> Answer:
    with Exporter(house.grpc_port, {"authorization": f"Bearer {key}"} if key else {}) as exporter:
        return exporter.export(content, path, compression)


class TestWhoMay:
    @pytest.mark.parametrize("path", [*METHODS, "/opentelemetry.Nothing/Export"])
    def test_without_a_key_nothing_is_answered_but_unauthenticated(self, house: House, path: str) -> None:
        for key in ("", "nonsense", new_key("ingest").text):
            answer = ask(house, key, path=path)

            assert (answer.code, answer.retry_after) == (UNAUTHENTICATED, None)

    @pytest.mark.parametrize("path", [*METHODS, "/opentelemetry.Nothing/Export"])
    def test_a_read_key_is_denied(self, house: House, path: str) -> None:
        assert ask(house, house.key(kind="read"), b"\xff", path).code == PERMISSION_DENIED

    @pytest.mark.parametrize(
        ("name", "form"),
        [
            ("authorization", "Bearer {}"),
            ("authorization", "{}"),
            ("x-api-key", "{}"),
            ("api_key", "{}"),
        ],
    )
    def test_a_key_comes_in_any_of_its_forms(self, house: House, key: str, name: str, form: str) -> None:
        with Exporter(house.grpc_port, {name: form.format(key)}) as exporter:
            assert exporter.export(b"").code == OK

    def test_a_key_comes_as_a_password_too(self, house: House, key: str) -> None:
        pair = base64.b64encode(f"pk-anything:{key}".encode()).decode()
        with Exporter(house.grpc_port, {"authorization": f"Basic {pair}"}) as exporter:
            assert exporter.export(b"").code == OK

    def test_a_hostile_key_is_unauthenticated(self, house: House) -> None:
        for said in ("' OR 1=1--", "x" * 6000, "sl_ingest_%00"):
            with Exporter(house.grpc_port, {"x-api-key": said}) as exporter:
                assert exporter.export(b"").code == UNAUTHENTICATED

    def test_who_has_no_key_is_answered_before_the_message_is_read(self, house: House) -> None:
        def messages() -> Iterator[bytes]:
            while True:
                yield b"\0" * MEBIBYTE

        with Exporter(house.grpc_port) as exporter, pytest.raises(grpc.RpcError) as refused:
            exporter.channel.stream_unary(METHODS[0])(messages(), timeout=20)

        assert refused.value.code() == UNAUTHENTICATED


class TestRefusals:
    def test_another_method_is_unimplemented_for_who_has_a_key(self, house: House, key: str) -> None:
        assert ask(house, key, path="/opentelemetry.Nothing/Export").code == grpc.StatusCode.UNIMPLEMENTED

    @pytest.mark.parametrize("path", METHODS)
    def test_what_cannot_be_decoded_is_an_invalid_argument(self, house: House, key: str, path: str) -> None:
        answer = ask(house, key, b"\xff\xff", path)

        assert (answer.code, answer.retry_after) == (INVALID_ARGUMENT, None)

    @pytest.mark.parametrize("head", [b"\x1f\x8b\x08\0", b"\x78\x9c"])
    def test_a_broken_compression_is_an_invalid_argument(self, house: House, key: str, head: bytes) -> None:
        assert ask(house, key, head + b"garbage").code == INVALID_ARGUMENT

    @pytest.mark.parametrize("count", [0, 2])
    def test_a_call_has_one_message(self, house: House, key: str, project: UUID, count: int) -> None:
        messages = [body(span(number)) for number in range(1, count + 1)]
        with Exporter(house.grpc_port) as exporter, pytest.raises(grpc.RpcError) as refused:
            exporter.channel.stream_unary(METHODS[0])(iter(messages), metadata=(("x-api-key", key),), timeout=20)

        assert refused.value.code() == INVALID_ARGUMENT
        assert house.ledger(project)["received"] == 0

    def test_more_than_64_mebibytes_are_too_much_and_not_to_be_sent_again(self, house: House, key: str) -> None:
        answer = ask(house, key, b"\0" * (64 * MEBIBYTE + 1))

        assert (answer.code, answer.retry_after) == (RESOURCE_EXHAUSTED, None)

    def test_more_than_100_000_spans_are_too_many(self, house: House, key: str) -> None:
        scope = b"".join(b"\x12\0" for _ in range(100_001))
        content = frame(b"\x0a", frame(b"\x12", scope))

        answer = ask(house, key, content)

        assert (answer.code, answer.retry_after) == (RESOURCE_EXHAUSTED, None)
        assert "100,000 spans" in answer.message

    @pytest.mark.parametrize(
        ("compression", "size"), [(grpc.Compression.Gzip, 300 * MEBIBYTE), (grpc.Compression.Deflate, 80 * MEBIBYTE)]
    )
    def test_a_bomb_is_too_much_and_is_not_unpacked(
        self, house: House, key: str, compression: grpc.Compression, size: int
    ) -> None:
        before = peak(house)

        answer = ask(house, key, b"\xff" * size, compression=compression)

        assert (answer.code, answer.retry_after) == (RESOURCE_EXHAUSTED, None)
        assert peak(house) - before < 160 * MEBIBYTE

    def test_a_disk_that_refuses_is_unavailable_for_a_second(self, house: House, key: str, project: UUID) -> None:
        with closing(sqlite3.connect(house.home / "spool" / FILE)) as held:
            held.execute("CREATE TRIGGER full BEFORE INSERT ON records BEGIN SELECT RAISE(FAIL, 'disk full'); END")
            refused = ask(house, key, body(span(1)))
            held.execute("DROP TRIGGER full")

        assert (refused.code, refused.retry_after) == (UNAVAILABLE, 1)
        assert ask(house, key, body(span(2))).code == OK
        assert house.ledger(project)["received"] == 1


def frame(tag: bytes, content: bytes) -> bytes:
    """One field with a length, as protobuf writes it."""
    length, size = bytearray(), len(content)
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    return tag + bytes([*length, size]) + content


def peak(house: House) -> int:
    """The most memory that ingest ever had, in bytes."""
    assert house.ingest is not None
    with open(f"/proc/{house.ingest.pid}/status") as status:
        (line,) = (line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


class TestWhatIsTaken:
    def test_opentelemetrys_own_stub_is_answered_with_success(self, house: House, key: str, project: UUID) -> None:
        with Exporter(house.grpc_port) as exporter:
            stub = TraceServiceStub(exporter.channel)  # type: ignore[no-untyped-call]
            answer = stub.Export(request(span(1), span(2)), metadata=(("x-api-key", key),))

        assert answer == ExportTraceServiceResponse()
        assert not answer.HasField("partial_success")
        assert house.ledger(project)["received"] == 2

    def test_an_empty_request_is_a_success(self, house: House, key: str) -> None:
        for path in METHODS:
            assert ask(house, key, b"", path).code == OK

    @pytest.mark.parametrize("compression", list(grpc.Compression))
    def test_every_compression_is_understood(
        self, house: House, key: str, project: UUID, compression: grpc.Compression
    ) -> None:
        spans = [span(number, attributes={"text": "words " * 200}) for number in range(1, 51)]

        assert ask(house, key, body(*spans), compression=compression).code == OK

        assert house.ledger(project)["received"] == 50

    def test_bad_spans_are_named_and_the_others_taken(self, house: House, key: str, project: UUID) -> None:
        bad = span(1)
        bad.span_id = b""

        answer = ask(house, key, body(bad, span(2), span(3)))

        partial = ExportTraceServiceResponse.FromString(answer.body).partial_success
        assert (answer.code, partial.rejected_spans) == (OK, 1)
        assert "span id" in partial.error_message
        assert house.drain(project) == {"received": 3, "stored": 2, "merged": 0, "rejected": 1, "spooled": 0}

    def test_calls_are_counted_by_method_and_code(self, house: House, key: str) -> None:
        ask(house, key)
        ask(house, "")
        ask(house, key, path="/made.up.Once/Export")

        text = httpx.get(house.url + "/metrics").text
        assert f'spanledger_ingest_requests_total{{path="{METHODS[0]}",status="0"}}' in text
        assert f'spanledger_ingest_requests_total{{path="{METHODS[0]}",status="16"}}' in text
        assert "made.up" not in text


@pytest.mark.parametrize("combination", PROTOBUF, ids=lambda one: str(one.name))
def test_every_captured_client_gives_the_same_over_grpc_as_over_http(
    combination: Combination, house: House, store: Store
) -> None:
    by_http, by_grpc = uuid4(), uuid4()
    http_key, grpc_key = house.key(by_http), house.key(by_grpc)
    for sent in combination.requests:
        signal = sent.path.rstrip("/").rpartition("/")[2]
        if signal not in SERVICES:
            continue  # a score sent to another product's REST interface: no OTLP
        taken = house.post(sent.body, http_key, sent.path, content_encoding=sent.encoding or "identity")
        compression = grpc.Compression.Gzip if sent.encoding else grpc.Compression.NoCompression
        answer = ask(house, grpc_key, sent.decoded, method(signal), compression)

        assert (taken.status_code, answer.code) == (200, OK)
        assert taken.content == answer.body

    assert house.drain(by_http) == house.drain(by_grpc)
    assert rows(store, by_http) == rows(store, by_grpc)


def rows(store: Store, project: UUID) -> list[dict[str, object]]:
    """All that is known of a project's spans, but for whose they are, when they came, and what follows from that."""
    sql = (
        "SELECT * EXCEPT (project_id, received_at, version) FROM spans FINAL WHERE project_id = {p:UUID}"
        " ORDER BY trace_id, span_id"
    )
    return [dict(row) for row in store.select(sql, p=project)]


@given(
    raw=st.one_of(
        st.binary(max_size=400),
        st.tuples(st.integers(0, 400), st.binary(min_size=1, max_size=4)).map(lambda cut: spoiled(*cut)),
        st.binary(max_size=100).map(lambda rest: b"\x1f\x8b\x08" + rest),
    ),
    signal=st.sampled_from(sorted(SERVICES)),
)
@settings(max_examples=300)
def test_whatever_is_sent_the_client_is_told_what_to_do(always_open: Exporter, raw: bytes, signal: str) -> None:
    assert always_open.export(raw, method(signal)).code in {OK, INVALID_ARGUMENT, RESOURCE_EXHAUSTED}


@pytest.fixture(scope="module")
def always_open(house: House) -> Iterator[Exporter]:
    with Exporter(house.grpc_port, {"x-api-key": house.key()}) as exporter:
        yield exporter


GOOD = body(span(1, attributes={"a": "text", "b": 1.5, "c": ["x", "y"]}), span(2), resource={"service.name": "shop"})


def spoiled(at: int, bytes_there: bytes) -> bytes:
    """A good request with some other bytes somewhere in it."""
    at %= len(GOOD)
    return GOOD[:at] + bytes_there + GOOD[at + len(bytes_there) :]
