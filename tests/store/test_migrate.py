import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest

from ledger.store import sql
from ledger.store.client import Store, connect
from ledger.store.migrate import migrate, migrations

REPEATABLE = re.compile(
    r"CREATE (TABLE|VIEW|MATERIALIZED VIEW) IF NOT EXISTS|CREATE OR REPLACE VIEW|DROP (TABLE|VIEW) IF EXISTS"
    r"|ALTER TABLE \w+\s+(ADD|DROP|MODIFY) \w+ IF (NOT )?EXISTS"
    # rows that replace those of a first run, and a feed that may repeat itself
    r"|INSERT INTO (call_entries|arrivals|feed_ends|response_traces|dirty_hours|call_scopes)\b"
)


class Addresses(Protocol):
    url: str


@pytest.fixture
def empty(clickhouse: Addresses) -> Iterator[str]:
    """The address of a database that does not exist yet."""
    name = f"fresh_{uuid4().hex}"
    url = urlsplit(clickhouse.url)._replace(path=f"/{name}").geturl()
    yield url
    server = connect(clickhouse.url)
    server.command(f"DROP DATABASE IF EXISTS {name}")
    server.close()


class TestMigrate:
    def test_makes_the_database_and_all_its_tables(self, empty: str) -> None:
        applied = migrate(empty)

        assert applied == migrations()
        assert {"spans", "bodies", "span_keys", "arrivals", "prices", "scores", "ledger"} <= tables(empty)

    def test_a_second_time_has_nothing_to_do(self, empty: str) -> None:
        migrate(empty)

        assert migrate(empty) == []

    def test_two_at_once_end_up_with_one_schema(self, empty: str) -> None:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(migrate, [empty, empty]))

        assert migrate(empty) == []
        assert "ledger" in tables(empty)


class TestMigrations:
    def test_have_numbers_without_gap_or_repeat(self) -> None:
        assert [migration.version for migration in migrations()] == list(range(1, len(migrations()) + 1))

    def test_consist_of_statements_that_may_run_twice(self) -> None:
        for migration in migrations():
            for block in sql.blocks(migration.path):
                assert REPEATABLE.match(block.text), f"{migration.name}, {block.name}"


class TestSchema:
    def test_a_question_about_a_project_and_a_time_reads_its_granules_alone(self, store: Store) -> None:
        project = uuid4()
        store.command(
            "INSERT INTO spans (project_id, start_time, trace_id, span_id, version)"
            " SELECT {project:UUID}, toDateTime64('2026-10-01', 6, 'UTC') + number, '', toString(number), 1"
            " FROM numbers(100000)",
            project=project,
        )

        read = granules(store, project, "2026-10-01 10:00:00", "2026-10-01 10:10:00")

        assert 1 <= read[0] <= 2
        assert read[1] >= 12

    def test_a_tombstone_hides_what_it_is_newer_than_and_nothing_else(self, store: Store) -> None:
        project = uuid4()
        place = {"project_id": project, "start_time": 0, "trace_id": b"t" * 16, "span_id": b"s" * 8}
        versions = {"kept": (5, 0), "hidden": (6, 1)}
        for version, deleted in versions.values():
            row = place | {"version": version << 64, "is_deleted": deleted}
            store.insert("spans", {name: [value] for name, value in row.items()})

        assert names(store, project) == []
        row = place | {"version": 7 << 64, "name": "sent again"}
        store.insert("spans", {name: [value] for name, value in row.items()})
        assert names(store, project) == ["sent again"]

    def test_of_two_versions_in_one_insert_the_newer_counts_beyond_64_bits(self, store: Store) -> None:
        project = uuid4()
        store.insert(
            "spans",
            {
                "project_id": [project] * 2,
                "start_time": [0] * 2,
                "trace_id": [b"t" * 16] * 2,
                "span_id": [b"s" * 8] * 2,
                "version": [(1 << 64) + 1, 2**64 - 1],
                "name": ["newer", "older"],
            },
        )

        assert names(store, project) == ["newer"]


def tables(url: str) -> set[str]:
    store = connect(url)
    try:
        return {row["name"] for row in store.select("SHOW TABLES")}
    finally:
        store.close()


def names(store: Store, project: UUID) -> list[str]:
    rows = store.select("SELECT name FROM ledger WHERE project_id = {project:UUID}", project=project)
    return [row["name"] for row in rows]


def granules(store: Store, project: UUID, since: str, until: str) -> tuple[int, int]:
    """How many granules the key leaves to be read, and out of how many."""
    rows = store.select(
        "EXPLAIN indexes = 1 SELECT count() FROM ledger WHERE project_id = {project:UUID}"
        " AND start_time >= {since:DateTime64(6, 'UTC')} AND start_time < {until:DateTime64(6, 'UTC')}",
        project=project,
        since=since,
        until=until,
    )
    lines = [row["explain"].strip() for row in rows]
    found = re.findall(r"Granules: (\d+)/(\d+)", "\n".join(lines[lines.index("PrimaryKey") :]))[0]
    return int(found[0]), int(found[1])
