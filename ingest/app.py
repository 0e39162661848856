"""The public listener: OTLP/HTTP, scores, outcomes, charges, and what an operator asks of the door."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from ingest import limits, posts
from ingest.answers import JSON, PROTOBUF, json_answer, media_type, refused, taken
from ingest.body import announced, encoding_of, received
from ingest.door import SIGNALS, Door
from ingest.errors import Refusal, TryLater, UnknownPath, WrongMethod, WrongType
from ingest.held import Held
from ingest.keys import Access
from ingest.origins import is_preflight
from ingest.posts import POSTS
from ingest.room import LONGEST, Stay

PREFIXES = ("", "/otlp", "/api/public/otel")

log = structlog.get_logger("ingest")

type Endpoint = Callable[[Door, Request, Access], Awaitable[Response]]


def otlp(signal: str) -> Endpoint:
    """One of OTLP's three signals, in protobuf or JSON."""

    async def endpoint(door: Door, request: Request, access: Access) -> Response:
        with door.room.stay() as stay:
            content_type, held = await decoded(stay, request, (PROTOBUF, JSON))
            left_out = await SIGNALS[signal](door, access, held, content_type)
        return taken(content_type, signal, left_out.count, left_out.message)

    return endpoint


def array(kind: str) -> Endpoint:
    """Scores, outcomes or charges, as a JSON array."""

    async def endpoint(door: Door, request: Request, access: Access) -> Response:
        with door.room.stay() as stay:
            _, held = await decoded(stay, request, (JSON,))
            return json_answer(await posts.take(door, access, kind, held))

    return endpoint


async def tell_limits(_door: Door, _request: Request, _access: Access) -> Response:
    """What a key may send. Quotas, budgets and blocked routes are empty: none are set."""
    elements = {"scores": limits.SCORES, "outcomes": limits.OUTCOMES, "charges": limits.CHARGES}
    request = {"bytes": limits.BODY_BYTES, "spans": limits.SPANS, **elements}
    span = {"value_characters": limits.VALUE_LENGTH, "attributes": limits.ATTRIBUTES_KEPT}
    return json_answer({"request": request, "span": span, "quotas": [], "budgets": [], "blocked_routes": []})


async def decoded(stay: Stay, request: Request, types: tuple[str, ...]) -> tuple[str, Held]:
    """Content type and decompressed body; refuses the type, the encoding and the length before it reads."""
    content_type = media_type(request.headers.get("content-type", ""))
    if content_type not in types:
        raise WrongType("Content-Type", content_type, " or ".join(types))
    encoding = encoding_of(request.headers.get("content-encoding", ""))
    await stay.announced(announced(request.headers.get("content-length", "")))
    try:
        async with asyncio.timeout(LONGEST):
            return content_type, Held(await received(request.stream(), encoding, stay.grown))
    except TimeoutError as error:
        raise TryLater(f"The body did not come in within {LONGEST:g} seconds.") from error


async def healthz(_request: Request) -> Response:
    return json_answer({"status": "ok"})


def operator_routes(door: Door) -> list[Route]:
    async def readyz(_request: Request) -> Response:
        """Ready while the spool takes something; how far the store is behind is only told."""
        size, ready = door.spool.size(), door.spool.has_room()
        waiting = {"spans": size.spans, "bytes": size.bytes, "oldest_seconds": round(size.age, 3)}
        return json_answer({"ready": ready, "spool": waiting}, 200 if ready else 503)

    async def metrics(_request: Request) -> Response:
        return Response(door.metrics.text(door.spool.size()), media_type="text/plain; version=0.0.4")

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


@dataclass(frozen=True, slots=True)
class Guard:
    """An endpoint behind its guard: who you are, what you may, how you ask, then what you ask."""

    door: Door
    path: str
    method: str
    endpoint: Endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self.answer(request)
        self.door.metrics.requests[self.path, response.status_code] += 1
        if "origin" in request.headers:
            self.door.origins.mark(request.headers["origin"], response)
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        content_type = media_type(request.headers.get("content-type", ""))
        origin = request.headers.get("origin", "")
        try:
            if origin and is_preflight(request):
                return await self.door.origins.preflight(origin, self.method)
            access = await self.door.keys.admit(request.headers, "ingest")
            if origin:
                await self.door.origins.allow(origin, access.project)
            if self.method and request.method != self.method:
                raise WrongMethod(request.method, self.method)
            return await self.endpoint(self.door, request, access)
        except Refusal as refusal:
            return refused(content_type, refusal)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception:
            # The outermost place: a mistake of ours is no reason for the client to throw its spans away.
            log.exception("request failed", path=self.path)
            return refused(content_type, TryLater("Something of ours went wrong; it is in the log."))


async def lost(_door: Door, request: Request, _access: Access) -> Response:
    raise UnknownPath(request.url.path)


def public(door: Door) -> Starlette:
    """Every path with and without a trailing slash; a path that there is not is asked for a key first, too."""
    endpoints: dict[str, tuple[str, Endpoint]] = {"/v1/limits": ("GET", tell_limits)}
    for prefix in PREFIXES:
        endpoints |= {f"{prefix}/v1/{signal}": ("POST", otlp(signal)) for signal in SIGNALS}
        endpoints |= {f"{prefix}/v1/{kind}": ("POST", array(kind)) for kind in POSTS}
    routes = operator_routes(door)
    for path, (method, endpoint) in endpoints.items():
        guard = Guard(door, path, method, endpoint)
        routes += [Route(path, guard), Route(path + "/", guard)]
    app = Starlette(routes=[*routes, Route("/{path:path}", Guard(door, "*", "", lost))])
    app.router.redirect_slashes = False  # clients take a redirect for success and throw the batch away
    return app
