"""The web server as it is started: one process, its pages, its built files, its end."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.db import connection

from ledger.domain.keys import new_key
from ledger.stack import ports

UNKNOWN = new_key("read").text
"""A key of the right shape, so that it is looked up."""


@pytest.fixture
def web(transactional_db: None, store: object, eventually: Callable[..., None]) -> Iterator[httpx.Client]:
    port = ports.free()
    name = connection.settings_dict["NAME"]
    env = os.environ | {
        "SPANLEDGER_WEB_PORT": str(port),
        "DATABASE_URL": settings.ENVIRONMENT.database_url.replace("/spanledger?", f"/{name}?"),
    }
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "ledger.web"], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5)
    try:
        eventually(lambda: answers(client) or process.poll() is not None, "the web server", 30)
        yield client
    finally:
        client.close()
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=15)
        assert b"Traceback" not in said, said.decode()
        assert b"Warning" not in said, said.decode()


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").is_success
    except httpx.TransportError:
        return False


def test_pages_and_built_files_come_from_one_process_that_ends_in_peace(web):
    page = web.get("/sign-in")
    assert page.status_code == 200

    built = sorted((settings.BUNDLE / "assets").glob("*.css"))
    if built:
        file = web.get(f"/static/assets/{built[0].name}")
        assert file.content == built[0].read_bytes()
        assert "immutable" in file.headers["Cache-Control"]
        again = web.get(f"/static/assets/{built[0].name}", headers={"If-Modified-Since": file.headers["Last-Modified"]})
        assert again.status_code == 304
        assert again.content == b""


def test_a_name_that_is_not_ours_is_not_answered(web):
    assert web.get("/healthz", headers={"Host": "evil.example.com"}).status_code == 400


def test_many_questions_at_once_share_the_pool(web):
    def ask(_: int) -> int:
        return web.get("/api/v1/suites", headers={"x-api-key": UNKNOWN}).status_code

    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(ask, range(64))) == {401}


def test_nothing_outside_the_bundle_is_served(web):
    for path in ("/static/../settings.py", "/static/%2e%2e/%2e%2e/pyproject.toml", "/static//etc/passwd"):
        assert web.get(path).status_code == 404, path
    assert Path("pyproject.toml").exists()
