"""The listener for our own house: the ledger's snapshot and the list of what was rejected."""

import hmac
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingest.answers import json_answer
from ingest.tally import ledger, rejected


def internal(folder: Path, token: str) -> Starlette:
    """Answers only to the house's own token."""

    async def tell_ledger(request: Request) -> Response:
        project = asked(request, token)
        if isinstance(project, Response):
            return project
        return json_answer(asdict(await anyio.to_thread.run_sync(ledger, folder, project)))

    async def tell_rejected(request: Request) -> Response:
        project = asked(request, token)
        if isinstance(project, Response):
            return project
        items = await anyio.to_thread.run_sync(rejected, folder, project)
        return json_answer({"items": [asdict(item) for item in items]})

    return Starlette(routes=[Route("/ledger", tell_ledger), Route("/rejected", tell_rejected)])


def asked(request: Request, token: str) -> UUID | Response:
    """The project asked for, or the refusal."""
    said = request.headers.get("authorization", "")
    if not hmac.compare_digest(said.encode(), f"Bearer {token}".encode()):
        return json_answer({"message": "This address is for Spanledger's own services."}, 401)
    try:
        return UUID(request.query_params.get("project", ""))
    except ValueError:
        return json_answer({"message": "Say which project: ?project=<uuid>."}, 400)
