"""Whether this service runs, and whether what it needs does."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import httpx
import psycopg
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from kombu.connection import Connection
from kombu.exceptions import KombuError, OperationalError

from ledger.api.wire import dump
from ledger.domain.keys import internal_token
from ledger.environment import Environment

log = logging.getLogger(__name__)

SECONDS = 2
NOBODY = UUID(int=0)
"""A project that isn't there: ingest's snapshot of it is empty, and shows that ingest can be asked."""

ABSENT = (psycopg.Error, httpx.HTTPError, httpx.InvalidURL, KombuError, OperationalError, OSError)
"""How a service that doesn't answer shows itself."""


def ask_postgresql(env: Environment) -> None:
    psycopg.connect(env.database_url, connect_timeout=SECONDS).close()


def ask_clickhouse(env: Environment) -> None:
    url = httpx.URL(env.clickhouse_url)
    httpx.get(url.copy_with(path="/ping", userinfo=b""), timeout=SECONDS).raise_for_status()


def ask_broker(env: Environment) -> None:
    with Connection(env.broker_url, connect_timeout=SECONDS) as broker:  # type: ignore[no-untyped-call]
        broker.ensure_connection(max_retries=1, timeout=SECONDS)


def ask_ingest(env: Environment) -> None:
    headers = {"Authorization": f"Bearer {internal_token(env.secret_key)}"}
    answer = httpx.get(f"{env.ingest_url}/ledger", params={"project": str(NOBODY)}, headers=headers, timeout=SECONDS)
    answer.raise_for_status()


NEEDED: dict[str, Callable[[Environment], None]] = {
    "PostgreSQL": ask_postgresql,
    "ClickHouse": ask_clickhouse,
    "broker": ask_broker,
    "ingest": ask_ingest,
}


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return HttpResponse(dump({"status": "ok"}), content_type="application/json")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 only if everything that the pages need answers, else 503 with what doesn't."""
    missing = {name: reason for name, reason in asked(settings.ENVIRONMENT).items() if reason}
    status = "unavailable" if missing else "ok"
    body = dump({"status": status, "missing": missing})
    return HttpResponse(body, status=503 if missing else 200, content_type="application/json")


def asked(env: Environment) -> dict[str, str]:
    """What kind of trouble each service has, all asked at once; empty where there is none."""
    with ThreadPoolExecutor(len(NEEDED)) as threads:
        answers = {name: threads.submit(complaint, ask, env) for name, ask in NEEDED.items()}
        return {name: answer.result() for name, answer in answers.items()}


def complaint(ask: Callable[[Environment], None], env: Environment) -> str:
    """The details go to our log: who may ask this need not know our addresses."""
    try:
        ask(env)
    except ABSENT as error:
        log.warning("not ready: %s", error)
        return type(error).__name__
    return ""
