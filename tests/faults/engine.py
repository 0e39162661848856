"""A ClickHouse of a test's own, behind our gateway, which may be killed, starved and set back."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from ledger.store.client import Store, connect
from tests.ingest.house import ROOT, free_port

USERS = {"GATEWAY_WRITER": "spanledger:writes", "GATEWAY_READER": "reader:reads"}


@dataclass
class Engine:
    """One gateway on its own folder and port."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://spanledger:writes@127.0.0.1:{self.port}/spanledger"

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        module = [sys.executable, "-m", "ledger.stack.gateway", "--path", str(self.folder / "clickhouse")]
        command = [*module, "--host", "127.0.0.1", "--port", str(self.port), "--database", "spanledger"]
        with (self.folder / "gateway.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=os.environ | USERS, cwd=ROOT, stdout=log, stderr=log)
        limit = time.monotonic() + 60
        while not self.answers():
            assert self.process.poll() is None, (self.folder / "gateway.log").read_text()[-2000:]
            assert time.monotonic() < limit, "the gateway did not start within a minute"
            time.sleep(0.05)

    def answers(self) -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"http://127.0.0.1:{self.port}/ping", timeout=2).is_success
        return False

    def store(self) -> Store:
        return connect(self.url)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def save(self, place: Path) -> None:
        """Copies what is on disk; the gateway is not running."""
        shutil.copytree(self.folder / "clickhouse", place, symlinks=True)

    def set_back(self, place: Path) -> None:
        """As after a power failure: what was written since `save` has never been."""
        shutil.rmtree(self.folder / "clickhouse")
        shutil.copytree(place, self.folder / "clickhouse", symlinks=True)
