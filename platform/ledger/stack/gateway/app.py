"""ClickHouse's HTTP interface, as far as an ordinary client of it needs."""

import asyncio
import json
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ledger.stack.gateway.encoding import compressed
from ledger.stack.gateway.engine import Answer, Engine, Question
from ledger.stack.gateway.errors import HttpError, QueryAbandoned, TooManyWaiting
from ledger.stack.gateway.request import question_of
from ledger.stack.gateway.users import Users

AT_ONCE = 16
MAY_WAIT = 256
SUMMARY = ("read_rows", "read_bytes", "written_rows", "written_bytes", "result_rows", "result_bytes", "elapsed_ns")

logger = logging.getLogger(__name__)


class Gateway:
    """Takes questions from the event loop to the engine's threads, and stops those whose client has gone."""

    def __init__(self, engine: Engine, users: Users) -> None:
        self.engine, self.users = engine, users
        self.workers = ThreadPoolExecutor(AT_ONCE, "query")
        self.stoppers = ThreadPoolExecutor(2, "stop")
        self.asked = 0

    async def ping(self, request: Request) -> Response:
        return PlainTextResponse("Ok.\n")

    async def respond(self, request: Request) -> Response:
        query_id = request.query_params.get("query_id") or str(uuid4())
        headers = {
            "X-ClickHouse-Query-Id": query_id,
            "X-ClickHouse-Timezone": self.engine.timezone,
            "X-ClickHouse-Server-Display-Name": "spanledger gateway",
        }
        try:
            question, fields = await question_of(request, self.users)
            answer = await self.answered(request, question)
        except HttpError as error:
            return refusal(error, headers)
        except ClientDisconnect:
            return refusal(QueryAbandoned(), headers)
        wanted = request.headers.get("accept-encoding", "") if fields.get("enable_http_compression") == "1" else ""
        return await asyncio.to_thread(success, answer, wanted, headers)

    async def answered(self, request: Request, question: Question) -> Answer:
        if self.asked >= AT_ONCE + MAY_WAIT:
            raise TooManyWaiting(AT_ONCE, MAY_WAIT)
        self.asked += 1
        work = asyncio.get_running_loop().run_in_executor(self.workers, self.engine.answer, question)
        gone = asyncio.ensure_future(request.receive())  # the body is read, so all that can come is the end
        try:
            await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise QueryAbandoned
            return work.result()
        finally:
            self.asked -= 1
            gone.cancel()
            if not work.done():
                work.cancel()
                self.stoppers.submit(self.engine.abandon, question)

    def close(self) -> None:
        self.workers.shutdown(cancel_futures=True)
        self.stoppers.shutdown(cancel_futures=True)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/ping", self.ping, methods=["GET"]),
                Route("/", self.respond, methods=["GET", "POST"]),
            ]
        )


def refusal(error: HttpError, headers: Mapping[str, str]) -> Response:
    return PlainTextResponse(
        f"{error}\n", error.status, headers={**headers, "X-ClickHouse-Exception-Code": str(error.code)}
    )


def success(answer: Answer, accepted: str, headers: Mapping[str, str]) -> Response:
    body, encoding = compressed(answer.body, accepted)
    response = Response(body, headers=dict(headers), media_type="application/octet-stream")
    response.headers["X-ClickHouse-Summary"] = json.dumps({name: str(answer.summary.get(name, 0)) for name in SUMMARY})
    if answer.format:
        response.headers["X-ClickHouse-Format"] = answer.format
    if encoding:
        response.headers["Content-Encoding"] = encoding
    return response
