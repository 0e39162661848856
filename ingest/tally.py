"""The ledger's counts, as they stand on disk beside the spool."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from ingest.spool_file import FILE


@dataclass(frozen=True, slots=True)
class Ledger:
    """Spans of one project since it began: received = stored + merged + rejected + spooled."""

    received: int = 0
    stored: int = 0
    merged: int = 0
    rejected: int = 0
    spooled: int = 0


@dataclass(frozen=True, slots=True)
class Rejection:
    """Spans rejected for one reason; times in microseconds since 1970."""

    reason: str
    count: int
    first_seen: int
    last_seen: int
    sample: str


def ledger(folder: Path, project: UUID) -> Ledger:
    """One snapshot; it holds every request that was answered before."""
    connection = reader(folder)
    try:
        connection.execute("BEGIN")
        row = connection.execute(
            "SELECT received, stored, merged, rejected FROM counts WHERE project = ?", (str(project),)
        ).fetchone()
        spooled = connection.execute(
            "SELECT coalesce(sum(spans), 0) FROM waiting WHERE project = ?", (str(project),)
        ).fetchone()[0]
        received, stored, merged, refused = row or (0, 0, 0, 0)
        return Ledger(received, stored, merged, refused, spooled)
    finally:
        connection.close()


def rejected(folder: Path, project: UUID) -> list[Rejection]:
    """Why spans of a project were rejected, the newest reason first."""
    connection = reader(folder)
    try:
        rows = connection.execute(
            "SELECT reason, count, first_seen, last_seen, sample FROM rejections WHERE project = ?"
            " ORDER BY last_seen DESC",
            (str(project),),
        )
        return [Rejection(*row) for row in rows]
    finally:
        connection.close()


def reader(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{folder / FILE}?mode=ro", uri=True, timeout=10, isolation_level=None)
