"""Logs: whole lines, a screen that nobody watches holds up nobody."""

import io
import os
import threading
from pathlib import Path

import pytest

from ledger.stack import journal
from ledger.stack.journal import Journal, Lines, Screen


def test_lines_are_put_together_from_pieces() -> None:
    lines = Lines()

    assert [*lines.feed(b"on"), *lines.feed(b"e\ntwo\r\nthr"), *lines.end()] == ["one", "two", "thr"]


def test_a_line_without_end_is_broken_rather_than_kept() -> None:
    lines = Lines()

    assert [len(line) for line in lines.feed(b"x" * 70_000)] == [70_000]
    assert lines.rest == b""


class Standing(io.StringIO):
    """A terminal that takes nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def write(self, text: str) -> int:
        self.let_go.wait(20)
        return super().write(text)


def test_a_screen_that_stands_still_holds_up_nobody_and_later_tells_what_was_missed() -> None:
    terminal = Standing()
    screen = Screen(terminal)
    for _ in range(journal.LINES_WAITING + 10):
        screen.show("line")
    terminal.let_go.set()
    screen.close(patience=10)

    shown = terminal.getvalue().splitlines()

    assert journal.LINES_WAITING <= len(shown) <= journal.LINES_WAITING + 2
    assert shown[-1].endswith("lines not shown; they are in the log files)")


def test_a_reader_who_left_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w")
    screen = Screen(stream)
    screen.show("nobody hears this")
    screen.close()

    assert not screen.thread.is_alive()
    with pytest.raises(BrokenPipeError):
        stream.close()


def test_a_log_file_is_put_away_when_it_is_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "FILE_BYTES", 100)
    screen = Screen(io.StringIO())
    log = Journal("door", tmp_path, screen, 4)
    for number in range(5):
        log.line(f"{number} " + "x" * 40)
    log.close()
    screen.close()

    assert sorted(file.name for file in tmp_path.iterdir()) == ["door.log", "door.log.1", "door.log.2"]
