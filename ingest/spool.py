"""The spool: what has been answered with 200 lies here, fsynced, until it is in the store.

Four methods are all that its users need: `append` (ingest), `take` and `release` (the writer), `size`. `amend` serves
the rare group that holds a row which the store refuses.

It is one SQLite file with `synchronous=FULL`, used by two processes: ingest adds records, the writer forms groups of
them and takes them out. The counts of the ledger change in the same transactions, so that received = stored + merged +
rejected + spooled holds in every snapshot. A group's membership and what becomes of each of its spans are on disk
before the first insert, so that a replay decides nothing anew. What is released is kept for a while
([kept](kept.py)): a power failure may take from the store what it had said to have.
"""

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

import orjson

from ingest import kept
from ingest.batch import Batch, Content
from ingest.committer import Committer, SpoolFull, note_rejections
from ingest.spool_file import FILE, MEBIBYTE, node_of, note, noted, opened, pragma, transaction

GROUP_BYTES = 48 * MEBIBYTE
VACUUM_PAGES = 4096
STORED, MERGED, DROPPED, REJECTED = "s", "m", "x", "r"
"""What becomes of a span: first seen; sent again; sent again and older than what is known; refused by the store."""


@dataclass(frozen=True, slots=True)
class Record:
    seq: int
    project: UUID
    key_id: str
    received_at: int
    content: Content
    spans: int
    crc: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a group's spans, one mark each, in order; and the old starts of those that have moved."""

    marks: str
    moved: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """Records that go to the store together, always the same ones."""

    node: str
    seq: int
    attempt: int
    records: tuple[Record, ...]
    verdict: Verdict
    again: bool = False
    """Released and counted before, and to be written once more."""

    @property
    def token(self) -> str:
        """The same for the same rows: the store takes them once."""
        return f"{self.node}:{self.seq}.{self.attempt}"


@dataclass(frozen=True, slots=True)
class Size:
    """What waits: records, spans, bytes on disk, and the age of the oldest in seconds."""

    records: int
    spans: int
    bytes: int
    age: float


type Decide = Callable[[Sequence[Record]], Verdict]


class Spool:
    """The spool in one folder. Use one object a process; ingest must `close` it.

    It takes nothing more above `limit` bytes, nor where the disk has less than `floor` left.
    """

    def __init__(
        self,
        folder: Path,
        limit: int = 4096 * MEBIBYTE,
        floor: int | None = None,
        keep: float = kept.SECONDS,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path, self.limit, self.keep = folder / FILE, limit, keep
        self.floor = limit // 16 if floor is None else floor
        self.connection = opened(self.path)
        self.node = node_of(self.connection)
        self.committer: Committer | None = None
        self.checked_at, self.room = 0.0, True

    # ingest's side

    async def append(self, batch: Batch) -> None:
        """Returns when the batch is on disk. Raises SpoolError if it is not, and then nothing of it is."""
        if not self.has_room():
            raise SpoolFull("The spool is full: the store has not taken anything for a while.")
        if self.committer is None:
            self.committer = Committer(self.path)
        await asyncio.shield(asyncio.wrap_future(self.committer.commit(batch)))

    def has_room(self) -> bool:
        """Asked of the disk at most twice a second."""
        if time.monotonic() - self.checked_at > 0.5:
            self.room = self.free() > self.floor and self.size().bytes < self.limit
            self.checked_at = time.monotonic()
        return self.room

    def free(self) -> int:
        """Bytes that the disk has left."""
        return shutil.disk_usage(self.path.parent).free

    def close(self) -> None:
        """Writes what waits, then closes the file."""
        if self.committer is not None:
            self.committer.finish()
            self.committer = None
        self.connection.close()

    def reopen(self) -> None:
        """After the disk refused: a file whose fsync failed is never synced again, because the kernel forgets."""
        self.connection.close()
        self.connection = opened(self.path)

    # the writer's side

    def take(self, decide: Decide, limit: int) -> Group | None:
        """The group in hand, else a new one of the oldest records up to about `limit` spans; None when all is written.

        A new group's records are shown to `decide`, and its verdict is fixed on disk with them before it is given out.
        """
        return self.in_hand() or self.formed(decide, limit)

    def in_hand(self) -> Group | None:
        row = self.connection.execute(
            "SELECT seq, first, last, attempt, marks, moved FROM groups ORDER BY seq"
        ).fetchone()
        if row is None:
            return None
        seq, first, last, attempt, marks, moved = row
        verdict = Verdict(marks, {int(at): start for at, start in orjson.loads(moved).items()})
        return Group(self.node, seq, attempt, self.between(first, last), verdict, again=last <= self.released_to())

    def formed(self, decide: Decide, limit: int) -> Group | None:
        last = self.last_of_next(limit)
        if last is None:
            return None
        records = self.between(self.released_to() + 1, last)
        verdict = decide(records)
        moved = orjson.dumps({str(at): start for at, start in verdict.moved.items()})
        with transaction(self.connection):
            seq = self.connection.execute(
                "INSERT INTO groups (first, last, marks, moved) VALUES (?, ?, ?, ?)",
                (records[0].seq, last, verdict.marks, moved),
            ).lastrowid
        return Group(self.node, seq or 0, 0, records, verdict)

    def last_of_next(self, limit: int) -> int | None:
        """The last record that fits; a record that is too big for any group goes alone."""
        last, spans, held = None, 0, 0
        for seq, count, size in self.connection.execute("SELECT seq, spans, size FROM waiting ORDER BY seq"):
            spans, held = spans + count, held + size
            if last is not None and (spans > limit or held > GROUP_BYTES):
                break
            last = seq
        return last

    def between(self, first: int, last: int) -> tuple[Record, ...]:
        rows = self.connection.execute(
            "SELECT seq, project, key_id, received_at, content, spans, crc, payload FROM records"
            " WHERE seq BETWEEN ? AND ? ORDER BY seq",
            (first, last),
        )
        return tuple(Record(seq, UUID(project), *rest) for seq, project, *rest in rows)

    def amend(self, group: Group, marks: str) -> Group:
        """The same group with another verdict, under another token: the store is to take it as new."""
        with transaction(self.connection):
            self.connection.execute(
                "UPDATE groups SET marks = ?, attempt = attempt + 1 WHERE seq = ?", (marks, group.seq)
            )
        return replace(group, attempt=group.attempt + 1, verdict=Verdict(marks, group.verdict.moved))

    def release(self, group: Group, refused: Sequence[Batch] = ()) -> None:
        """The group is in the store: its records wait no longer, its spans are counted, in one transaction."""
        with transaction(self.connection):
            if not group.again:
                self.count(group, refused)
                note(self.connection, "released_to", str(group.records[-1].seq))
            size = sum(len(record.payload) for record in group.records)
            kept.keep(self.connection, group.seq, size, time.time())

    def count(self, group: Group, refused: Sequence[Batch]) -> None:
        for project, tally in tallies(group).items():
            self.connection.execute(
                "UPDATE counts SET stored = stored + ?, merged = merged + ?, rejected = rejected + ? WHERE project = ?",
                (tally[STORED], tally[MERGED] + tally[DROPPED], tally[REJECTED], project),
            )
        for batch in refused:
            note_rejections(self.connection, batch)

    def released_to(self) -> int:
        """The last record that is in the store."""
        return int(noted(self.connection, "released_to") or 0)

    def kept(self) -> kept.Kept:
        """What was released and could still be written again."""
        return kept.all_kept(self.connection)

    def recall(self) -> int:
        """Takes all kept groups in hand once more, as new ones, before any other; returns how many."""
        with transaction(self.connection):
            return kept.recall(self.connection)

    def booted(self, boot: str) -> int:
        """Tells the spool which start of the machine this is. After another one, all kept groups are in hand again."""
        with transaction(self.connection):
            if noted(self.connection, "boot") == boot:
                return 0
            note(self.connection, "boot", boot)
            return kept.recall(self.connection)

    def prune(self) -> None:
        """Lets go of what was kept for long enough, and of all of it where room is short."""
        age, most = (0.0, 0) if self.is_pressed() else (self.keep, kept.BYTES)
        while kept.forget(self.connection, time.time() - age, most):
            self.give_back()

    def is_pressed(self) -> bool:
        """Whether room is so short that what was kept could cost us what has yet to come."""
        return self.free() < 2 * self.floor or self.size().bytes > self.limit // 2

    def give_back(self) -> None:
        """Returns free pages to the disk once they are many."""
        if pragma(self.connection, "freelist_count") > VACUUM_PAGES:
            self.connection.execute(f"PRAGMA incremental_vacuum({VACUUM_PAGES})").fetchall()

    # both sides

    def size(self) -> Size:
        spans = self.connection.execute(
            "SELECT coalesce(sum(received - stored - merged - rejected), 0) FROM counts"
        ).fetchone()[0]
        records = self.connection.execute("SELECT coalesce(max(seq), 0) FROM records").fetchone()[0]
        oldest = self.connection.execute("SELECT received_at FROM waiting ORDER BY seq LIMIT 1").fetchone()
        pages = pragma(self.connection, "page_count") - pragma(self.connection, "freelist_count")
        age = max(0.0, time.time() - oldest[0] / 1e6) if oldest else 0.0
        return Size(max(0, records - self.released_to()), spans, pages * pragma(self.connection, "page_size"), age)


def tallies(group: Group) -> dict[str, Counter[str]]:
    """How many spans of each project have which mark."""
    found: dict[str, Counter[str]] = {}
    at = 0
    for record in group.records:
        found.setdefault(str(record.project), Counter()).update(group.verdict.marks[at : at + record.spans])
        at += record.spans
    return found
