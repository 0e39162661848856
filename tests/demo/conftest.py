"""A fake stack for the demonstration to talk to, and the stub model as a process of its own."""

import gzip
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from ledger.stack import ports


@dataclass
class Stack:
    """A door that keeps what it gets, and an API that says what it was told to say, the last answer for good."""

    url: str = ""
    posts: list[tuple[str, str, bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=lambda: [200])
    totals: list[dict[str, int | None]] = field(
        default_factory=lambda: [{"calls": 100_000, "pending_calls": 0, "outcomes": 100_000}]
    )
    spooled: int = 0

    def next(self, answers: list[Any]) -> Any:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def bodies(self, path: str) -> list[bytes]:
        return [body for found, _, body in self.posts if found == path]


@pytest.fixture
def stack() -> Iterator[Stack]:
    kept = Stack()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Nothing: pytest shows what matters."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Authorization"] == "Bearer key"
            status = kept.next(kept.statuses)
            if status == 200:
                kept.posts.append((self.path, self.headers["Content-Type"], gzip.decompress(body)))
            self.reply(status, {})

        def do_GET(self) -> None:
            if self.path == "/api/v1/ingest/ledger":
                self.reply(200, {"spooled": kept.spooled})
            else:
                self.reply(200, {"total": kept.next(kept.totals)})

        def reply(self, status: int, answer: object) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    kept.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield kept
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def stub(eventually: Callable[..., None]) -> Iterator[str]:
    """A stub model that never fails."""
    port = ports.free()
    command = [sys.executable, "-m", "ledger.demo.stub_model", "--port", str(port), "--failures", "0"]
    process = subprocess.Popen(command)
    url = f"http://127.0.0.1:{port}"

    def up() -> bool:
        try:
            return httpx.get(f"{url}/healthz").is_success
        except httpx.TransportError:
            return False

    try:
        eventually(up, "the stub model")
        yield url
    finally:
        process.terminate()
        process.wait(10)
