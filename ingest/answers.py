"""Answers, in the type of their requests: protobuf to protobuf, JSON to all others."""

import orjson
from starlette.responses import Response

from ingest.errors import Refusal
from ingest.protobuf import partial_success, rpc_status

PROTOBUF, JSON = "application/x-protobuf", "application/json"

COUNTED_AS = {"traces": "rejectedSpans", "logs": "rejectedLogRecords", "metrics": "rejectedDataPoints"}


def media_type(header: str) -> str:
    """The content type without its parameters, in lower case."""
    return header.partition(";")[0].strip().lower()


def taken(content_type: str, signal: str, rejected: int = 0, message: str = "") -> Response:
    """200; with what was left out, if anything was."""
    if content_type == PROTOBUF:
        body = partial_success(rejected, message) if rejected or message else b""
        return Response(body, 200, media_type=PROTOBUF)
    partial = {COUNTED_AS[signal]: str(rejected), "errorMessage": message} if rejected or message else None
    return Response(orjson.dumps({"partialSuccess": partial} if partial else {}), 200, media_type=JSON)


def refused(content_type: str, refusal: Refusal) -> Response:
    """A google.rpc.Status under the refusal's HTTP status."""
    message = str(refusal)
    if content_type == PROTOBUF:
        body, kind = rpc_status(refusal.code, message), PROTOBUF
    else:
        body, kind = orjson.dumps({"code": refusal.code, "message": message}), JSON
    return Response(body, refusal.status, refusal.headers, kind)


def json_answer(content: object, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type=JSON)
