"""Pages in browsers: which web sites' may send to which project, and what a browser wants to be told of it (CORS).

A preflight carries no key, so it is answered for the sites of all projects together; the request after it is held
against the sites of its key's project. Requests without `Origin` come from no page, and are not asked about one.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from starlette.requests import Request
from starlette.responses import Response

from ingest.errors import OriginNotAllowed, TryLater
from ingest.keys import GRACE, KeysUnavailable

FRESH = 10.0
"""Seconds for which the list is believed; without PostgreSQL, as long as a key is."""

QUERY = "SELECT id, allowed_origins FROM accounts_project WHERE allowed_origins <> '[]'"

PREFLIGHT = {
    "access-control-allow-headers": "content-type, content-encoding, authorization, x-api-key, traceparent",
    "access-control-max-age": "600",
}

type Allowed = Mapping[UUID, frozenset[str]]


class Origins:
    """The sites of each project, read whole: they are few."""

    def __init__(self, read: Callable[[], Awaitable[Allowed]], clock: Callable[[], float] = time.monotonic) -> None:
        self.read, self.clock = read, clock
        self.asking = asyncio.Lock()
        self.asked_at = self.read_at = float("-inf")
        self.held: Allowed = {}

    async def allow(self, origin: str, project: UUID) -> None:
        """Raises OriginNotAllowed; TryLater where nobody can say."""
        await self.renew()
        if origin not in self.held.get(project, ()):
            raise OriginNotAllowed(origin, "this project")

    async def preflight(self, origin: str, method: str) -> Response:
        """The answer to a browser that asks before it sends."""
        await self.renew()
        if not self.known(origin):
            raise OriginNotAllowed(origin, "any project")
        return Response(status_code=204, headers=PREFLIGHT | {"access-control-allow-methods": method})

    def known(self, origin: str) -> bool:
        """Whether any project allows this site, as far as was read."""
        return any(origin in sites for sites in self.held.values())

    def mark(self, origin: str, response: Response) -> None:
        """Lets a page that may send read the answer, refusals too."""
        response.headers["vary"] = "Origin"
        if self.known(origin):
            response.headers["access-control-allow-origin"] = origin
            response.headers["access-control-expose-headers"] = "retry-after"

    async def renew(self) -> None:
        async with self.asking:
            if self.clock() - self.asked_at >= FRESH:
                self.asked_at = self.clock()
                await self.ask()
        if self.clock() - self.read_at >= GRACE:
            raise TryLater("Allowed origins can't be looked up just now.")

    async def ask(self) -> None:
        try:
            self.held = await self.read()
        except KeysUnavailable:
            return  # what was read before goes on; `renew` minds how old it is
        self.read_at = self.clock()


def is_preflight(request: Request) -> bool:
    return request.method == "OPTIONS" and "access-control-request-method" in request.headers


async def allowed_origins(pool: AsyncConnectionPool) -> Allowed:
    """What the accounts' table says."""
    try:
        async with pool.connection() as connection:
            cursor = await connection.execute(QUERY)
            return {project: frozenset(sites) for project, sites in await cursor.fetchall()}
    except (psycopg.Error, PoolTimeout) as error:
        raise KeysUnavailable(str(error)) from error
