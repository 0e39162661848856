"""A real web server over real stores, and a real Chromium in which a member signs in.

While Playwright runs, Django refuses to work in the same thread: this process leaves Django alone.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState

from ledger.stack import identity, ports
from ledger.store.migrate import migrate
from tests.browser import screenshots

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "frontend" / "dist" / ".vite" / "manifest.json"
EMAIL, PASSWORD = "ada@example.com", "a password of some length"
STOP_WITHIN = 5


@pytest.fixture(scope="module")
def site(
    postgres: str, clickhouse, eventually: Callable[..., None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of pages over a project with a month of calls, and one without any."""
    if not MANIFEST.exists():
        pytest.skip("the front end is not built: run `npm run build` in frontend/")
    if screenshots.browser_path() is None:
        pytest.skip(f"no browser on PATH: install one of {', '.join(screenshots.BROWSERS)}")
    migrate(clickhouse.url)
    with fresh_database(postgres) as database:
        environ = os.environ | {"DATABASE_URL": database, "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, ROOT / "tests" / "browser" / "seed.py"], env=environ, check=True)
        with served(environ, tmp_path_factory.mktemp("web") / "log", eventually) as address:
            yield address


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """A database of our own on the server, and its address."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS browser")
        connection.execute("CREATE DATABASE browser")
        yield urlsplit(server)._replace(path="/browser").geturl()
        connection.execute("DROP DATABASE browser WITH (FORCE)")


@contextmanager
def served(environ: dict[str, str], log: Path, eventually: Callable[..., None]) -> Iterator[str]:
    """The web service as the stack starts it; it must stop when it is told to."""
    port = ports.free()
    address = f"http://127.0.0.1:{port}"
    command = identity.launched([sys.executable, "-m", "ledger.web"], identity.myself())
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=environ | {"SPANLEDGER_WEB_PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        eventually(lambda: answers(f"{address}/sign-in") or process.poll() is not None, "web to answer", 30)
        assert process.poll() is None, log.read_text()
        yield address
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_WITHIN)
    finally:
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def chromium(site: str) -> Iterator[Browser]:
    with screenshots.browser() as browser:
        yield browser


@pytest.fixture
def context(chromium: Browser, site: str) -> Iterator[BrowserContext]:
    context = chromium.new_context(base_url=site, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page of which nothing may complain: an error on the console or a broken policy fails the test."""
    page, complaints = context.new_page(), []
    page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []


@pytest.fixture(scope="module")
def session(chromium: Browser, site: str) -> StorageState:
    """What the browser keeps of one sign-in."""
    context = chromium.new_context(base_url=site)
    sign_in(context.new_page())
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def signed_in(page: Page, session: StorageState) -> Page:
    """The overview, as a member sees it."""
    page.context.add_cookies(session["cookies"])
    page.goto("/")
    return page


@pytest.fixture
def own_session(page: Page) -> Page:
    """The same after a sign-in that no other test shares, for tests that change what the session keeps."""
    sign_in(page)
    return page


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="In the last 30 days").wait_for()
