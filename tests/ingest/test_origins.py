"""Pages in browsers may send where their web site was allowed to, and are told why they may not elsewhere."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID, uuid4

import httpx
import pytest
from playwright.sync_api import Error
from starlette.responses import Response

from ingest.errors import OriginNotAllowed, TryLater
from ingest.keys import KeysUnavailable
from ingest.origins import Allowed, Origins
from tests.browser.screenshots import browser, browser_path
from tests.ingest.house import House
from tests.ingest.requests import body, span

SHOP, BLOG, STRANGER = "https://shop.example", "https://blog.example", "https://evil.example"
PATHS = [
    prefix + path + slash
    for prefix in ("", "/otlp", "/api/public/otel")
    for path in ("/v1/traces", "/v1/logs", "/v1/metrics")
    for slash in ("", "/")
] + ["/v1/scores"]


@pytest.fixture(scope="module")
def shop(house: House) -> UUID:
    """A project to which one site's pages may send."""
    project = uuid4()
    house.allow(project, SHOP)
    return project


@pytest.fixture(scope="module")
def blog(house: House) -> UUID:
    project = uuid4()
    house.allow(project, BLOG)
    return project


@pytest.fixture(scope="module", autouse=True)
def sites_are_known(house: House, shop: UUID, blog: UUID) -> None:
    """Ingest reads the list again after some seconds: it is made before the first question."""


def preflight(house: House, origin: str, path: str = "/v1/traces") -> httpx.Response:
    asked = "content-type,content-encoding,authorization,x-api-key,traceparent"
    headers = {"origin": origin, "access-control-request-method": "POST", "access-control-request-headers": asked}
    return httpx.options(house.url + path, headers=headers)


class TestPreflight:
    @pytest.mark.parametrize("path", PATHS)
    def test_a_browser_is_told_what_it_may_send(self, house: House, path: str) -> None:
        answer = preflight(house, SHOP, path)

        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["access-control-allow-origin"] == SHOP
        assert answer.headers["access-control-allow-methods"] == "POST"
        allowed = answer.headers["access-control-allow-headers"].split(", ")
        assert allowed == ["content-type", "content-encoding", "authorization", "x-api-key", "traceparent"]
        assert answer.headers["vary"] == "Origin"

    def test_it_speaks_for_the_sites_of_all_projects(self, house: House) -> None:
        assert preflight(house, BLOG).status_code == 204

    @pytest.mark.parametrize(
        "origin", [STRANGER, "null", "*", SHOP + ".evil.example", SHOP.upper(), "http://shop.example"]
    )
    def test_another_site_is_refused_and_told_how_to_be_allowed(self, house: House, origin: str) -> None:
        answer = preflight(house, origin)

        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
        assert "allow_origin" in answer.json()["message"]

    def test_a_plain_options_request_is_none(self, house: House, key: str) -> None:
        address, headers = house.url + "/v1/traces", {"authorization": f"Bearer {key}"}

        assert httpx.options(address, headers={"origin": SHOP}).status_code == 401
        assert httpx.options(address, headers=headers).status_code == 405


SEND = """async ([address, key]) => {
    const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`
    const headers = {'content-type': 'application/json', 'x-api-key': key, traceparent}
    const answer = await fetch(address, {method: 'POST', headers, body: '{}'})
    return [answer.status, await answer.json()]
}"""


@pytest.fixture
def page_server() -> Iterator[int]:
    """The port of a server of empty pages."""
    with ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


class EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.mark.browser
@pytest.mark.skipif(browser_path() is None, reason="no browser on PATH")
def test_a_real_browser_lets_an_allowed_page_send_and_no_other(house: House, page_server: int) -> None:
    project = uuid4()
    house.allow(project, f"http://127.0.0.1:{page_server}")
    key, address = house.key(project), f"{house.url}/v1/traces"
    house.wait(lambda: preflight(house, f"http://127.0.0.1:{page_server}").status_code == 204, "the list to be read")

    with browser() as chromium, chromium.new_page() as page:
        page.goto(f"http://127.0.0.1:{page_server}/")
        assert page.evaluate(SEND, [address, key]) == [200, {}]
        page.goto(f"http://localhost:{page_server}/")
        with pytest.raises(Error, match="Failed to fetch"):
            page.evaluate(SEND, [address, key])


class TestRequest:
    def test_a_page_of_an_allowed_site_sends_and_reads_the_answer(self, house: House, shop: UUID) -> None:
        answer = house.post(body(span(1)), house.key(shop), origin=SHOP)

        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == SHOP
        assert house.ledger(shop)["received"] == 1

    @pytest.mark.parametrize("origin", [BLOG, STRANGER, "null"])
    def test_a_site_that_this_project_does_not_allow_is_403(self, house: House, origin: str) -> None:
        project = uuid4()
        house.allow(project, SHOP)

        answer = house.post(body(span(1)), house.key(project), origin=origin)

        assert answer.status_code == 403
        assert origin.encode() in answer.content
        assert house.ledger(project)["received"] == 0

    def test_a_project_without_sites_takes_nothing_from_pages(self, house: House, key: str) -> None:
        assert house.post(body(span(1)), key, origin=SHOP).status_code == 403

    def test_without_an_origin_nobody_asks_for_one(self, house: House, key: str) -> None:
        answer = house.post(body(span(1)), key)

        assert answer.status_code == 200
        assert not [name for name in answer.headers if name.startswith("access-control")]

    def test_who_has_no_key_hears_of_that_first_and_can_read_it(self, house: House) -> None:
        answer = house.post(b"", "nonsense", origin=SHOP)

        assert answer.status_code == 401
        assert answer.headers["access-control-allow-origin"] == SHOP


@dataclass
class Table:
    """Stands in for the accounts' table; it can be away."""

    sites: Allowed
    away: bool = False
    asked: int = 0
    now: float = 0.0
    own: Origins = field(init=False)

    def __post_init__(self) -> None:
        self.own = Origins(self.read, lambda: self.now)

    async def read(self) -> Allowed:
        self.asked += 1
        if self.away:
            raise KeysUnavailable("away")
        return self.sites

    def allows(self, origin: str, project: UUID) -> bool:
        try:
            asyncio.run(self.own.allow(origin, project))
        except OriginNotAllowed:
            return False
        return True


@pytest.fixture
def table() -> Table:
    return Table({UUID(int=1): frozenset({SHOP}), UUID(int=2): frozenset({BLOG})})


class TestMemory:
    def test_the_list_is_read_once_in_ten_seconds(self, table: Table) -> None:
        for table.now in (0, 5, 9.9):
            assert table.allows(SHOP, UUID(int=1))
        assert table.asked == 1

        table.sites, table.now = {}, 10
        assert not table.allows(SHOP, UUID(int=1))
        assert table.asked == 2

    def test_without_postgres_the_list_is_believed_for_ten_minutes(self, table: Table) -> None:
        assert table.allows(SHOP, UUID(int=1))
        table.away, table.now = True, 599

        assert table.allows(SHOP, UUID(int=1))
        assert not table.allows(BLOG, UUID(int=1))

        table.now = 600
        with pytest.raises(TryLater):
            table.allows(SHOP, UUID(int=1))

    def test_a_list_that_was_never_read_lets_nobody_in_or_out(self, table: Table) -> None:
        table.away = True

        with pytest.raises(TryLater):
            table.allows(SHOP, UUID(int=1))
        with pytest.raises(TryLater):
            asyncio.run(table.own.preflight(SHOP, "POST"))

    def test_many_pages_at_once_cause_one_question(self, table: Table) -> None:
        async def all_at_once() -> None:
            await asyncio.gather(*(table.own.allow(SHOP, UUID(int=1)) for _ in range(50)))

        asyncio.run(all_at_once())

        assert table.asked == 1

    def test_an_answer_depends_on_the_origin_whoever_asks(self, table: Table) -> None:
        response = Response()
        table.own.mark(STRANGER, response)

        assert response.headers["vary"] == "Origin"
        assert "access-control-allow-origin" not in response.headers
