"""A request becomes a question: its parts may stand in the URL, in headers, in a form or in the body."""

import asyncio
from collections.abc import Mapping

from starlette.requests import Request

from ledger.stack.gateway.encoding import decompressed
from ledger.stack.gateway.engine import Question
from ledger.stack.gateway.errors import BodyTooLarge, NotSupported
from ledger.stack.gateway.users import User, Users

MAX_BODY = 256 << 20
PARAM = "param_"
NOT_SETTINGS = frozenset(
    (
        *("query", "query_id", "database", "default_format", "user", "password", "role", "quota_key", "stacktrace"),
        *("session_id", "session_timeout", "session_check", "close_session", "client_protocol_version"),
        *("buffer_size", "wait_end_of_query", "compress", "decompress"),
    )
)
"""Words of ClickHouse's HTTP interface. Sessions are accepted and not kept: each request stands alone."""


async def question_of(request: Request, users: Users) -> tuple[Question, Mapping[str, str]]:
    """The question and all its fields. Who asks is settled before a byte of the body is read."""
    fields = dict(request.query_params)
    user = users.authenticate(request.headers, fields)
    if fields.get("compress", "0") != "0" or fields.get("decompress", "0") != "0":
        raise NotSupported("compress and decompress; use Accept-Encoding and Content-Encoding")
    wire = await body_of(request)
    body = await asyncio.to_thread(decompressed, wire, request.headers.get("content-encoding", ""), MAX_BODY)
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        fields |= form(body, kind.partition("boundary=")[2].strip('"').encode())
        body = b""
    return compose(user, request, fields, body), fields


async def body_of(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise BodyTooLarge(MAX_BODY)
    return bytes(body)


def compose(user: User, request: Request, fields: Mapping[str, str], body: bytes) -> Question:
    head = fields.get("query", "").encode()
    settings = {
        name: value for name, value in fields.items() if name not in NOT_SETTINGS and not name.startswith(PARAM)
    }
    if request.method == "GET":
        settings.setdefault("readonly", "1" if user.role == "reader" else "2")
    return Question(
        user=user,
        sql=head + b"\n" + body if head and body else head or body,
        database=fields.get("database", request.headers.get("x-clickhouse-database", "")),
        default_format=fields.get("default_format", request.headers.get("x-clickhouse-format", "TabSeparated")),
        settings=settings,
        params={name.removeprefix(PARAM): value for name, value in fields.items() if name.startswith(PARAM)},
    )


def form(body: bytes, boundary: bytes) -> dict[str, str]:
    """The values of a multipart form; clients put long parameters there."""
    fields = {}
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, value = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if b"filename=" in head:
            raise NotSupported("external tables")
        name = head.partition(b'name="')[2].partition(b'"')[0]
        fields[name.decode()] = value.removesuffix(b"\r\n").decode()
    return fields
