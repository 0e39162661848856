"""docs/a-worked-bill.md, sent through door, writer and settler and asked of the API: its tables are the claims."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from ledger import stores
from ledger.accounts.models import ApiKey, Project
from ledger.jobs.models import Job
from ledger.jobs.turns import take_turn
from ledger.prices.seeding import seed_catalogue
from ledger.settle.settlement import Settlement
from ledger.store.client import Store, connect
from tests.ingest.house import House, own_database
from tests.ingest.requests import Plain, pairs

BILL = Path(__file__).parents[2] / "docs" / "a-worked-bill.md"
DAY = (datetime.now(UTC) - timedelta(days=3)).replace(hour=9, minute=0, second=0, microsecond=0)
JSON = "application/json"
ANN, BEN, CLEO, DAN = (f"{number:032x}" for number in (0xA, 0xB, 0xC, 0xD))

GPT_4O: dict[str, Plain] = {"gen_ai.provider.name": "openai", "gen_ai.response.model": "gpt-4o"}
SONNET: dict[str, Plain] = {"gen_ai.provider.name": "anthropic", "gen_ai.response.model": "claude-sonnet-4-5"}
PINE: dict[str, Plain] = {"gen_ai.provider.name": "in-house", "gen_ai.response.model": "pine-7b"}


@dataclass
class Desk:
    """The support desk's project in a house of its own."""

    house: House
    store: Store
    ingest_key: str
    admin_key: str

    def send(self, path: str, body: object) -> None:
        response = self.house.post(json.dumps(body).encode(), self.ingest_key, path, content_type=JSON)
        assert response.json() == {"accepted": 1}

    def settle(self) -> None:
        settlement = Settlement(self.store)
        settlement.fill_unpriced()
        while settlement.settle_arrived():
            pass

    def settle_told(self, outcomes: int, charges: int) -> None:
        """Settles once so many outcomes and charges are in the store."""
        self.house.wait(lambda: self.announced("outcome") >= outcomes, "the outcomes")
        self.house.wait(lambda: self.announced("charge") >= charges, "the charges")
        self.settle()

    def announced(self, reason: str) -> int:
        sql = "SELECT count() AS n FROM arrivals WHERE reason = {reason:String}"
        return int(self.store.select(sql, reason=reason)[0]["n"])

    def api(self, path: str, body: object = None) -> Any:
        client, headers = Client(), {"Authorization": f"Bearer {self.admin_key}"}
        url = f"/api/v1{path}"
        answer = client.get(url, headers=headers) if body is None else client.post(url, body, JSON, headers=headers)
        assert answer.status_code < 300, answer.content
        return answer.json()

    def figures(self, names: Sequence[str]) -> dict[str, Decimal | None]:
        window = f"from={shown(DAY)}&to={shown(DAY + timedelta(hours=1))}"
        total = self.api(f"/metrics?measures={','.join(names)}&{window}&filter=route:=:support.refunds")["total"]
        return {name: None if total[name] is None else Decimal(str(total[name])) for name in names}


@pytest.fixture
def desk(
    tmp_path: Path, postgres: str, own_url: str, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    store, project = connect(own_url), Project.objects.create(name="Support desk")
    monkeypatch.setattr(stores, "reader", lambda: store)
    monkeypatch.setattr(stores, "writer", lambda: store)
    seed_catalogue(store, timezone.now())
    house = House(tmp_path, own_database(postgres), own_url)
    house.start_ingest()
    house.start_writer()
    yield Desk(house, store, house.key(project.pk), ApiKey.issue(project, "admin", name="admin"))
    house.stop()
    store.close()


def test_the_bill_says_what_the_ledger_says(desk: Desk) -> None:
    bill = sections(BILL.read_text())

    assert desk.house.post(the_day(), desk.ingest_key).content == b""
    project = Project.objects.get(name="Support desk")
    assert desk.house.drain(project.pk) == {"received": 11, "stored": 11, "merged": 0, "rejected": 0, "spooled": 0}
    desk.settle()
    for step in ("1", "2"):
        assert desk.figures(list(bill[step])) == bill[step]
    assert sorted(costs(desk, ANN)) == [("duplicate", None), ("priced", "0.008"), ("priced", "0.025")]
    assert costs(desk, BEN) == [("not_billable", None), ("priced", "0.0555")]
    assert costs(desk, DAN) == [("unpriced", None)]

    desk.send("/v1/charges", [{"trace_id": ANN, "amount": "0.01", "kind": "web_search"}])
    desk.send("/v1/outcomes", [{"trace_id": ANN, "success": True, "value": "4.50"}])
    desk.send("/v1/outcomes", [{"trace_id": BEN, "success": False}])
    desk.send("/v1/charges", [{"trace_id": BEN, "amount": "3.00", "kind": "support_agent"}])
    desk.settle_told(outcomes=2, charges=2)
    assert desk.figures(list(bill["3"])) == bill["3"]

    desk.api(
        "/prices", {"provider": "in-house", "model": "pine-7b", "per_million": {"input": "0.20", "output": "0.40"}}
    )
    desk.settle()
    assert desk.figures(list(bill["4"])) == bill["4"]

    discounted = {"input": "2.00", "cache_read": "1.00", "output": "8.00"}
    desk.api("/prices", {"provider": "openai", "model": "gpt-4o", "per_million": discounted})
    desk.settle()
    assert desk.figures(list(bill["4"])) == bill["4"]

    repriced = reprice(desk)
    assert (repriced["before"]["cost"], repriced["after"]["cost"]) == ("0.041", "0.0328")
    assert desk.figures(list(bill["5"])) == bill["5"]

    desk.send("/v1/outcomes", [{"session_id": "s-7", "success": True, "value": "4.50"}])
    desk.settle_told(outcomes=3, charges=2)
    assert desk.figures(list(bill["6"])) == bill["6"]


def costs(desk: Desk, trace: str) -> list[tuple[str, str | None]]:
    """Status and cost of a task's calls, by time."""
    spans = desk.api(f"/traces/{trace}")["spans"]
    return [(span["cost_status"], span["cost"]) for span in spans if span["kind"] == "generation"]


def reprice(desk: Desk) -> Mapping[str, Any]:
    window = {"from": shown(DAY), "to": shown(DAY + timedelta(days=1))}
    begun = desk.api("/prices/reprice", window | {"provider": "openai", "model": "gpt-4o"})
    take_turn(desk.store, Job.objects.get(pk=begun["job"]))
    result: Mapping[str, Any] = desk.api(f"/jobs/{begun['job']}")["result"]
    return result


def sections(text: str) -> dict[str, dict[str, Decimal | None]]:
    """The tables of figures by the number of their section."""
    found: dict[str, dict[str, Decimal | None]] = {}
    for number, section in re.findall(r"^## (\d)\.(.*?)(?=^## |\Z)", text, re.M | re.S):
        rows = re.findall(r"^\| `(\w+)` \| (\S+) \|$", section, re.M)
        found[number] = {name: None if value == "null" else Decimal(value) for name, value in rows}
    assert list(found) == list("123456")
    return found


def shown(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def the_day() -> bytes:
    """Six calls of four tasks in seven reports, each task below a root of its own."""
    spans = [
        *task(ANN, 0, call(1, GPT_4O, usage(12_000, 500, read=8_000)), call(2, GPT_4O, usage(2_000, 300))),
        *task(
            BEN, 60, call(3, SONNET, {"error.type": "RateLimitError"}), call(4, SONNET, usage(11_000, 1_000, 10_000))
        ),
        *task(CLEO, 120, call(5, GPT_4O, usage(1_600, 400)), session="s-7"),
        *task(DAN, 180, call(6, PINE, usage(500, 50))),
    ]
    again = Span()
    again.CopyFrom(spans[2])
    again.span_id = (99).to_bytes(8)
    told = [scoped("opentelemetry.instrumentation.openai_v2", spans), scoped("another.instrumentor", [again])]
    return ExportTraceServiceRequest(resource_spans=[ResourceSpans(scope_spans=told)]).SerializeToString()


def scoped(name: str, spans: Sequence[Span]) -> ScopeSpans:
    return ScopeSpans(scope=InstrumentationScope(name=name), spans=spans)


def call(number: int, model: Mapping[str, Plain], more: Mapping[str, Plain]) -> Span:
    known: dict[str, Plain] = {"gen_ai.operation.name": "chat", "gen_ai.response.id": f"response-{number}"}
    span = Span(name="chat", span_id=number.to_bytes(8), attributes=pairs({**known, **model, **more}))
    if "error.type" in more:
        span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="429"))
    return span


def usage(sent: int, output: int, written: int = 0, *, read: int = 0) -> dict[str, Plain]:
    cache = {"gen_ai.usage.cache_creation.input_tokens": written, "gen_ai.usage.cache_read.input_tokens": read}
    known = {name: tokens for name, tokens in cache.items() if tokens}
    return {"gen_ai.usage.input_tokens": sent, "gen_ai.usage.output_tokens": output, **known}


def task(trace: str, after: int, *calls: Span, session: str = "") -> list[Span]:
    """A root of twenty seconds, and its calls one after another."""
    start = int((DAY + timedelta(seconds=after)).timestamp()) * 10**9
    told: dict[str, Plain] = {"spanledger.route": "support.refunds", "spanledger.kind": "workflow"}
    root = Span(name="answer", span_id=bytes.fromhex(trace[-16:])[::-1], attributes=pairs(told | named(session)))
    root.start_time_unix_nano, root.end_time_unix_nano = start, start + 20 * 10**9
    for number, one in enumerate(calls):
        one.parent_span_id = root.span_id
        one.start_time_unix_nano = start + (1 + 5 * number) * 10**9
        one.end_time_unix_nano = one.start_time_unix_nano + 4 * 10**9
    for one in (root, *calls):
        one.trace_id = bytes.fromhex(trace)
    return [root, *calls]


def named(session: str) -> dict[str, Plain]:
    return {"session.id": session} if session else {}
