"""The power fails, and the store forgets what it had taken: the spool still has it, and gives it once more."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID

import pytest

from ingest.batch import Batch, Part
from ingest.payload import packed
from ingest.spool import Group, Spool
from ingest.tally import Ledger, ledger
from ingest.writer import Writer, main
from ledger.domain.span import Span
from ledger.store.client import Store
from tests.faults.engine import Engine
from tests.faults.judge import raw_rows, stored

pytestmark = pytest.mark.faults

NOON = 1_790_000_000_000_000


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    made = Spool(tmp_path / "spool")
    made.booted("this boot")
    yield made
    made.close()


def send(spool: Spool, project: UUID, *numbers: int, end: int = NOON + 5, start: int = NOON) -> None:
    spans = [
        Span(trace_id=f"{1:032x}", span_id=f"{number:016x}", kind="generation", start=start, end=end)
        for number in numbers
    ]
    part = Part("spans", len(spans), 100, packed(spans))
    asyncio.run(spool.append(Batch(project, "key", end, [part])))


def written(spool: Spool, store: Store) -> Writer:
    """A writer that has taken all there is into the store, a group each request."""
    writer = Writer(spool, store)
    while writer.step():
        pass
    return writer


def vanish(store: Store, project: UUID, *tables: str) -> None:
    """The rows are gone, and what the store knows of tokens and groups is not."""
    for table in tables:
        store.command(
            f"ALTER TABLE {table} DELETE WHERE project_id = {{p:UUID}} SETTINGS mutations_sync = 1", p=project
        )


ALL = ("spans", "bodies", "span_keys", "arrivals")


def announced(store: Store, spool: Spool) -> list[int]:
    rows = store.select("SELECT group_seq AS n FROM arrivals WHERE node = {n:String} ORDER BY n", n=spool.node)
    return [row["n"] for row in rows]


@pytest.mark.parametrize("tables", [ALL, ("spans",), ("span_keys",), ("bodies", "spans")])
def test_after_another_boot_what_vanished_is_written_again_and_counted_once(
    engine: Engine, spool: Spool, project: UUID, tables: tuple[str, ...]
) -> None:
    store = engine.store()
    send(spool, project, 1, 2)
    written(spool, store)
    send(spool, project, 2, 3)
    written(spool, store)
    before = ledger(spool.path.parent, project)

    vanish(store, project, *tables)
    spool.booted("another boot")
    written(spool, store)

    assert sorted(stored(store, project)) == [1, 2, 3]
    assert ledger(spool.path.parent, project) == before == Ledger(received=4, stored=3, merged=1)
    assert store.select("SELECT count() AS n FROM bodies FINAL WHERE project_id = {p:UUID}", p=project)[0]["n"] == 3


def test_followers_hear_of_it_under_new_numbers(engine: Engine, spool: Spool, project: UUID) -> None:
    store = engine.store()
    send(spool, project, 1)
    written(spool, store)
    vanish(store, project, *ALL)

    spool.booted("another boot")
    written(spool, store)

    assert announced(store, spool) == [2]


def test_a_client_that_sends_again_after_the_failure_adds_nothing(engine: Engine, spool: Spool, project: UUID) -> None:
    store = engine.store()
    send(spool, project, 1)
    written(spool, store)
    vanish(store, project, *ALL)

    spool.booted("another boot")
    send(spool, project, 1)
    written(spool, store)

    assert ledger(spool.path.parent, project) == Ledger(received=2, stored=1, merged=1)
    assert stored(store, project) == [1]


def test_a_span_that_has_moved_stays_where_it_is(engine: Engine, spool: Spool, project: UUID) -> None:
    store = engine.store()
    for later in range(3):
        send(spool, project, 1, start=NOON - later, end=NOON + later)
        written(spool, store)

    spool.booted("another boot")
    written(spool, store)

    rows = store.select(
        "SELECT toUnixTimestamp64Micro(start_time) AS s FROM ledger WHERE project_id = {p:UUID}", p=project
    )
    assert [row["s"] for row in rows] == [NOON - 2]


def test_a_clean_restart_writes_nothing_again(engine: Engine, spool: Spool, project: UUID) -> None:
    store = engine.store()
    send(spool, project, 1)
    written(spool, store)

    assert spool.booted("this boot") == 0
    written(spool, store)

    assert raw_rows(store, project) == 1
    assert announced(store, spool) == [1]


def test_a_replay_that_is_broken_off_is_taken_up_again(
    engine: Engine, spool: Spool, project: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = engine.store()
    for number in (1, 2, 3):
        send(spool, project, number)
        written(spool, store)
    vanish(store, project, *ALL)

    spool.booted("another boot")
    Writer(spool, store).step()
    assert spool.booted("another boot") == 0
    written(spool, store)

    assert sorted(stored(store, project)) == [1, 2, 3]
    assert raw_rows(store, project) == 3


def test_a_store_that_was_set_back_is_found_out_and_filled(engine: Engine, spool: Spool, project: UUID) -> None:
    """The machine of the store lost its power, ours did not: no boot tells, but the notes of the groups are missing."""
    engine.end()
    engine.save(engine.folder / "older")
    engine.start()
    store = engine.store()
    send(spool, project, 1, 2)
    writer = written(spool, store)
    engine.kill()
    engine.set_back(engine.folder / "older")
    engine.start()
    send(spool, project, 3)

    writer.trusted = False  # as the loop does when the store was away
    while writer.step():
        pass

    assert sorted(stored(store, project)) == [1, 2, 3]
    assert ledger(spool.path.parent, project) == Ledger(received=3, stored=3)


def test_an_operator_can_ask_for_it_while_the_writer_has_a_group_in_hand(
    engine: Engine, spool: Spool, project: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = engine.store()
    send(spool, project, 1)
    writer = written(spool, store)
    send(spool, project, 2, 2)
    vanish(store, project, *ALL)
    monkeypatch.setenv("SPANLEDGER_HOME", str(spool.path.parents[1]))
    release = spool.release

    def asked_in_between(group: Group, refused: Sequence[Batch]) -> None:
        monkeypatch.setattr(spool, "release", release)
        main(["--replay"])
        release(group, refused)

    monkeypatch.setattr(spool, "release", asked_in_between)
    while writer.step():
        pass

    assert sorted(stored(store, project)) == [1, 2]
    assert ledger(spool.path.parent, project) == Ledger(received=3, stored=2, merged=1)
