"""`python -m ingest.writer`: takes what is in the spool into the store, group by group, each exactly once."""

import argparse
import fcntl
import itertools
import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Any
from uuid import UUID

import structlog

from ingest import failpoint
from ingest.batch import Batch
from ingest.beside import Beside
from ingest.boot import boot_id
from ingest.kept import Kept
from ingest.payload import BrokenPayload, unpacked
from ingest.scores import score_of
from ingest.sendings import Place, judged, sendings, to_write, tombstones
from ingest.spool import REJECTED, Group, Record, Spool, Verdict
from ledger import environment, logs
from ledger.store.client import Store, connect
from ledger.store.errors import QueryRefused, StoreError
from ledger.store.scores import write_scores
from ledger.store.writing import Known, Sending, announce, is_written, known, write_spans

GROUP_SPANS = 8000
IDLE = 0.1
TIDY = 1.0
FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0
PATIENCE = 3
"""How often a group is tried before one of its rows is suspected."""

DATA_CODES = frozenset({6, 27, 33, 53, 69, 117, 131, 321, 349, 407, 1001})
"""ClickHouse's codes that blame the rows, not the server."""

REFUSED_BY_STORE, UNREADABLE = "refused_by_store", "unreadable_in_spool"

log = structlog.get_logger("writer")


class SecondWriter(RuntimeError):
    """Another writer works on this spool already. Stop it first: two would write the same groups."""


@dataclass(frozen=True, slots=True)
class Held:
    """A group in hand with its spans, read once."""

    group: Group
    sendings: Sequence[Sending | None]

    @property
    def to_write(self) -> list[Sending]:
        return to_write(self.sendings, self.group.verdict)


class Writer:
    """Takes groups out of the spool, one at a time, the oldest first."""

    def __init__(self, spool: Spool, store: Store) -> None:
        self.spool, self.store = spool, store
        self.beside = Beside(store, blames_rows)
        self.tried: dict[int, int] = {}
        self.formed: list[Sending | None] | None = None
        self.trusted = False
        self.tidy_at = 0.0

    def step(self) -> bool:
        """Writes the next group; False if there is none."""
        self.formed = None
        self.look_for_losses()
        group = self.spool.take(self.decide, GROUP_SPANS)
        if group is None:
            return False
        failpoint.reached("decided")
        held = Held(group, read(group.records) if self.formed is None else self.formed)
        again = self.tried.get(group.seq, 0)
        self.tried = {group.seq: again + 1}
        try:
            self.write(held, replayed=self.formed is None)
        except Exception as error:
            if not blames_rows(error) or again + 1 < PATIENCE:
                raise
            held = self.without_poison(held)
            self.write(held, replayed=False)
        failpoint.reached("written")
        self.spool.release(held.group, [*refusals(held), *self.beside.noted])
        self.tried = {}
        return True

    def look_for_losses(self) -> None:
        """Asks a store that is new to us, or was away, whether it still has what it took last; else writes it again."""
        if self.trusted:
            return
        kept = self.spool.kept()
        if kept.groups and self.written(kept) < kept.groups:
            log.warning("the store has lost what it had taken: writing it again", groups=self.spool.recall())
        self.trusted = True

    def tidy(self) -> None:
        """Lets the spool forget what it has kept for long enough; now and then is enough."""
        if time.monotonic() >= self.tidy_at:
            self.spool.prune()
            self.tidy_at = time.monotonic() + TIDY

    def written(self, kept: Kept) -> int:
        """How many of the kept groups the store knows."""
        rows = self.store.query("groups_between", node=self.spool.node, first=kept.first, last=kept.last)
        found: int = rows[0]["found"]
        return found

    def decide(self, records: Sequence[Record]) -> Verdict:
        """What becomes of each span, asked of the store before the group is written."""
        self.formed = read(records)
        return judged(self.formed, self.known(self.formed))

    def known(self, sendings: Sequence[Sending | None]) -> dict[Place, Known]:
        found: dict[Place, Known] = {}
        for project in {one.project for one in sendings if one is not None}:
            keys = [
                (one.span.trace_id, one.span.span_id) for one in sendings if one is not None and one.project == project
            ]
            found |= {(project, key): where for key, where in known(self.store, project, keys).items()}
        return found

    def write(self, held: Held, replayed: bool) -> None:
        """Into the store, the note that the group is whole last; nothing to do where that note is there."""
        group = held.group
        if replayed and is_written(self.store, group.node, group.seq):
            return
        rows = held.to_write
        write_spans(self.store, rows, list(tombstones(held.sendings, group.verdict)), group.token)
        failpoint.reached("inserted")
        for project, scores in scores_in(group):
            write_scores(self.store, project, scores)
        self.beside.write(group)
        announce(self.store, rows, group.node, group.seq, group.token)

    def without_poison(self, held: Held) -> Held:
        """The group with the rows that the store refuses marked as rejected, on disk."""
        bad = {id(one) for one in self.poison(held.to_write)}
        marks = [
            REJECTED if id(one) in bad else mark
            for one, mark in zip(held.sendings, held.group.verdict.marks, strict=True)
        ]
        log.warning("rows refused by the store", group=held.group.seq, rows=len(bad))
        return Held(self.spool.amend(held.group, "".join(marks)), held.sendings)

    def poison(self, rows: Sequence[Sending]) -> list[Sending]:
        """The rows that can't be written, found by halves. Writing the others twice does no harm: they merge."""
        try:
            write_spans(self.store, rows, ())
        except Exception as error:
            if not blames_rows(error):
                raise
            if len(rows) == 1:
                return list(rows)
            middle = len(rows) // 2
            return self.poison(rows[:middle]) + self.poison(rows[middle:])
        return []


def read(records: Sequence[Record]) -> list[Sending | None]:
    return [one for record in records for one in sendings(record)]


def blames_rows(error: Exception) -> bool:
    """True where what was to be written is at fault, not the store."""
    if isinstance(error, QueryRefused):
        return error.code is None or error.code in DATA_CODES
    return isinstance(error, TypeError | ValueError | AttributeError | OverflowError)


def refusals(held: Held) -> list[Batch]:
    """What the rejected list is to say of a group, one entry a project."""
    found: dict[UUID, dict[str, list[str]]] = {}
    owners = (record.project for record in held.group.records for _ in range(record.spans))
    for one, mark, project in zip(held.sendings, held.group.verdict.marks, owners, strict=True):
        if mark == REJECTED:
            reason = UNREADABLE if one is None else REFUSED_BY_STORE
            found.setdefault(project, {}).setdefault(reason, []).append(sample(one))
    now = time.time_ns() // 1000
    return [Batch(project, "", now, rejected=reasons) for project, reasons in found.items()]


def sample(one: Sending | None) -> str:
    return "a span of a damaged record" if one is None else f"trace {one.span.trace_id}, id {one.span.span_id}"


def scores_in(group: Group) -> Iterator[tuple[UUID, list[Any]]]:
    """The scores among a group's records."""
    for record in group.records:
        if record.content == "scores":
            try:
                yield record.project, [score_of(item) for item in unpacked(record.payload, record.crc)]
            except BrokenPayload:
                log.error("scores lost: their record is damaged", project=str(record.project), seq=record.seq)


def waits() -> Iterator[float]:
    """How long to wait after each failure in a row."""
    return (min(FIRST_WAIT * 2**at, LONGEST_WAIT) for at in itertools.count())


def run(writer: Writer, stopping: threading.Event) -> None:
    """Until it is told to stop: what is there, at once; what fails, again, after a while."""
    patience = waits()
    while not stopping.is_set():
        try:
            writer.tidy()
            busy, patience = writer.step(), waits()
            writer.beside.look()
        except StoreError as error:
            log.warning("the store takes nothing", error=str(error)[:500])
            writer.trusted = False
            stopping.wait(next(patience))
        except sqlite3.Error as error:
            log.error("the spool's disk refuses", error=str(error))
            stopping.wait(next(patience))
            with suppress(sqlite3.Error):
                writer.spool.reopen()
        except Exception:
            # The outermost loop: whatever it is, the spool keeps what is in it, and the next try may be luckier.
            log.exception("a group could not be written")
            stopping.wait(next(patience))
        else:
            if not busy:
                stopping.wait(IDLE)


def only_one(folder: Path) -> IO[str]:
    """Holds the spool for this process; the lock ends with it, however it ends."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = (folder / "writer.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise SecondWriter(SecondWriter.__doc__) from error
    return lock


def replay(folder: Path, limit: int) -> int:
    """Marks what is kept; the writer that runs, or the next one, writes it."""
    spool = Spool(folder, limit)
    log.info("to be written again", groups=spool.recall())
    spool.close()
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    logs.configure()
    parser = argparse.ArgumentParser(prog="python -m ingest.writer", description=__doc__)
    parser.add_argument("--die-at", choices=failpoint.PLACES, help="for tests: kill this process there")
    parser.add_argument("--replay", action="store_true", help="have the last ten minutes written once more, and end")
    asked = parser.parse_args(arguments)
    failpoint.armed = asked.die_at
    settings, stopping = environment.read(), threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    folder = settings.home / "spool"
    if asked.replay:
        return replay(folder, settings.spool_bytes)
    with only_one(folder):
        spool, store = Spool(folder, settings.spool_bytes), connect(settings.clickhouse_url)
        again = spool.booted(boot_id())
        log.info("writing", spool=str(folder), pid=os.getpid(), groups_again=again)
        run(Writer(spool, store), stopping)
        spool.close()
        store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
