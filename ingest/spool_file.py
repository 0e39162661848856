"""The spool's file: one SQLite database, durable at each commit, shared by ingest and the writer."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

FILE = "spool.sqlite3"
MEBIBYTE = 1024 * 1024

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, project TEXT NOT NULL, key_id TEXT NOT NULL, received_at INTEGER NOT NULL,
    content TEXT NOT NULL, spans INTEGER NOT NULL, size INTEGER NOT NULL, crc INTEGER NOT NULL, payload BLOB NOT NULL);
DROP INDEX IF EXISTS records_by_project;
CREATE INDEX IF NOT EXISTS records_of_project ON records (project, seq, spans);
CREATE VIEW IF NOT EXISTS waiting AS SELECT * FROM records
    WHERE seq > coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'released_to'), 0);
CREATE TABLE IF NOT EXISTS groups (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, first INTEGER NOT NULL, last INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0, marks TEXT NOT NULL, moved TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS kept (
    seq INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, marks TEXT NOT NULL, moved TEXT NOT NULL,
    size INTEGER NOT NULL, released_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS counts (
    project TEXT PRIMARY KEY, received INTEGER NOT NULL DEFAULT 0, stored INTEGER NOT NULL DEFAULT 0,
    merged INTEGER NOT NULL DEFAULT 0, rejected INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rejections (
    project TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL, first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL, sample TEXT NOT NULL, PRIMARY KEY (project, reason)) WITHOUT ROWID;
"""


def opened(path: Path) -> sqlite3.Connection:
    """The file, durable at each commit; made with its tables if it is new. Threads take turns by SQLite's own locks."""
    connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    try:
        made_durable(connection)
    except sqlite3.Error:
        connection.close()
        raise
    os.chmod(path, 0o600)
    return connection


def made_durable(connection: sqlite3.Connection) -> None:
    for setting in (
        "page_size = 16384",
        "auto_vacuum = INCREMENTAL",
        "journal_mode = WAL",
        "synchronous = FULL",
        f"journal_size_limit = {64 * MEBIBYTE}",
    ):
        connection.execute(f"PRAGMA {setting}").fetchall()
    connection.executescript(SCHEMA)


def node_of(connection: sqlite3.Connection) -> str:
    """This spool's own name, given once: groups of two nodes never share a token."""
    connection.execute("INSERT OR IGNORE INTO meta VALUES ('node', ?)", (uuid4().hex[:16],))
    node: str = connection.execute("SELECT value FROM meta WHERE name = 'node'").fetchone()[0]
    return node


def noted(connection: sqlite3.Connection, name: str) -> str:
    """What the spool remembers under a name; empty where nothing was noted."""
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else ""


def note(connection: sqlite3.Connection, name: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def pragma(connection: sqlite3.Connection, name: str) -> int:
    number: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return number


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
