"""The writer against a real store: each span once, wherever and however often it comes."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ingest.batch import Batch, Part
from ingest.payload import packed
from ingest.spool import Spool
from ingest.tally import ledger, rejected
from ingest.writer import SecondWriter, Writer, only_one, run, waits
from ledger.domain.span import Span
from ledger.domain.usage import Usage
from ledger.store.client import Store, connect
from ledger.store.errors import QueryRefused, StoreUnavailable

SECOND = 1_000_000
NOON = 1_790_000_000 * SECOND


@pytest.fixture
def spool(spool_folder: Path) -> Iterator[Spool]:
    made = Spool(spool_folder)
    yield made
    made.close()


@pytest.fixture
def writer(spool: Spool, store: Store) -> Writer:
    return Writer(spool, store)


def call(number: int = 1, *, start: int = NOON, end: int = NOON + SECOND, **fields: Any) -> Span:
    return Span(trace_id=f"{number:032x}", span_id=f"{number:016x}", kind="generation", start=start, end=end, **fields)


def send(spool: Spool, project: UUID, *spans: Span, at: int = NOON) -> None:
    part = Part("spans", len(spans), 1000 * len(spans), packed(spans))
    asyncio.run(spool.append(Batch(project, "key", at, [part])))


def rows(store: Store, project: UUID, columns: str = "start_time, name, input_tokens") -> list[tuple[Any, ...]]:
    sql = f"SELECT {columns} FROM ledger WHERE project_id = {{project:UUID}} ORDER BY start_time, span_id"
    return [tuple(row.values()) for row in store.select(sql, project=project)]


def counts(spool: Spool, project: UUID) -> tuple[int, int, int]:
    told = ledger(spool.path.parent, project)
    assert told.received == told.stored + told.merged + told.rejected + told.spooled
    return told.stored, told.merged, told.rejected


class TestOnce:
    def test_a_span_is_stored_with_its_body_key_and_arrival(
        self, spool: Spool, writer: Writer, store: Store, project: UUID
    ) -> None:
        send(spool, project, call(usage=Usage(input=7, output=3), input="asked", attributes={"a": 1}))

        assert writer.step()

        assert rows(store, project, "input_tokens, output_tokens, duration_us") == [(7, 3, SECOND)]
        (body,) = store.select("SELECT input, attributes FROM bodies WHERE project_id = {p:UUID}", p=project)
        assert body == {"input": "asked", "attributes": '{"a":1}'}
        (arrival,) = store.select("SELECT node, group_seq FROM arrivals WHERE project_id = {p:UUID}", p=project)
        assert arrival == {"node": spool.node, "group_seq": 1}
        assert counts(spool, project) == (1, 0, 0)

    def test_the_same_span_in_another_request_is_merged(
        self, spool: Spool, writer: Writer, store: Store, project: UUID
    ) -> None:
        for at in range(3):
            send(spool, project, call(), at=NOON + at)
            writer.step()

        assert len(rows(store, project)) == 1
        assert counts(spool, project) == (1, 2, 0)

    def test_the_same_span_twice_in_one_group_is_merged(
        self, spool: Spool, writer: Writer, store: Store, project: UUID
    ) -> None:
        send(spool, project, call(), call())
        send(spool, project, call())
        writer.step()

        assert len(rows(store, project)) == 1
        assert counts(spool, project) == (1, 2, 0)

    def test_another_projects_span_of_the_same_id_is_another_span(
        self, spool: Spool, writer: Writer, store: Store, project: UUID
    ) -> None:
        other = UUID(int=project.int ^ 1)
        send(spool, project, call())
        send(spool, other, call())
        writer.step()

        assert counts(spool, project) == counts(spool, other) == (1, 0, 0)
        assert len(rows(store, project)) == len(rows(store, other)) == 1

    def test_spans_of_any_month_go_in_one_group(
        self, spool: Spool, writer: Writer, store: Store, project: UUID
    ) -> None:
        month = 31 * 24 * 3600 * SECOND
        send(spool, project, *(call(at + 1, start=at * month, end=at * month) for at in range(150)))
        writer.step()

        assert len(rows(store, project)) == 150


class TestLaterWins:
    def test_the_later_end_wins_whichever_comes_first(
        self, spool: Spool, writer: Writer, store: Store, project: UUID
    ) -> None:
        early, late = call(name="early", end=NOON + 1), call(name="late", end=NOON + 2)
        for spans in ([late, early], [early, late]):
            for span in spans:
                send(spool, project, span)
                writer.step()

        assert [name for _, name, _ in rows(store, project)] == ["late"]

    def test_at_the_same_end_the_later_arrival_wins(
        self, spool: Spool, writer: Writer, store: Store, project: UUID
    ) -> None:
        send(spool, project, call(name="first"), at=NOON)
        writer.step()
        send(spool, project, call(name="second"), at=NOON + 1)
        writer.step()

        assert [name for _, name, _ in rows(store, project)] == ["second"]

    @pytest.mark.parametrize("steps", ["each", "together"])
    def test_a_span_whose_start_has_changed_moves(
        self, spool: Spool, writer: Writer, store: Store, project: UUID, steps: str
    ) -> None:
        for start, end, at in ((NOON, NOON + 5, 1), (NOON - 9, NOON + 6, 2), (NOON, NOON + 7, 3)):
            send(spool, project, call(name=f"sent {at}", start=start, end=end), at=NOON + at)
            if steps == "each":
                writer.step()
        while writer.step():
            pass

        assert [name for _, name, _ in rows(store, project)] == ["sent 3"]
        assert counts(spool, project) == (1, 2, 0)

    def test_an_older_sending_with_another_start_leaves_no_second_row(
        self, spool: Spool, writer: Writer, store: Store, project: UUID
    ) -> None:
        send(spool, project, call(name="new", end=NOON + 9))
        writer.step()
        send(spool, project, call(name="old", start=NOON - 1, end=NOON + 1))
        writer.step()

        assert [name for _, name, _ in rows(store, project)] == ["new"]
        assert counts(spool, project) == (1, 1, 0)


class TestReplay:
    def test_a_group_that_was_written_but_not_released_is_not_written_again(
        self, spool: Spool, store: Store, project: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        send(spool, project, call())
        dying = Writer(spool, store)
        with monkeypatch.context() as patch:
            patch.setattr(spool, "release", died)
            with pytest.raises(Died):
                dying.step()

        Writer(spool, store).step()

        assert counts(spool, project) == (1, 0, 0)
        assert store.select("SELECT count() AS n FROM spans WHERE project_id = {p:UUID}", p=project)[0]["n"] == 1

    def test_a_group_that_was_half_written_is_completed_without_doubles(
        self, spool: Spool, store: Store, project: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        send(spool, project, call(1), call(2))
        with monkeypatch.context() as patch:
            patch.setattr("ingest.writer.announce", died)
            with pytest.raises(Died):
                Writer(spool, store).step()

        Writer(spool, store).step()

        assert counts(spool, project) == (2, 0, 0)
        assert store.select("SELECT count() AS n FROM spans WHERE project_id = {p:UUID}", p=project)[0]["n"] == 2
        assert store.select("SELECT count() AS n FROM arrivals WHERE project_id = {p:UUID}", p=project)[0]["n"] == 2


class Died(Exception):
    """The writer was killed here."""


def died(*_: object) -> None:
    raise Died


class TestPoison:
    def test_a_row_that_the_store_refuses_is_rejected_and_the_others_are_stored(
        self, spool: Spool, writer: Writer, store: Store, project: UUID
    ) -> None:
        bad = replace(call(3), usage=Usage(input=2**63 + 5, output=1))
        send(spool, project, call(1), call(2), bad, call(4), call(5))

        until_done(writer)

        assert counts(spool, project) == (4, 0, 1)
        assert len(rows(store, project)) == 4
        (item,) = rejected(spool.path.parent, project)
        assert (item.reason, item.count) == ("refused_by_store", 1)
        assert f"{3:032x}" in item.sample

    def test_a_group_of_nothing_but_poison_blocks_nothing(
        self, spool: Spool, writer: Writer, store: Store, project: UUID
    ) -> None:
        send(spool, project, replace(call(1), usage=Usage(input=2**63 + 5, output=1)))
        until_done(writer)
        send(spool, project, call(2))

        until_done(writer)

        assert counts(spool, project) == (1, 0, 1)

    def test_a_damaged_record_is_rejected_and_the_others_are_stored(
        self, spool: Spool, writer: Writer, project: UUID
    ) -> None:
        send(spool, project, call(1), call(2))
        send(spool, project, call(3))
        spool.connection.execute("UPDATE records SET payload = zeroblob(9) WHERE seq = 1")

        until_done(writer)

        assert counts(spool, project) == (1, 0, 2)
        assert rejected(spool.path.parent, project)[0].reason == "unreadable_in_spool"


def until_done(writer: Writer) -> None:
    """As the loop does, without its waits: a refused group is tried again."""
    for _ in range(8):
        with suppress(QueryRefused):
            if not writer.step():
                return
    raise AssertionError("the spool is not empty")


class TestPatience:
    def test_the_waits_grow_to_ten_seconds(self) -> None:
        found = waits()

        assert [next(found) for _ in range(8)] == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]

    def test_a_store_that_is_away_loses_nothing(self, spool: Spool, project: UUID, store: Store) -> None:
        send(spool, project, call())
        with pytest.raises(StoreUnavailable):
            Writer(spool, connect("http://spanledger:x@127.0.0.1:9/spanledger")).step()
        assert ledger(spool.path.parent, project).spooled == 1

        Writer(spool, store).step()

        assert counts(spool, project) == (1, 0, 0)

    def test_it_stops_when_told(self, writer: Writer) -> None:
        stopping = threading.Event()
        stopping.set()

        run(writer, stopping)

    def test_two_writers_of_one_spool_are_one_too_many(self, spool_folder: Path) -> None:
        with only_one(spool_folder), pytest.raises(SecondWriter):
            only_one(spool_folder)


def test_a_group_is_shown_in_the_order_in_which_it_came(
    spool: Spool, writer: Writer, store: Store, project: UUID
) -> None:
    for number in range(1, 4):
        send(spool, project, call(number), at=NOON + number)
    writer.step()

    received = rows(store, project, "received_at, span_id")

    assert [span for _, span in sorted(received)] == ids(1, 2, 3)


def ids(*numbers: int) -> Sequence[bytes]:
    return [number.to_bytes(8) for number in numbers]
