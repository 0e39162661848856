"""What came in: the ledger's counts and what was refused. Ingest keeps both beside its spool, so ingest is asked."""

from typing import Any

import httpx
from django.conf import settings
from ninja import Query, Router

from ledger.api.access import ApiRequest, Needs
from ledger.api.errors import IngestUnavailable
from ledger.api.paging import page
from ledger.api.parameters import Portion
from ledger.api.strict import strict
from ledger.api.wire import Micros, Shown
from ledger.domain.keys import internal_token

router = Router(tags=["ingest"], auth=Needs("read"))

SECONDS = 5.0


class Counts(Shown):
    """In spans, since the project began: received = stored + merged + rejected + spooled."""

    received: int
    stored: int
    merged: int
    rejected: int
    spooled: int


class Rejection(Shown):
    """Spans, log records or data points refused for one reason; `sample` is one of them."""

    reason: str
    count: int
    first_seen: Micros
    last_seen: Micros
    sample: str


class Rejections(Shown):
    items: list[Rejection]
    cursor: str | None


@router.get("/ingest/ledger", response=Counts)
@strict
def ledger(request: ApiRequest) -> Counts:
    """One snapshot of what was received and what became of it, every request answered before the question included."""
    return Counts.model_validate(asked("/ledger", request))


@router.get("/ingest/rejected", response=Rejections)
@strict
def rejected(request: ApiRequest, portion: Query[Portion]) -> Rejections:
    """Why spans, log records and data points were refused, how many, and since when. The ledger counts spans alone."""
    part = page(asked("/rejected", request)["items"], portion.limit, portion.cursor)
    return Rejections(items=[Rejection.model_validate(item) for item in part.items], cursor=part.cursor)


def asked(path: str, request: ApiRequest) -> Any:  # Any: ingest's own JSON, checked by the caller's model
    """Ingest's answer about the request's project."""
    if not settings.ENVIRONMENT.ingest_url:
        raise IngestUnavailable("No ingest is known here: SPANLEDGER_INGEST_URL is not set.")
    try:
        answer = httpx.get(
            settings.ENVIRONMENT.ingest_url + path,
            params={"project": str(request.auth.project.id)},
            headers={"Authorization": f"Bearer {internal_token(settings.SECRET_KEY)}"},
            timeout=SECONDS,
        )
        answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise IngestUnavailable(f"Ingest does not answer: {error}") from error
    return answer.json()
