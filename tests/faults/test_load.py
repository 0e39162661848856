"""Ten times more than fits: what is not taken is refused, and what was taken is there."""

import socket
import time
from contextlib import ExitStack
from uuid import UUID

import psutil
import pytest

from ledger.store.client import Store
from tests.faults.judge import judge
from tests.faults.producer import Producer, numbered
from tests.ingest.house import House
from tests.ingest.requests import body

pytestmark = pytest.mark.faults

CONNECTIONS = 64


def test_under_overload_every_request_is_taken_or_refused_and_what_was_taken_is_stored(
    house: House, store: Store, project: UUID
) -> None:
    house.start_ingest()
    house.start_writer()
    assert house.ingest is not None
    before = psutil.Process(house.ingest.pid).memory_info().rss
    with Producer(house, house.key(project), threads=CONNECTIONS, timeout=30) as producer:
        house.wait(lambda: sum(producer.answers.values()) > 5 * CONNECTIONS, "some hundred requests", 60)
        grown = psutil.Process(house.ingest.pid).memory_info().rss - before

    assert set(producer.answers) <= {"200", "429", "503"}
    assert producer.statuses >= {200}
    assert grown < 150 * 1024 * 1024
    judge(house, store, project, producer)


def test_a_hundred_clients_that_dribble_hold_up_nobody(running: House, project: UUID) -> None:
    key = running.key(project)
    head = f"POST /v1/traces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
    head += "Content-Type: application/x-protobuf\r\nContent-Length: 1000\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(100):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", running.port)))
            one.sendall(head.encode() + b"\n")
        taken = []
        for number in range(1, 41):
            begun = time.monotonic()
            assert running.post(body(numbered(number)), key).status_code == 200
            taken.append(time.monotonic() - begun)

    assert sorted(taken)[-2] < 2
    assert running.drain(project)["received"] == 40


def test_sigterm_in_overload_answers_what_is_in_flight_and_loses_nothing(
    house: House, store: Store, project: UUID
) -> None:
    house.start_ingest()
    house.start_writer()
    with Producer(house, house.key(project), threads=16, timeout=30) as producer:
        house.wait(lambda: producer.answers["200"] > 64, "every connection to be answered", 60)
        assert house.ingest is not None
        house.ingest.terminate()
        assert house.ingest.wait(10) == 0
        house.start_ingest()
        held = producer.answers["200"]
        house.wait(lambda: producer.answers["200"] > held, "requests to be taken again", 60)

    judge(house, store, project, producer)
    assert producer.statuses <= {200, 503}
