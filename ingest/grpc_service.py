"""OTLP/gRPC: the three Export methods. Behind the key, the same way as over HTTP.

Messages come as raw bytes and are decompressed by us, as over HTTP: gRPC would call a broken one its own mistake, and
knows no limit of growth. For a client these are plain calls of one message; here they are streams, because of a stream
the key is seen before the message is read.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, NoReturn

import grpc  # type: ignore[import-untyped]  # grpcio ships no types
import grpc.aio  # type: ignore[import-untyped]
import structlog

from ingest.answers import PROTOBUF
from ingest.body import mouthfuls, received
from ingest.cursor import Body
from ingest.door import SIGNALS, Door
from ingest.errors import Malformed, Refusal, TryLater, UnknownPath
from ingest.gate import Gate
from ingest.held import Held
from ingest.protobuf import partial_success, rpc_status
from ingest.room import Stay

METHODS = {
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export": "traces",
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export": "logs",
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export": "metrics",
}
CODES = {code.value[0]: code for code in grpc.StatusCode}
OK = 0

log = structlog.get_logger("ingest")


class ExportService(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpcio ships no types
    """Answers every method, so that whoever asks for one that there is not is asked for a key first, too."""

    def __init__(self, door: Door) -> None:
        self.door, self.gate = door, Gate()

    def service(self, call: Any) -> Any:
        """The handler of a call; both are grpcio's, hence Any."""
        return grpc.stream_unary_rpc_method_handler(partial(self.answer, call.method))

    async def answer(self, method: str, _messages: object, context: Any) -> bytes:
        try:
            response = await self.taken(method, context)
        except Refusal as refusal:
            await self.refuse(method, context, refusal)
        except Exception:
            # The outermost place: a mistake of ours is no reason for the client to throw its spans away.
            log.exception("request failed", path=method)
            await self.refuse(method, context, TryLater("Something of ours went wrong; it is in the log."))
        self.count(method, OK)
        return response

    async def taken(self, method: str, context: Any) -> bytes:
        """An Export…Response, once the message is on disk."""
        access = await self.door.keys.admit(headers(context.invocation_metadata()), "ingest")
        if method not in METHODS:
            raise UnknownPath(method)
        with self.door.room.stay() as stay:
            held = await whole(Held(await self.gate.read(partial(only_message, context))), stay)
            left_out = await SIGNALS[METHODS[method]](self.door, access, held, PROTOBUF)
        return partial_success(left_out.count, left_out.message) if left_out.message else b""

    async def refuse(self, method: str, context: Any, refusal: Refusal) -> NoReturn:
        self.count(method, refusal.code)
        status = rpc_status(refusal.code, str(refusal), refusal.retry_after)
        await context.abort(CODES[refusal.code], str(refusal), (("grpc-status-details-bin", status),))
        raise AssertionError("abort raises")

    def count(self, method: str, code: int) -> None:
        self.door.metrics.requests[method if method in METHODS else "*", code] += 1


def headers(metadata: Any) -> Mapping[str, str]:
    """Metadata as headers; of several under one name the first counts, as over HTTP."""
    return {name: value for name, value in reversed(tuple(metadata or ())) if isinstance(value, str)}


async def only_message(context: Any) -> bytes:
    message = await context.read()
    if message is grpc.aio.EOF:
        raise Malformed("The call holds no message.")
    if await context.read() is not grpc.aio.EOF:
        raise Malformed("The call holds more than one message.")
    return bytes(message)


async def whole(held: Held, stay: Stay) -> Held:
    """A message as it was before its compression."""
    stay.grown(len(held))
    kind = encoding(held.raw)
    if kind == "identity":
        return held
    inflated = Held(await received(mouthfuls(held.raw), kind, stay.grown))
    held.let_go()
    return inflated


def encoding(wire: Body) -> str:
    """How a message is compressed, by its first bytes: gRPC does not tell, and no OTLP request begins with them."""
    if wire.startswith(b"\x1f\x8b"):
        return "gzip"
    is_zlib = len(wire) > 2 and wire[0] == 0x78 and (wire[0] << 8 | wire[1]) % 31 == 0
    return "deflate" if is_zlib else "identity"
