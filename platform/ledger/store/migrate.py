"""Bring the store's tables to this version: `python -m ledger.store.migrate`.

ClickHouse has no lock that two migrations could hold, so every statement must be one that may run twice
(`IF NOT EXISTS` and the like). Then safe twice and safe by two at once are the same thing.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ledger import environment
from ledger.store import sql
from ledger.store.client import Store, connect
from ledger.store.errors import QueryRefused

MIGRATIONS = Path(__file__).parent / "migrations"
UNKNOWN_DATABASE = 81

APPLIED = """
CREATE TABLE IF NOT EXISTS schema_migrations
(
    version UInt32,
    name String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree
ORDER BY version
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file of statements."""

    version: int
    path: Path

    @property
    def name(self) -> str:
        return self.path.stem


def migrate(url: str) -> list[Migration]:
    """Apply what is missing, in order; returns what was applied."""
    make_database(url)
    store = connect(url)
    try:
        store.command(APPLIED)
        return [apply(store, migration) for migration in pending(store)]
    finally:
        store.close()


def pending(store: Store) -> list[Migration]:
    done = {row["version"] for row in store.select("SELECT DISTINCT version FROM schema_migrations")}
    return [migration for migration in migrations() if migration.version not in done]


def migrations() -> list[Migration]:
    """All of them, by number; a file is called `0001_what.sql`."""
    return [Migration(int(path.name.partition("_")[0]), path) for path in sorted(MIGRATIONS.glob("[0-9]*_*.sql"))]


def apply(store: Store, migration: Migration) -> Migration:
    for block in sql.blocks(migration.path):
        store.command(block.text)
    store.insert("schema_migrations", {"version": [migration.version], "name": [migration.name]})
    return migration


def make_database(url: str) -> None:
    """Create the database where it is missing; a user who may not do that needs it made beforehand."""
    store = connect(url)
    try:
        store.select("SELECT 1")
    except QueryRefused as refused:
        if refused.code != UNKNOWN_DATABASE:
            raise
        create_database(url, store.database)
    finally:
        store.close()


def create_database(url: str, name: str) -> None:
    server = connect(urlsplit(url)._replace(path="/default").geturl())
    try:
        server.command(f"CREATE DATABASE IF NOT EXISTS `{name}`")
    finally:
        server.close()


def main() -> None:
    url = environment.read().clickhouse_url
    if not url:
        sys.exit("CLICKHOUSE_URL is not set, and no stack is running here: there is nothing to migrate.")
    applied = migrate(url)
    sys.stdout.write("".join(f"applied {migration.name}\n" for migration in applied) or "the store is up to date\n")


if __name__ == "__main__":
    main()
