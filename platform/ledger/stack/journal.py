"""What services say: every line filed under the service's name, and shown with that name in front."""

import logging
import os
import sys
import threading
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path
from queue import Full, Queue
from typing import TextIO

FILE_BYTES, FILES_KEPT = 10_000_000, 3
LONGEST_LINE, LINES_WAITING = 65_536, 5_000
COLOURS = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94)


class Screen:
    """Standard output behind a bounded queue: a terminal that stands still must not stand the services still."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.coloured = self.stream.isatty() and "NO_COLOR" not in os.environ
        self.waiting: Queue[str | None] = Queue(LINES_WAITING)
        self.unseen = 0
        self.thread = threading.Thread(target=self._write, name="screen", daemon=True)
        self.thread.start()

    def show(self, line: str) -> None:
        try:
            self.waiting.put_nowait(line)
        except Full:
            self.unseen += 1

    def close(self, patience: float = 1) -> None:
        """Write what waits, unless nobody reads."""
        try:
            self.waiting.put(None, timeout=patience)
        except Full:
            return
        self.thread.join(patience)

    def _write(self) -> None:
        try:
            while (line := self.waiting.get()) is not None:
                self.stream.write(f"{line}\n")
                if self.waiting.empty():
                    self._catch_up()
            self._catch_up()
        except OSError:  # the reader left; the files go on
            return

    def _catch_up(self) -> None:
        if self.unseen:
            self.stream.write(f"({self.unseen} lines not shown; they are in the log files)\n")
            self.unseen = 0
        self.stream.flush()


class Journal:
    """The log of one service."""

    def __init__(self, name: str, folder: Path, screen: Screen, width: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.file = RotatingFileHandler(folder / f"{name}.log", maxBytes=FILE_BYTES, backupCount=FILES_KEPT, delay=True)
        self.screen = screen
        self.prefix = f"{name:<{width}} |"
        if screen.coloured:
            self.prefix = f"\x1b[{COLOURS[sum(name.encode()) % len(COLOURS)]}m{self.prefix}\x1b[0m"

    def line(self, text: str) -> None:
        self.file.emit(logging.makeLogRecord({"msg": text}))
        self.screen.show(f"{self.prefix} {text}")

    def close(self) -> None:
        self.file.close()


class Lines:
    """Bytes as they come, turned into lines; one without an end is broken rather than kept in memory."""

    def __init__(self) -> None:
        self.rest = b""

    def feed(self, more: bytes) -> Iterator[str]:
        *whole, self.rest = (self.rest + more).split(b"\n")
        if len(self.rest) > LONGEST_LINE:
            whole, self.rest = [*whole, self.rest], b""
        yield from (line.decode(errors="replace").rstrip("\r") for line in whole)

    def end(self) -> Iterator[str]:
        if self.rest:
            yield self.rest.decode(errors="replace")
        self.rest = b""
