"""Groups that are in the store, kept a while longer: at a power failure the store loses what it had in memory alone.

ClickHouse says that it has an insert before its disk does. The kernel writes such pages within a minute, merged parts
within the eight that their sources stay; so what is younger than ten minutes is written again after another boot of
the machine. It is written under a new number and new tokens, since the store's memory of old ones may have survived
the rows; rows that are there already merge with their like.
"""

import sqlite3
from dataclasses import dataclass

from ingest.spool_file import MEBIBYTE, transaction

SECONDS = 600.0
BYTES = 1024 * MEBIBYTE
"""Of payload, at most: what is older goes earlier."""

AT_ONCE = 32
"""Groups that one transaction forgets: ingest waits meanwhile."""

AGAIN = "INSERT INTO groups (first, last, marks, moved) SELECT first, last, marks, moved FROM kept ORDER BY seq"
ANEW = """
INSERT INTO groups (first, last, marks, moved)
SELECT first, last, marks, moved FROM groups WHERE seq <= ? ORDER BY seq
"""

DUE = """
SELECT seq, first, last
FROM (SELECT seq, first, last, released_at, sum(size) OVER (ORDER BY seq DESC) AS held FROM kept)
WHERE released_at <= ? OR held > ?
ORDER BY seq
LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """How many groups are kept, and the numbers of the first and the last of them."""

    groups: int
    first: int
    last: int


def all_kept(connection: sqlite3.Connection) -> Kept:
    return Kept(
        *connection.execute("SELECT count(*), coalesce(min(seq), 0), coalesce(max(seq), 0) FROM kept").fetchone()
    )


def keep(connection: sqlite3.Connection, seq: int, size: int, now: float) -> None:
    """A group is no longer in hand, but its records stay."""
    connection.execute(
        "INSERT INTO kept SELECT seq, first, last, marks, moved, ?, ? FROM groups WHERE seq = ?",
        (size, int(now * 1e6), seq),
    )
    connection.execute("DELETE FROM groups WHERE seq = ?", (seq,))


def recall(connection: sqlite3.Connection) -> int:
    """All kept groups are in hand again, in their order, and after them the one that was in hand; with new numbers."""
    (held,) = connection.execute("SELECT coalesce(max(seq), 0) FROM groups").fetchone()
    (found,) = connection.execute("SELECT count(*) FROM kept").fetchone()
    connection.execute(AGAIN)
    connection.execute(ANEW, (held,))
    connection.execute("DELETE FROM groups WHERE seq <= ?", (held,))
    connection.execute("DELETE FROM kept")
    return int(found)


def forget(connection: sqlite3.Connection, until: float, most: int) -> int:
    """Drops groups released until then, and the oldest of more than `most` bytes: some at once, returns how many."""
    due = connection.execute(DUE, (int(until * 1e6), most, AT_ONCE)).fetchall()
    if due:
        with transaction(connection):
            connection.executemany("DELETE FROM records WHERE seq BETWEEN ? AND ?", [(a, b) for _, a, b in due])
            connection.executemany("DELETE FROM kept WHERE seq = ?", [(seq,) for seq, _, _ in due])
    return len(due)
