"""The store is killed, slow, cut off or full: ingest goes on, the spool keeps, nothing is lost and nothing is twice."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psutil
import pytest

from ledger.store.client import Store
from ledger.store.migrate import migrate
from tests.faults.engine import Engine
from tests.faults.judge import changed, judge, raw_rows, seconds_until_visible, stored
from tests.faults.producer import Producer, numbered
from tests.faults.proxy import Proxy
from tests.ingest.house import House, own_database
from tests.ingest.requests import body

pytestmark = pytest.mark.faults


@pytest.fixture
def proxy(engine: Engine) -> Iterator[Proxy]:
    with Proxy(engine.port) as made:
        yield made


@pytest.fixture
def house(tmp_path: Path, postgres: str, proxy: Proxy) -> Iterator[House]:
    """Ingest, and a writer whose line to the store has faults."""
    made = House(tmp_path / "home", own_database(postgres), proxy.url)
    made.start_ingest()
    yield made
    made.stop()


@pytest.fixture
def own(engine: Engine) -> Iterator[Store]:
    store = engine.store()
    yield store
    store.close()


def test_a_killed_store_costs_nothing_and_ingest_never_notices(
    house: House, engine: Engine, own: Store, project: UUID
) -> None:
    key = house.key(project)
    house.start_writer()
    with Producer(house, key, pause=0.02) as producer:
        for _ in range(3):
            settled = house.ledger(project)["stored"]
            house.wait(lambda settled=settled: house.ledger(project)["stored"] > settled, "the writer to write")
            engine.kill()
            held = house.ledger(project)["received"]
            house.wait(lambda held=held: house.ledger(project)["received"] > held + 100, "ingest to go on")
            engine.start()

    judge(house, own, project, producer)
    assert producer.statuses == {200}
    assert seconds_until_visible(house, own, key, project) < 5


def test_what_piled_up_while_the_store_was_down_drains_faster_than_it_came(
    house: House, engine: Engine, own: Store, project: UUID
) -> None:
    engine.end()
    house.start_writer()
    begun = time.monotonic()
    with Producer(house, house.key(project), pause=0.01) as producer:
        house.wait(lambda: len(producer.acknowledged) >= 4000, "four thousand spans to be taken", 60)
        assert house.answers("/readyz")
    arriving = time.monotonic() - begun
    engine.start()
    begun = time.monotonic()

    judge(house, own, project, producer)
    assert producer.statuses == {200}
    assert time.monotonic() - begun < max(arriving, 15)  # up to ten seconds of it are the writer's patience


def test_a_slow_store_makes_the_writer_take_more_at_once(house: House, proxy: Proxy, own: Store, project: UUID) -> None:
    proxy.latency = 0.1
    house.start_writer()
    with Producer(house, house.key(project), threads=2, pause=0.05) as producer:
        house.wait(lambda: house.ledger(project)["stored"] > 0, "the first group to be stored", 40)
        house.wait(lambda: len(producer.acknowledged) > 600, "some hundred spans to be taken")
    assert house.writer is not None
    memory = psutil.Process(house.writer.pid).memory_info().rss
    proxy.latency = 0.0

    judge(house, own, project, producer)
    groups = own.select(
        "SELECT uniqExact(group_seq) AS n, max(group_seq) AS last FROM arrivals WHERE project_id = {p:UUID}", p=project
    )[0]["n"]
    assert groups < len(producer.acknowledged) / 40  # requests hold twenty
    assert memory < 300 * 2**20


def test_a_thin_line_to_the_store_loses_nothing(house: House, proxy: Proxy, own: Store, project: UUID) -> None:
    proxy.rate = 50_000
    house.start_writer()
    with Producer(house, house.key(project), threads=1, pause=0.2) as producer:
        house.wait(lambda: len(producer.acknowledged) > 200, "some spans to be taken")

    judge(house, own, project, producer)
    assert raw_rows(own, project) == len(producer.acknowledged)


def test_a_line_that_breaks_in_the_middle_of_each_insert_loses_nothing(
    house: House, proxy: Proxy, own: Store, project: UUID
) -> None:
    house.start_writer()
    with Producer(house, house.key(project), threads=1, pause=0.05) as producer:
        house.wait(lambda: house.ledger(project)["stored"] > 0, "the writer to write")
        proxy.cut_after = 20_000
        held = len(producer.acknowledged)
        house.wait(lambda: len(producer.acknowledged) > held + 300, "some spans to be taken")
        house.wait(lambda: proxy.cuts > 1, "the line to break")
    proxy.cut_after = 0

    judge(house, own, project, producer)


def test_a_store_that_took_it_and_whose_answer_was_lost_gets_no_second_copy(
    house: House, proxy: Proxy, own: Store, project: UUID
) -> None:
    key = house.key(project)
    house.start_writer()
    house.post(body(numbered(1)), key)
    house.drain(project)

    proxy.swallow = True
    house.post(body(*map(numbered, range(2, 12))), key)
    house.wait(lambda: proxy.swallowed > 3, "some answers to be lost")
    proxy.swallow = False

    assert house.drain(project)["stored"] == 11
    assert sorted(stored(own, project)) == list(range(1, 12))
    assert raw_rows(own, project) == 11


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 600 MiB, of which the store leaves 256 free."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600m", "tmpfs", place], capture_output=True)
    if made.returncode:
        pytest.skip("only root may make a small file system")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_while_the_disk_of_the_store_is_full_the_spool_keeps(
    house: House, proxy: Proxy, small_disk: Path, project: UUID
) -> None:
    engine, key = Engine(small_disk), house.key(project)
    engine.start()
    migrate(engine.url)
    proxy.target = engine.port
    house.start_writer()
    house.post(body(numbered(1)), key)
    house.drain(project)

    with full(small_disk):
        house.post(body(*map(numbered, range(2, 12))), key)
        house.wait(lambda: "NOT_ENOUGH_SPACE" in log_of(house), "the store to refuse", 60)
        assert house.ledger(project)["spooled"] == 10

    assert house.drain(project) == {"received": 11, "stored": 11, "merged": 0, "rejected": 0, "spooled": 0}
    own = engine.store()
    assert sorted(stored(own, project)) == list(range(1, 12))
    assert changed(own, project, range(1, 12)) == set()
    own.close()
    engine.end()


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Somebody else takes what is free, up to the last hundred mebibytes."""
    filling = disk / "filling"
    with filling.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - 100 * 2**20)
    yield
    filling.unlink()


def test_the_embedded_store_leaves_room_on_its_disk(own: Store) -> None:
    """Because it does not notice when a write fails half-way: it may never come that far."""
    (disk,) = own.select("SELECT keep_free_space AS bytes FROM system.disks")

    assert disk["bytes"] == 256 * 2**20


def log_of(house: House) -> str:
    return (house.home / "ingest.writer.log").read_text()
