"""The real services, started once for the tests that ask for them, and an environment of our own for all tests.

The environment is complete before Django reads it: sockets and ports are known here, and servers start on first use.
`DATABASE_URL`, `CLICKHOUSE_URL` and `BROKER_URL` of the caller are used where they are set.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django
import httpx
import pytest
from django.conf import settings

from ledger.stack import identity, ports, postgres, sockets
from ledger.store.client import Store, connect
from ledger.store.migrate import migrate

ROOT = Path(__file__).parents[1]
HOME = Path(tempfile.mkdtemp(prefix="spanledger-tests-"))
OWN_CLICKHOUSE = not os.environ.get("CLICKHOUSE_URL")
OWN_POSTGRES = not os.environ.get("DATABASE_URL")
GATEWAY = f"127.0.0.1:{ports.free()}"

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["SPANLEDGER_HOME"] = str(HOME)
os.environ["SPANLEDGER_SECRET_KEY"] = "a secret for tests alone"
os.environ["DJANGO_SETTINGS_MODULE"] = "ledger.settings"
os.environ.setdefault("BROKER_URL", f"spool://{HOME}/broker")
if OWN_POSTGRES:
    os.environ["DATABASE_URL"] = postgres.url(HOME)
if OWN_CLICKHOUSE:
    os.environ["CLICKHOUSE_URL"] = f"http://spanledger:writes@{GATEWAY}/spanledger"
    os.environ["CLICKHOUSE_READER_URL"] = f"http://reader:reads@{GATEWAY}/spanledger"


django.setup()  # here, because the rooms' own conftest files import models
# A password is hashed in a third of a second, on purpose; tests that sign in need none of that.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@dataclass(frozen=True, slots=True)
class ClickHouse:
    """A running server as its two users see it."""

    url: str
    reader_url: str


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="session", name="postgres")
def postgres_url() -> Iterator[str]:
    """The address of a running PostgreSQL."""
    if OWN_POSTGRES:
        server = postgres.cluster(HOME, durable=False)
        postgres.prepare(server)
        command = identity.launched(server.command(), server.identity, postgres.END_SIGNAL.name)
        with running("postgres", command, server.ready):
            yield os.environ["DATABASE_URL"]
        sockets.discard(HOME)
    else:
        yield os.environ["DATABASE_URL"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres: str) -> None:
    """pytest-django asks for this before it makes its test database: the server runs from here on."""


@pytest.fixture(scope="session")
def clickhouse() -> Iterator[ClickHouse]:
    """A running ClickHouse: the embedded one behind our gateway, or the server of the caller's CLICKHOUSE_URL."""
    url = os.environ["CLICKHOUSE_URL"]
    found = ClickHouse(url, os.environ.get("CLICKHOUSE_READER_URL", url))
    if not OWN_CLICKHOUSE:
        yield found
        return
    host, _, port = GATEWAY.partition(":")
    module = [sys.executable, "-m", "ledger.stack.gateway", "--path", str(HOME / "clickhouse")]
    command = [*module, "--host", host, "--port", port, "--database", "spanledger"]
    users = {"GATEWAY_WRITER": "spanledger:writes", "GATEWAY_READER": "reader:reads"}
    launched = identity.launched(command, identity.myself())
    with running("gateway", launched, lambda: answers(f"http://{GATEWAY}/ping"), **users):
        yield found


@pytest.fixture(scope="session")
def store(clickhouse: ClickHouse) -> Iterator[Store]:
    """The store with its tables, for putting things in."""
    migrate(clickhouse.url)
    store = connect(clickhouse.url)
    yield store
    store.close()


@contextmanager
def running(name: str, command: list[str], ready: Callable[[], bool], **environ: str) -> Iterator[None]:
    """The process while it is needed; its output is shown when it does not become ready."""
    log = HOME / f"{name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, env=os.environ | environ, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=ROOT
        )
    try:
        wait_until(lambda: ready() or process.poll() is not None, f"{name} to start", 60)
        assert process.poll() is None, f"{name} ended:\n{log.read_text()}"
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="session")
def eventually() -> Callable[..., None]:
    """`eventually(condition, "what is waited for", seconds=20)`: for tests that must wait, instead of sleeping."""
    return wait_until


def wait_until(condition: Callable[[], object], what: str, seconds: float = 20) -> None:
    """Wait for the condition to hold; fail with `what` when it does not in time."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, f"waited {seconds:g} s in vain for {what}"
        time.sleep(0.02)
