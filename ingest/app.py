"""The public listener: OTLP/HTTP, scores, and what an operator asks of the door."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

import anyio
import structlog
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from ingest import limits
from ingest.answers import JSON, PROTOBUF, json_answer, media_type, refused, taken
from ingest.batch import Batch
from ingest.body import announced, decompressed, encoding_of, received
from ingest.committer import SpoolError
from ingest.errors import Refusal, TryLater, UnknownPath, WrongMethod, WrongType
from ingest.keys import Access, KeyRing
from ingest.metrics import Metrics
from ingest.reading import Clock, Reading, reading
from ingest.scores import part_of, scores
from ingest.spool import Spool
from ingest.unkept import counted

PREFIXES = ("", "/otlp", "/api/public/otel")
INLINE_BYTES = 64 * 1024
"""Bodies up to here are read on the spot; bigger ones on a thread, so that others are answered meanwhile."""

READING_BYTES = 96 * 1024 * 1024
"""Decoded bytes of all requests together that may be in memory; who comes after is told to come again."""

log = structlog.get_logger("ingest")

type Endpoint = Callable[["Door", Request, Access], Awaitable[Response]]


@dataclass
class Door:
    """What the endpoints share."""

    keys: KeyRing
    spool: Spool
    metrics: Metrics = field(default_factory=Metrics)
    clock: Clock = field(default_factory=Clock)
    threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(2))
    in_memory: int = 0

    async def keep(self, access: Access, found: Reading) -> None:
        """Returns when it is on disk."""
        received_at = self.clock.take(found.spans + found.refused)
        await self.append(Batch(access.project, access.key_id, received_at, found.parts, found.rejected))

    async def append(self, batch: Batch) -> None:
        try:
            await self.spool.append(batch)
        except SpoolError as error:
            raise TryLater(str(error)) from error

    async def read[T](self, size: int, read: Callable[[], T]) -> T:
        """Does the reading of a body of this size, on a thread if it takes long."""
        if size <= INLINE_BYTES:
            return read()
        if self.in_memory and self.in_memory + size > READING_BYTES:
            raise TryLater("Too many big requests at once.")
        self.in_memory += size
        try:
            return await anyio.to_thread.run_sync(read, limiter=self.threads)
        finally:
            self.in_memory -= size


async def traces(door: Door, request: Request, access: Access) -> Response:
    content_type, body = await decoded(door, request, (PROTOBUF, JSON))
    found = await door.read(len(body), partial(reading, body, content_type))
    if found.parts or found.rejected:
        await door.keep(access, found)
    door.metrics.spans += found.spans + found.refused
    door.metrics.rejected.update({reason: len(samples) for reason, samples in found.rejected.items()})
    return taken(content_type, "traces", found.refused, found.message)


def unkept(signal: str) -> Endpoint:
    """Logs or metrics: answered with how many were left out, so that no client sends them again."""

    async def endpoint(door: Door, request: Request, access: Access) -> Response:
        content_type, body = await decoded(door, request, (PROTOBUF, JSON))
        count = await door.read(len(body), partial(counted, body, signal, content_type == JSON))
        door.metrics.dropped[signal] += count
        return taken(content_type, signal, count, f"Spanledger does not keep {signal} yet." if count else "")

    return endpoint


async def take_scores(door: Door, request: Request, access: Access) -> Response:
    _, body = await decoded(door, request, (JSON,))
    found = await door.read(len(body), partial(scores, body))
    if found:
        await door.append(Batch(access.project, access.key_id, door.clock.take(1), [part_of(found)]))
    door.metrics.scores += len(found)
    return json_answer({"accepted": len(found)})


async def tell_limits(_door: Door, _request: Request, _access: Access) -> Response:
    """What a key may send. Quotas, budgets and blocked routes are empty: none are set."""
    request = {"bytes": limits.BODY_BYTES, "spans": limits.SPANS, "scores": limits.SCORES}
    span = {"value_characters": limits.VALUE_LENGTH, "attributes": limits.ATTRIBUTES_KEPT}
    return json_answer({"request": request, "span": span, "quotas": [], "budgets": [], "blocked_routes": []})


async def decoded(door: Door, request: Request, types: tuple[str, ...]) -> tuple[str, bytes]:
    """Content type and decompressed body; refuses the type, the encoding and the length before it reads."""
    content_type = media_type(request.headers.get("content-type", ""))
    if content_type not in types:
        raise WrongType("Content-Type", content_type, " or ".join(types))
    encoding = encoding_of(request.headers.get("content-encoding", ""))
    announced(request.headers.get("content-length", ""))
    wire = await received(request.stream())
    grown = len(wire) if encoding == "identity" else len(wire) * 8
    return content_type, await door.read(min(grown, limits.BODY_BYTES), partial(decompressed, wire, encoding))


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
        response = await self.answer(Request(scope, receive))
        self.door.metrics.requests[self.path, response.status_code] += 1
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        content_type = media_type(request.headers.get("content-type", ""))
        try:
            access = await self.door.keys.admit(request.headers, "ingest")
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
    endpoints: dict[str, tuple[str, Endpoint]] = {
        "/v1/scores": ("POST", take_scores),
        "/v1/limits": ("GET", tell_limits),
    }
    for prefix in PREFIXES:
        endpoints[f"{prefix}/v1/traces"] = ("POST", traces)
        endpoints[f"{prefix}/v1/logs"] = ("POST", unkept("logs"))
        endpoints[f"{prefix}/v1/metrics"] = ("POST", unkept("metrics"))
    routes = operator_routes(door)
    for path, (method, endpoint) in endpoints.items():
        guard = Guard(door, path, method, endpoint)
        routes += [Route(path, guard), Route(path + "/", guard)]
    app = Starlette(routes=[*routes, Route("/{path:path}", Guard(door, "*", "", lost))])
    app.router.redirect_slashes = False  # clients take a redirect for success and throw the batch away
    return app
