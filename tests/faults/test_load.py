"""Ten times more than fits: what is not taken is refused, and what was taken is there."""

from uuid import UUID

import psutil
import pytest

from ledger.store.client import Store
from tests.faults.judge import judge
from tests.faults.producer import Producer
from tests.ingest.house import House

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


def test_sigterm_in_overload_answers_what_is_in_flight_and_loses_nothing(
    house: House, store: Store, project: UUID
) -> None:
    house.start_ingest()
    house.start_writer()
    with Producer(house, house.key(project), threads=CONNECTIONS, timeout=30) as producer:
        house.wait(lambda: producer.answers["200"] > CONNECTIONS, "every connection to be answered", 60)
        assert house.ingest is not None
        house.ingest.terminate()
        assert house.ingest.wait(10) == 0
        house.start_ingest()
        held = producer.answers["200"]
        house.wait(lambda: producer.answers["200"] > held, "requests to be taken again", 60)

    judge(house, store, project, producer)
    assert producer.statuses <= {200, 503}
