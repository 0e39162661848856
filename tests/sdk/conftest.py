"""A real OTLP receiver and a real OpenAI-compatible server on loopback, for the SDK as a program meets them."""

import gzip
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

import spanledger


@dataclass
class Seen:
    """A span as the receiver got it."""

    proto: Span
    scope: str
    resource: dict[str, Any]

    @property
    def name(self) -> str:
        return self.proto.name

    @property
    def attributes(self) -> dict[str, Any]:
        return {each.key: plain(each.value) for each in self.proto.attributes}

    def messages(self, side: str) -> Any:
        return json.loads(self.attributes[f"gen_ai.{side}.messages"])


def plain(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None


class Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: pytest shows what matters."""

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def reply(self, status: int, body: bytes, content_type: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Sink:
    """What arrived, and how the next requests are to be answered: (status, body, headers), the last for good."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    answers: list[tuple[int, bytes, dict[str, str]]] = field(default_factory=lambda: [(200, b"", {})])
    gate: threading.Event = field(default_factory=threading.Event)

    def answer(self) -> tuple[int, bytes, dict[str, str]]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def spans(self) -> list[Seen]:
        return [span for request in list(self.requests) if request.path == "/v1/traces" for span in decoded(request)]

    @property
    def scores(self) -> list[dict[str, Any]]:
        return self.posted("scores")

    def posted(self, kind: str) -> list[dict[str, Any]]:
        """What came to `/v1/<kind>`."""
        posts = [json.loads(each.body) for each in list(self.requests) if each.path == f"/v1/{kind}"]
        return [one for post in posts for one in post]

    def named(self, name: str) -> Seen:
        assert spanledger.flush(5)
        found = [span for span in self.spans if span.name == name]
        assert len(found) == 1, f"{name}: {[span.name for span in self.spans]}"
        return found[0]


def decoded(request: Request) -> list[Seen]:
    export = ExportTraceServiceRequest.FromString(request.body)
    return [
        Seen(span, scope.scope.name, {each.key: plain(each.value) for each in resource.resource.attributes})
        for resource in export.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def serve(handler: type[BaseHTTPRequestHandler]) -> tuple[ThreadingHTTPServer, str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_address[1]}"


@pytest.fixture
def sink() -> Iterator[Sink]:
    """An OTLP receiver that keeps what it gets."""
    kept = Sink()
    kept.gate.set()

    class Receiver(Quiet):
        def do_POST(self) -> None:
            body = self.body()
            kept.gate.wait(20)
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            status, answer, headers = kept.answer()
            if status == 200:
                kept.requests.append(Request(self.path, dict(self.headers), body))
            self.reply(status, answer, "application/x-protobuf", **headers)

    server, kept.url = serve(Receiver)
    yield kept
    kept.gate.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def ledger(sink: Sink) -> Iterator[Sink]:
    """The receiver, with the SDK of this process started against it."""
    spanledger.init(sink.url, "sl_ingest_test")
    yield sink
    spanledger.shutdown(timeout=2)


USAGE = {
    "prompt_tokens": 1210,
    "completion_tokens": 45,
    "total_tokens": 1255,
    "prompt_tokens_details": {"cached_tokens": 1024},
    "completion_tokens_details": {"reasoning_tokens": 16},
}


@dataclass
class Model:
    """A model server: `url` for the client, and every request it got."""

    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def model() -> Iterator[Model]:
    """An OpenAI-compatible server. Some models' names choose what happens: limited, slow, deaf, tools."""
    kept = Model()

    class Api(Quiet):
        def do_POST(self) -> None:
            asked = json.loads(self.body())
            kept.requests.append(asked)
            ACTS.get(asked["model"], answered)(self, asked)

    server, kept.url = serve(Api)
    yield kept
    server.shutdown()
    server.server_close()


def send_json(api: Quiet, body: object, status: int = 200, **headers: str) -> None:
    api.reply(status, json.dumps(body).encode(), "application/json", **headers)


def answered(api: Quiet, asked: dict[str, Any]) -> None:
    if api.path.endswith("/embeddings"):
        vectors = [{"object": "embedding", "index": 0, "embedding": [0.1, 0.2, 0.3]}]
        usage = {"prompt_tokens": 7, "total_tokens": 7}
        return send_json(api, {"object": "list", "model": "embed-1-dated", "data": vectors, "usage": usage})
    if api.path.endswith("/responses"):
        return send_response(api, asked)
    if asked.get("stream"):
        return send_chunks(api, asked)
    words = asked["messages"][-1]["content"]
    return send_json(api, completion({"role": "assistant", "content": f"You said: {words}"}, "stop"))


def completion(message: dict[str, Any], reason: str) -> dict[str, Any]:
    choice = {"index": 0, "message": message, "finish_reason": reason}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini-2024-07-18"}
    return {**head, "choices": [choice], "usage": USAGE}


def send_chunks(api: Quiet, asked: dict[str, Any]) -> None:
    head = {"id": "chatcmpl-2", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini-2024-07-18"}
    deltas = [({"role": "assistant", "content": ""}, None), ({"content": "Hel"}, None), ({"content": "lo"}, None)]
    chunks = [
        {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
        for delta, reason in [*deltas, ({}, "stop")]
    ]
    if (asked.get("stream_options") or {}).get("include_usage"):
        chunks.append({**head, "choices": [], "usage": USAGE})
    send_events(api, chunks)


def send_events(api: Quiet, events: list[dict[str, Any]]) -> None:
    lines = b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in events)
    api.reply(200, lines + b"data: [DONE]\n\n", "text/event-stream")


def send_response(api: Quiet, asked: dict[str, Any]) -> None:
    text = {"type": "output_text", "text": "Fine.", "annotations": []}
    message = {"type": "message", "id": "m1", "role": "assistant", "status": "completed", "content": [text]}
    usage = {
        "input_tokens": 30,
        "input_tokens_details": {"cached_tokens": 10},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 35,
    }
    head = {"id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-4.1", "status": "completed"}
    rest = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
    response = {**head, **rest, "output": [message], "usage": usage}
    if asked.get("stream"):
        return send_events(api, [{"type": "response.completed", "sequence_number": 1, "response": response}])
    return send_json(api, response)


def limited(api: Quiet, asked: dict[str, Any]) -> None:
    send_json(api, {"error": {"message": "Slow down.", "type": "rate_limit", "code": "rate_limit_exceeded"}}, 429)


def slow(api: Quiet, asked: dict[str, Any]) -> None:
    time.sleep(1)
    api.close_connection = True


def deaf(api: Quiet, asked: dict[str, Any]) -> None:
    """A server that has never heard of stream_options."""
    if "stream_options" in asked:
        return send_json(api, {"error": {"message": "Unknown field: stream_options"}}, 400)
    return send_chunks(api, asked)


def tools(api: Quiet, asked: dict[str, Any]) -> None:
    function = {"name": "find_order", "arguments": '{"order": 17}'}
    call = {"id": "call_2", "type": "function", "function": function}
    send_json(api, completion({"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"))


ACTS: dict[str, Callable[[Quiet, dict[str, Any]], None]] = {
    "limited": limited,
    "slow": slow,
    "deaf": deaf,
    "tools": tools,
}


@dataclass
class Run:
    seconds: float
    output: str
    errors: str
    code: int


@pytest.fixture
def program() -> Callable[..., Run]:
    """`program(source, VARIABLE=value)`: a Python program of its own, run to its end and timed."""

    def run(source: str, *arguments: str, **environ: str) -> Run:
        command = [sys.executable, "-c", source] if source else [sys.executable, *arguments]
        began = time.monotonic()
        done = subprocess.run(command, env=os.environ | environ, capture_output=True, text=True, timeout=60)
        return Run(time.monotonic() - began, done.stdout, done.stderr, done.returncode)

    return run
