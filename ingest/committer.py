"""Group commit: many requests, one transaction, one fsync."""

import queue
import sqlite3
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

from ingest.batch import Batch
from ingest.payload import checksum
from ingest.spool_file import MEBIBYTE, opened, transaction

PENDING_BYTES = 64 * MEBIBYTE
COMMIT_BYTES = 32 * MEBIBYTE


type Work = Sequence[tuple[Batch, Future[None]]]


class SpoolError(Exception):
    """Nothing can be kept just now. The same request, sent again, is right."""


class SpoolFull(SpoolError):
    """The spool has reached its limit, or its disk is nearly full."""


class SpoolBusy(SpoolError):
    """More is waiting to be written than may wait."""


class SpoolBroken(SpoolError):
    """The disk refused a write."""


class Committer:
    """One thread that writes all that waits in one transaction: while one fsync runs, the next group gathers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.waiting: queue.SimpleQueue[tuple[Batch, Future[None]] | None] = queue.SimpleQueue()
        self.pending = 0
        self.counting = threading.Lock()
        self.thread = threading.Thread(target=self.run, name="spool-committer")
        self.thread.start()

    def commit(self, batch: Batch) -> "Future[None]":
        """A promise that is kept when the batch is on disk."""
        with self.counting:
            if self.pending and self.pending + batch.weight > PENDING_BYTES:
                raise SpoolBusy("More is waiting to be written than the disk takes.")
            self.pending += batch.weight
        promise: Future[None] = Future()
        self.waiting.put((batch, promise))
        return promise

    def finish(self) -> None:
        """Writes what waits and ends the thread."""
        self.waiting.put(None)
        self.thread.join()

    def run(self) -> None:
        connection, more = None, True
        while more:
            work, more = self.gathered()
            connection = self.write(connection, work)
            del work  # not to be held until more comes
        if connection:
            connection.close()

    def write(self, connection: sqlite3.Connection | None, work: Work) -> sqlite3.Connection | None:
        """Writes and answers. Returns the file for the next time; None if it has to be opened anew."""
        try:
            connection = connection or opened(self.path)
            write(connection, [batch for batch, _ in work])
        except sqlite3.Error as error:
            # A file whose fsync failed can't be trusted with another: the kernel forgets the pages that it lost.
            if connection:
                connection.close()
            self.answer(work, SpoolBroken(f"The spool's disk refused a write: {error}"))
            return None
        self.answer(work, None)
        return connection

    def gathered(self) -> tuple[Work, bool]:
        """What waits, at least one; and whether more may come."""
        work: list[tuple[Batch, Future[None]]] = []
        weight, item = 0, self.waiting.get()
        while item is not None:
            work.append(item)
            weight += item[0].weight
            if weight > COMMIT_BYTES or self.waiting.empty():
                return work, True
            item = self.waiting.get()
        return work, False

    def answer(self, work: Work, error: SpoolError | None) -> None:
        with self.counting:
            self.pending -= sum(batch.weight for batch, _ in work)
        for _, promise in work:
            if promise.set_running_or_notify_cancel():
                promise.set_exception(error) if error else promise.set_result(None)


def write(connection: sqlite3.Connection, batches: Sequence[Batch]) -> None:
    """All batches in one durable transaction."""
    if not batches:
        return
    with transaction(connection):
        for batch in batches:
            write_one(connection, batch)


def write_one(connection: sqlite3.Connection, batch: Batch) -> None:
    project = str(batch.project)
    connection.executemany(
        "INSERT INTO records (project, key_id, received_at, content, spans, size, crc, payload)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (project, batch.key_id, at, part.content, part.spans, part.size, checksum(part.payload), part.payload)
            for at, part in batch.arrivals()
        ),
    )
    connection.execute(
        "INSERT INTO counts (project, received, rejected) VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
        " SET received = received + excluded.received, rejected = rejected + excluded.rejected",
        (project, batch.received, batch.refused),
    )
    note_rejections(connection, batch)


def note_rejections(connection: sqlite3.Connection, batch: Batch) -> None:
    """Adds to the list of what was rejected: a row a reason, with the newest sample."""
    for reason, samples in (*batch.rejected.items(), *batch.noted.items()):
        connection.execute(
            "INSERT INTO rejections VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
            " SET count = count + excluded.count, last_seen = excluded.last_seen, sample = excluded.sample",
            (str(batch.project), reason, len(samples), batch.received_at, batch.received_at, samples[-1]),
        )
