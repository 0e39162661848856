from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID, uuid4

import pytest

from ledger.store.client import Store, connect
from ledger.store.errors import QueryRefused, QueryUnknown, StoreUnavailable

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Addresses(Protocol):
    url: str
    reader_url: str


@pytest.fixture
def table(store: Store) -> Iterator[str]:
    name = f"try_{uuid4().hex}"
    store.command(
        f"CREATE TABLE {name} (n UInt128, id UUID, at DateTime64(6, 'UTC'), cost Nullable(Decimal(18, 12)),"
        " tags Map(LowCardinality(String), String), left_out String DEFAULT 'as usual')"
        " ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 100"
    )
    yield name
    store.command(f"DROP TABLE {name}")


def count(store: Store, table: str) -> int:
    return int(store.select(f"SELECT count() AS n FROM {table}")[0]["n"])


class TestInsert:
    def test_values_come_back_as_they_went_in(self, store: Store, table: str) -> None:
        row = {"n": 2**127, "id": UUID(int=7), "at": NOON, "cost": Decimal("0.000000000001"), "tags": {"é'": "\n"}}

        store.insert(table, {name: [value] for name, value in row.items()})

        assert store.select(f"SELECT * FROM {table}") == [row | {"left_out": "as usual"}]

    def test_times_may_be_microseconds_since_1970(self, store: Store, table: str) -> None:
        store.insert(table, {"n": [1], "at": [int(NOON.timestamp()) * 1_000_000 + 1]})

        assert store.select(f"SELECT at FROM {table}") == [{"at": NOON.replace(microsecond=1)}]

    def test_unknown_stays_none(self, store: Store, table: str) -> None:
        store.insert(table, {"n": [1, 2], "cost": [None, Decimal(0)]})

        assert store.select(f"SELECT cost FROM {table} ORDER BY n") == [{"cost": None}, {"cost": 0}]

    def test_no_rows_are_no_insert(self, store: Store, table: str) -> None:
        store.insert(table, {"n": []})

        assert count(store, table) == 0

    def test_rows_under_one_token_are_taken_once(self, store: Store, table: str) -> None:
        for _ in range(3):
            store.insert(table, {"n": [1, 2]}, token="group-1")

        assert count(store, table) == 2

    def test_equal_rows_without_a_token_are_different_rows(self, store: Store, table: str) -> None:
        for _ in range(2):
            store.insert(table, {"n": [1]})

        assert count(store, table) == 2

    def test_a_refused_row_takes_its_whole_batch_with_it(self, store: Store, table: str) -> None:
        with pytest.raises(QueryRefused):
            store.insert(table, {"n": [1, -1]})

        assert count(store, table) == 0


class TestSelect:
    def test_parameters_keep_their_types_and_never_become_text_of_the_query(self, store: Store) -> None:
        text = "'; DROP TABLE spans --\n{x:String}"

        rows = store.select(
            "SELECT {text:String} AS text, {ids:Array(UUID)} AS ids, {at:DateTime64(6, 'UTC')} AS at,"
            " {cost:Decimal(18, 12)} AS cost, {none:Nullable(Int64)} AS none",
            text=text,
            ids=[UUID(int=1)],
            at=NOON,
            cost=Decimal("1.5"),
            none=None,
        )

        assert rows == [{"text": text, "ids": [UUID(int=1)], "at": NOON, "cost": Decimal("1.5"), "none": None}]

    def test_an_answer_without_rows_is_empty(self, store: Store) -> None:
        assert store.select("SELECT 1 AS n WHERE 0") == []
        assert store.columns("arrived", node="nobody", after=0, upto=9, limit=9, reasons=[]) == {}

    def test_several_threads_may_ask_at_once(self, store: Store) -> None:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda n: store.select("SELECT {n:Int64} AS n", n=n)[0]["n"], range(50)))

        assert answers == list(range(50))


class TestErrors:
    def test_a_refusal_carries_the_servers_code(self, store: Store) -> None:
        with pytest.raises(QueryRefused, match="nowhere") as refusal:
            store.select("SELECT * FROM nowhere")

        assert refusal.value.code == 60
        assert len(str(refusal.value)) < 1000

    def test_a_server_that_is_not_there_is_told_apart_and_no_password_is_shown(self) -> None:
        with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:9") as trouble:
            connect("http://spanledger:hush@127.0.0.1:9/spanledger").select("SELECT 1")

        assert "hush" not in str(trouble.value)

    def test_a_query_that_does_not_exist_is_named(self, store: Store) -> None:
        with pytest.raises(QueryUnknown, match='"no_such_query"'):
            store.query("no_such_query")

    def test_a_reader_cannot_write(self, clickhouse: Addresses, table: str) -> None:
        reader = connect(clickhouse.reader_url)

        with pytest.raises(QueryRefused):
            reader.insert(table, {"n": [1]})
        reader.close()

    def test_a_closed_store_opens_again_when_asked(self, clickhouse: Addresses) -> None:
        store = connect(clickhouse.url)
        store.select("SELECT 1")
        store.close()

        assert store.select("SELECT 2 AS n") == [{"n": 2}]
        store.close()
