"""Spans again and again, in any order, from several processes, or changed: the ledger holds what it would in order."""

import random
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from ledger.store.client import Row, Store
from tests.ingest.house import House
from tests.ingest.requests import START, body, span

pytestmark = pytest.mark.faults

SECOND = 1_000_000_000
TRACES, SPANS = 4, 12


def child(number: int, trace: int, parent: int, **words: str | int) -> Span:
    """A call below another span; the root has no parent."""
    made = span(
        number,
        trace,
        name=f"step {number}",
        start=START + number * SECOND,
        attributes={"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": number * 100, **words},
    )
    made.parent_span_id = parent.to_bytes(8) if parent else b""
    return made


def forest() -> list[Span]:
    """Four traces, each a tree: every span's parent is the one half its number."""
    return [
        child(trace * 100 + at, trace, trace * 100 + at // 2 if at > 1 else 0)
        for trace in range(1, TRACES + 1)
        for at in range(1, SPANS + 1)
    ]


def rows(store: Store, project: UUID) -> list[Row]:
    """All that is known of a project's spans, but whose they are and when they came."""
    sql = "SELECT * EXCEPT (project_id, received_at, version) FROM ledger WHERE project_id = {p:UUID} ORDER BY span_id"
    return store.select(sql, p=project)


def post(house: House, key: str, spans: Sequence[Span]) -> None:
    assert house.post(body(*spans), key).status_code == 200


@pytest.fixture
def in_order(running: House, store: Store) -> list[Row]:
    """The forest sent once, in one request."""
    project = uuid4()
    post(running, running.key(project), forest())
    running.drain(project)
    return rows(store, project)


@pytest.mark.parametrize("seed", range(3))
def test_batches_replayed_one_to_five_times_and_shuffled_come_to_the_same(
    running: House, store: Store, project: UUID, in_order: list[Row], seed: int
) -> None:
    chance, key = random.Random(seed), running.key(project)
    spans = forest()
    chance.shuffle(spans)
    batches = [spans[at : at + 7] for at in range(0, len(spans), 7)]
    sendings = [batch for batch in batches for _ in range(chance.randint(1, 5))]
    chance.shuffle(sendings)
    for batch in sendings:
        post(running, key, batch)

    counts = running.drain(project)

    assert rows(store, project) == in_order
    assert counts["stored"] == TRACES * SPANS
    assert counts["merged"] == sum(map(len, sendings)) - TRACES * SPANS


def test_children_first_and_the_root_long_after_come_to_the_same(
    running: House, store: Store, project: UUID, in_order: list[Row]
) -> None:
    key, spans = running.key(project), forest()
    post(running, key, [one for one in reversed(spans) if one.parent_span_id])
    running.drain(project)
    post(running, key, [one for one in spans if not one.parent_span_id])
    running.drain(project)

    assert rows(store, project) == in_order


def test_of_a_span_that_has_changed_the_last_word_counts_once(running: House, store: Store, project: UUID) -> None:
    key = running.key(project)
    for end, tokens in ((3, 300), (1, 100), (2, 200)):
        changed = span(1, start=START, length=end * SECOND, attributes={"gen_ai.usage.input_tokens": tokens})
        post(running, key, [changed])
        running.drain(project)

    (row,) = rows(store, project)
    assert (row["input_tokens"], row["duration_us"]) == (300, 3_000_000)
    assert running.ledger(project) == {"received": 3, "stored": 1, "merged": 2, "rejected": 0, "spooled": 0}


def test_one_trace_over_several_services_is_one_trace(running: House, store: Store, project: UUID) -> None:
    """Each process sends its own spans, the backend's before the one that called it, with clocks of their own."""
    key = running.key(project)
    services = {"web": child(1, 9, 0), "worker": child(2, 9, 1), "search": child(3, 9, 2)}
    services["worker"].start_time_unix_nano -= 3600 * SECOND
    for name, sent in reversed(services.items()):
        running.post(body(sent, resource={"service.name": name}), key)
    running.drain(project)

    found = rows(store, project)

    assert [row["service"] for row in found] == ["web", "worker", "search"]
    assert {row["trace_id"] for row in found} == {(9).to_bytes(16)}
    assert [row["parent_id"] for row in found] == [at.to_bytes(8) for at in (0, 1, 2)]
