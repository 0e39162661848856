"""The folder of one stack: one supervisor at a time, and what it writes down for others to find it."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ledger.environment import STACK_NOTE
from ledger.stack import private
from ledger.stack.errors import AlreadyRunning

CONNECT = "connect.env"


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Hold the home for as long as we live; the kernel lets go of it, however we end."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (home / "supervisor.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise AlreadyRunning(home, lock.read().strip()) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        clear(home)
        yield
        clear(home)


def note_stack(home: Path, variables: Mapping[str, str]) -> None:
    """Let `./run manage` and others find the running stack; `ledger.environment` reads it."""
    private.write(home / STACK_NOTE, json.dumps(dict(variables), indent=1))


def note_healthy(home: Path, variables: Mapping[str, str]) -> None:
    """Say how to connect; the file's presence says that the stack is healthy."""
    private.write_variables(home / CONNECT, variables)


def clear(home: Path) -> None:
    for name in (STACK_NOTE, CONNECT):
        (home / name).unlink(missing_ok=True)
