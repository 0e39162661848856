"""The two rules of a good guest: nothing of ours raises into the program, and nothing is said twice in a minute."""

import contextlib
import functools
import logging
import threading
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

SILENCE = 60.0

log = logging.getLogger("spanledger")
_lock = threading.Lock()
_told: dict[str, float] = {}


def tell(topic: str, message: str, *values: object) -> None:
    """Log a warning, at most once a minute for one topic."""
    now = time.monotonic()
    with _lock:
        if now - _told.get(topic, -SILENCE) < SILENCE:
            return
        _told[topic] = now
    say(logging.WARNING, message, *values)


def say(level: int, message: str, *values: object) -> None:
    """Log, and survive a program that has closed its standard error or broken its handlers."""
    with contextlib.suppress(Exception):  # the log itself is broken: there is nobody left to tell
        log.log(level, message, *values)


def harmless(function: Callable[P, R]) -> Callable[P, R | None]:
    """The function, returning None where it would have raised; the failure is told once a minute."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            tell(
                f"failed in {function.__qualname__}",
                "spanledger: %s failed with %s and was skipped; your program is not affected.",
                function.__qualname__,
                type(error).__name__,
            )
            return None

    return guarded


def fresh_after_fork() -> None:
    """A forked child gets a lock that nobody holds."""
    global _lock
    _lock = threading.Lock()
