"""Ingest and its writer as processes of their own, with a PostgreSQL database and a spool of their own, for tests."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psycopg

from ledger.domain.keys import KeyKind, digest, internal_token, new_key

ROOT = Path(__file__).parents[2]
SECRET = "a secret for ingest's tests"
TABLE = """
CREATE TABLE IF NOT EXISTS accounts_apikey (
    public_id varchar(8) PRIMARY KEY, kind text NOT NULL, digest text NOT NULL, project_id uuid NOT NULL,
    expires_at timestamptz NULL, revoked_at timestamptz NULL);
CREATE TABLE IF NOT EXISTS accounts_project (
    id uuid PRIMARY KEY, redaction_mode text NOT NULL DEFAULT 'mask', redaction_personal boolean NOT NULL DEFAULT false,
    redaction_patterns jsonb NOT NULL DEFAULT '{}', allowed_origins jsonb NOT NULL DEFAULT '[]')
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def own_database(server: str) -> str:
    """A new database beside the server's, with the accounts' table of keys."""
    name = f"ingest_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    head, question, rest = server.partition("?")
    url = f"{head.rpartition('/')[0]}/{name}{question}{rest}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLE)
    return url


@dataclass
class House:
    """Ports, keys and processes of one test's ingest."""

    home: Path
    database: str
    clickhouse: str
    port: int = field(default_factory=free_port)
    grpc_port: int = field(default_factory=free_port)
    house_port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)
    ingest: subprocess.Popen[bytes] | None = None
    writer: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        return os.environ | {
            "SPANLEDGER_HOME": str(self.home),
            "SPANLEDGER_BIND": "127.0.0.1",
            "SPANLEDGER_OTLP_HTTP_PORT": str(self.port),
            "SPANLEDGER_OTLP_GRPC_PORT": str(self.grpc_port),
            "SPANLEDGER_INGEST_URL": f"http://127.0.0.1:{self.house_port}",
            "SPANLEDGER_SECRET_KEY": SECRET,
            "DATABASE_URL": self.database,
            "CLICKHOUSE_URL": self.clickhouse,
            "PYTHONUNBUFFERED": "1",
            **self.settings,
        }

    def key(self, project: UUID | None = None, kind: KeyKind = "ingest", **columns: object) -> str:
        """A key of a project that is good from now on."""
        made = new_key(kind)
        row = {"expires_at": None, "revoked_at": None} | columns
        project = project or uuid4()
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute("INSERT INTO accounts_project VALUES (%s) ON CONFLICT DO NOTHING", (project,))
            connection.execute(
                "INSERT INTO accounts_apikey VALUES (%s, %s, %s, %s, %s, %s)",
                (made.id, kind, digest(made, SECRET), project, row["expires_at"], row["revoked_at"]),
            )
        return made.text

    def redact(self, project: UUID, mode: str, personal: bool = False, **patterns: str) -> None:
        """What is taken out of a project's texts; made before its first request, because keys are remembered."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(
                "INSERT INTO accounts_project VALUES (%s, %s, %s, %s)", (project, mode, personal, json.dumps(patterns))
            )

    def allow(self, project: UUID, *origins: str) -> None:
        """Web sites whose pages may send to a project; made before they do, because the list is remembered."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(
                "INSERT INTO accounts_project (id, allowed_origins) VALUES (%s, %s)", (project, json.dumps(origins))
            )

    def start_ingest(self) -> None:
        self.ingest = self.launched("ingest")
        self.wait(lambda: self.answers("/healthz"), "ingest to listen", 60)

    def start_writer(self, *arguments: str) -> None:
        self.writer = self.launched("ingest.writer", *arguments)

    def launched(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / f"{module}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module, *arguments], env=self.environ, cwd=ROOT, stdout=log, stderr=log
            )

    def answers(self, path: str) -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(self.url + path, timeout=2).status_code < 500
        return False

    def post(self, body: bytes, key: str, path: str = "/v1/traces", **headers: str) -> httpx.Response:
        """One request; protobuf unless a header says otherwise."""
        sent = {"content-type": "application/x-protobuf", "authorization": f"Bearer {key}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return httpx.post(self.url + path, content=body, headers=sent, timeout=30)

    def ledger(self, project: UUID) -> dict[str, int]:
        headers = {"authorization": f"Bearer {internal_token(SECRET)}"}
        response = httpx.get(
            f"http://127.0.0.1:{self.house_port}/ledger", params={"project": str(project)}, headers=headers
        )
        counts: dict[str, int] = response.json()
        assert counts["received"] == sum(counts[name] for name in ("stored", "merged", "rejected", "spooled")), counts
        return counts

    def rejected(self, project: UUID) -> list[dict[str, object]]:
        headers = {"authorization": f"Bearer {internal_token(SECRET)}"}
        address = f"http://127.0.0.1:{self.house_port}/rejected"
        items: list[dict[str, object]] = httpx.get(address, params={"project": str(project)}, headers=headers).json()[
            "items"
        ]
        return items

    def drain(self, project: UUID, seconds: float = 30) -> dict[str, int]:
        """The ledger once nothing is spooled any more."""
        self.wait(lambda: self.ledger(project)["spooled"] == 0, "the spool to be empty", seconds)
        return self.ledger(project)

    def wait(self, condition: object, what: str, seconds: float = 20) -> None:
        limit = time.monotonic() + seconds
        while not condition():  # type: ignore[operator]
            assert time.monotonic() < limit, f"waited {seconds:g} s in vain for {what}; see {self.home}/*.log"
            time.sleep(0.02)

    def kill(self, process: subprocess.Popen[bytes] | None) -> None:
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.wait()

    def stop(self) -> None:
        for process in (self.ingest, self.writer):
            if process is not None and process.poll() is None:
                process.terminate()
        for process in (self.ingest, self.writer):
            if process is not None:
                try:
                    process.wait(12)
                except subprocess.TimeoutExpired:
                    self.kill(process)
