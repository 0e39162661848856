"""A project with a trace and its callers: who holds which key, and who holds none."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
import uvicorn
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from ingest.internal import internal
from ingest.spool_file import FILE, opened
from ledger.accounts.models import ApiKey, Membership, Project, User
from ledger.domain.keys import internal_token
from ledger.domain.span import Event, Span, version_of
from ledger.domain.usage import Usage
from ledger.stack import ports
from ledger.store.client import Store
from ledger.store.writing import Sending, write_spans

PROJECT = uuid4()
TRACE = "0af7651916cd43dd8448eb211c80319c"
BEGUN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)

type Ask = Callable[..., Any]


@pytest.fixture
def project(db: None) -> Project:
    return Project.objects.create(id=PROJECT, name="Kitchen shop")


@pytest.fixture
def keys(project: Project) -> dict[str, str]:
    """A key of each kind, one of another project, one that was revoked and one that has expired."""
    foreign = Project.objects.create(name="Others")
    yesterday = timezone.now() - timedelta(days=1)
    made = {kind: ApiKey.issue(project, kind, name=kind) for kind in ("ingest", "read", "admin")}
    made["foreign"] = ApiKey.issue(foreign, "admin", name="foreign")
    made["expired"] = ApiKey.issue(project, "admin", name="expired", expires_at=yesterday)
    made["revoked"] = ApiKey.issue(project, "admin", name="revoked")
    ApiKey.objects.filter(name="revoked").update(revoked_at=yesterday)
    return made


@pytest.fixture
def ask(keys: dict[str, str]) -> Ask:
    """`ask("/metrics?…", key="read")`: the status and the JSON of an answer of the API."""

    def asking(path: str, key: str = "read", body: object = None) -> tuple[int, Any]:
        client, headers = Client(), {"Authorization": f"Bearer {keys[key]}"} if key else {}
        url = f"/api/v1{path}"
        if body is None:
            answer = client.get(url, headers=headers)
        else:
            answer = client.post(url, json.dumps(body), content_type="application/json", headers=headers)
        return answer.status_code, json.loads(answer.content)

    return asking


@pytest.fixture
def member(project: Project) -> Callable[[str], Client]:
    """`member("viewer")`: a signed-in browser of a member of the project, with CSRF checks as in the real one."""

    def signed_in(role: str) -> Client:
        user = User.objects.create_user(f"{role}@example.com", "a password of some length")
        Membership.objects.create(user=user, project=project, role=role)
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture(scope="session")
def trace(store: Store) -> str:
    """A trace of the project: one task with one call that cost half a cent."""
    common = {"trace_id": TRACE, "route": "support.refunds", "tags": {"plan": "pro"}}
    root = Span(span_id="1" * 16, kind="agent", name="answer", start=micros(0), end=micros(3), **common)
    call = Span(
        span_id="2" * 16,
        parent_id=root.span_id,
        kind="generation",
        name="chat gpt-4o",
        provider="openai",
        model="gpt-4o",
        finish_reasons=("stop",),
        usage=Usage(input=1000, output=250),
        start=micros(1),
        end=micros(2),
        input=said("user", "Where is it?"),
        output=said("assistant", "On its way."),
        attributes={"gen_ai.request.temperature": 0.5, "gen_ai.request.stop_sequences": ["END"], "cached": True},
        events=(Event(micros(1.5), "retry", {"attempt": 2}),),
        **common,
    )
    write_spans(store, [sending(root), sending(call)], [])
    settle(store, root, call)
    return TRACE


def said(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


def micros(seconds: float) -> int:
    return round((BEGUN.timestamp() + seconds) * 1_000_000)


def sending(span: Span) -> Sending:
    return Sending(PROJECT, span, version_of(span.end, span.end, 0), received_at=span.end)


def settle(store: Store, root: Span, call: Span) -> None:
    """What the settler leaves of a call at 2.50 and 10 USD per million: 1000 × 2.5 + 250 × 10, in millionths."""
    assert Decimal("0.005") == 1000 * Decimal("2.5e-6") + 250 * Decimal("10e-6")
    usage = {"input_tokens": 1000, "output_tokens": 250}
    money = {"cost": Decimal("0.005"), "cost_status": "priced", "price_id": "openai/gpt-4o", "price_version": 1}
    said = {"kind": call.kind, "name": call.name, "provider": call.provider, "model": call.model, "status": "ok"}
    placed = {"start_time": call.start, "span_id": bytes.fromhex(call.span_id), "version": 1}
    enter(store, "call_entries", {**said, **placed, **usage, **money, "duration_us": call.duration})
    whole = {"kind": root.kind, "name": root.name, "status": "ok", "start_time": root.start, "version": 1}
    step = (call.kind, call.provider, call.model, "", "", "", "", "")
    sums = {"spans": 2, "calls": 1, "cost": Decimal("0.005"), "steps": [step], **usage}
    told = {"success": True, "revenue": Decimal("4.50"), "outcome_at": root.end, "charges": Decimal("0.01")}
    enter(store, "trace_entries", {**whole, **sums, **told, "duration_us": root.duration})


@pytest.fixture
def busy_routes(store: Store, project: Project) -> list[str]:
    """Five routes, the first with five calls and the last with one."""
    routes = [f"busy.{number}" for number in range(5)]
    for calls, route in zip(range(5, 0, -1), routes, strict=True):
        for number in range(calls):
            call = {"kind": "generation", "status": "ok", "start_time": micros(number), "version": 1, "route": route}
            enter(store, "call_entries", {**call, "trace_id": uuid4().bytes, "span_id": uuid4().bytes[:8]})
    return routes


def enter(store: Store, table: str, row: dict[str, Any]) -> None:
    common = {"project_id": PROJECT, "trace_id": bytes.fromhex(TRACE), "route": "support.refunds"}
    entry = {**common, "tags": {"plan": "pro"}, **row}
    store.insert(table, {name: [value] for name, value in entry.items()})


@pytest.fixture(scope="session")
def listener(tmp_path_factory: pytest.TempPathFactory, eventually: Callable[..., None]) -> Iterator[tuple[Path, str]]:
    """Ingest's internal listener, which the API asks: the folder of its spool, and its address."""
    folder, port = tmp_path_factory.mktemp("spool"), ports.free()
    opened(folder / FILE).close()
    app = internal(folder, internal_token(django_settings.SECRET_KEY))
    server = uvicorn.Server(uvicorn.Config(app, port=port, ws="none", lifespan="off", log_level="warning"))
    thread = Thread(target=server.run)
    thread.start()
    eventually(lambda: server.started, "ingest's internal listener")
    yield folder, f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def spool(listener: tuple[Path, str], settings: Any) -> Iterator[sqlite3.Connection]:
    """The spool's file, with nothing counted yet."""
    folder, url = listener
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, ingest_url=url)
    file = opened(folder / FILE)
    file.executescript("DELETE FROM counts; DELETE FROM rejections")
    yield file
    file.close()
