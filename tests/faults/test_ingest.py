"""Ingest and its writer are killed, starved and cut off: nothing acknowledged is lost, nothing is there twice."""

import random
import signal
import sqlite3
import time
from contextlib import closing
from uuid import UUID

import psycopg
import pytest

from ingest import failpoint
from ingest.spool_file import FILE
from ledger.store.client import Store
from tests.faults.judge import judge, raw_rows, stored
from tests.faults.producer import Producer
from tests.ingest.house import House
from tests.ingest.requests import body, span

pytestmark = pytest.mark.faults


def test_killing_ingest_in_mid_load_loses_nothing_acknowledged(house: House, store: Store, project: UUID) -> None:
    moments = random.Random(1)
    house.start_ingest()
    house.start_writer()
    with Producer(house, house.key(project)) as producer:
        for _ in range(5):
            before = len(producer.acknowledged)
            house.wait(lambda before=before: len(producer.acknowledged) > before + 100, "some spans to be taken")
            time.sleep(moments.random() * 0.1)  # a random moment is the point: nothing to wait for
            house.kill(house.ingest)
            house.start_ingest()

    judge(house, store, project, producer)
    assert producer.statuses <= {200, 503}


def test_killing_the_writer_in_mid_load_writes_nothing_twice(house: House, store: Store, project: UUID) -> None:
    moments = random.Random(2)
    house.start_ingest()
    with Producer(house, house.key(project)) as producer:
        for _ in range(5):
            house.start_writer()
            settled = house.ledger(project)["stored"]
            house.wait(lambda settled=settled: house.ledger(project)["stored"] > settled, "the writer to write")
            time.sleep(moments.random() * 0.1)  # a random moment is the point: nothing to wait for
            house.kill(house.writer)
    house.start_writer()

    judge(house, store, project, producer)


@pytest.mark.parametrize("place", failpoint.PLACES)
def test_a_writer_killed_between_insert_and_release_writes_one_copy(
    house: House, store: Store, project: UUID, place: str
) -> None:
    house.start_ingest()
    key = house.key(project)
    for number in range(1, 6):
        house.post(body(span(number), span(100 + number)), key)
        house.start_writer("--die-at", place)
        assert house.writer is not None
        assert house.writer.wait(20) == -signal.SIGKILL
        assert house.ledger(project)["spooled"] == 2
        house.start_writer()
        house.drain(project)
        house.writer.terminate()
        house.writer.wait(12)

    assert len(stored(store, project)) == 10
    assert raw_rows(store, project) == 10
    assert house.ledger(project) == {"received": 10, "stored": 10, "merged": 0, "rejected": 0, "spooled": 0}


def test_sigterm_under_load_loses_nothing_and_ends_within_ten_seconds(
    house: House, store: Store, project: UUID
) -> None:
    house.start_ingest()
    house.start_writer()
    with Producer(house, house.key(project)) as producer:
        for _ in range(3):
            before = len(producer.acknowledged)
            house.wait(lambda before=before: len(producer.acknowledged) > before + 100, "some spans to be taken")
            assert house.ingest is not None
            house.ingest.terminate()
            assert house.ingest.wait(10) == 0
            house.start_ingest()

    judge(house, store, project, producer)


def test_the_ledger_agrees_in_every_snapshot_under_load(house: House, store: Store, project: UUID) -> None:
    house.start_ingest()
    house.start_writer()
    with Producer(house, house.key(project)) as producer:
        for _ in range(60):
            answered = len(producer.acknowledged)
            assert house.ledger(project)["received"] >= answered  # House.ledger checks the sum itself

    judge(house, store, project, producer)


def test_ingest_goes_on_while_the_store_is_away(house: House, store: Store, project: UUID) -> None:
    there, house.clickhouse = house.clickhouse, "http://spanledger:writes@127.0.0.1:9/spanledger"
    house.start_ingest()
    house.start_writer()
    with Producer(house, house.key(project)) as producer:
        house.wait(lambda: len(producer.acknowledged) > 1000, "a thousand spans to be taken")
    assert house.answers("/readyz")
    house.kill(house.writer)

    house.clickhouse = there
    house.start_writer()

    judge(house, store, project, producer)
    assert producer.statuses == {200}


def test_known_keys_go_on_while_postgres_is_away(house: House, project: UUID) -> None:
    house.start_ingest()
    key, stranger = house.key(project), house.key(project)
    assert house.post(body(span(1)), key).status_code == 200

    name = "ingest_" + house.database.partition("/ingest_")[2].partition("?")[0]
    with psycopg.connect(house.database.replace(name, "spanledger"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    assert house.post(body(span(2)), key).status_code == 200
    refused = house.post(body(span(3)), stranger)
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "1"
    assert house.ledger(project)["received"] == 2


def test_a_disk_that_refuses_is_answered_with_503_and_recovers(house: House, store: Store, project: UUID) -> None:
    house.start_ingest()
    key = house.key(project)
    house.post(body(span(1)), key)

    with closing(sqlite3.connect(house.home / "spool" / FILE)) as held:
        held.execute("CREATE TRIGGER full BEFORE INSERT ON records BEGIN SELECT RAISE(FAIL, 'disk full'); END")
        refused = house.post(body(span(2)), key)
        held.execute("DROP TRIGGER full")

    assert refused.status_code == 503
    assert house.post(body(span(3)), key).status_code == 200
    house.start_writer()
    assert house.drain(project)["received"] == 2
    assert sorted(stored(store, project)) == [1, 3]
