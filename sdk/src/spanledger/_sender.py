"""The queue between the program and the network: bounded in bytes and in number, emptied by one background thread."""

import logging
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count, islice, takewhile
from typing import Generic, TypeVar

from spanledger._errors import Busy, NotDelivered, Refused, Unreachable
from spanledger._guard import say, tell
from spanledger._transport import Body, Transport

T = TypeVar("T")

BYTES_LIMIT = 56 * 1024 * 1024
"""With one batch being encoded beside it the whole stays below 64 MiB."""
COUNT_LIMIT = 10_000
BATCH_COUNT = 512
BATCH_BYTES = 2 * 1024 * 1024
GATHER = 0.5
"""Seconds for which a batch gathers company."""
REQUEST_TIMEOUT = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0


@dataclass(frozen=True, slots=True)
class Flushed:
    """What has become of everything recorded since init(); true where nothing is waiting any more."""

    sent: int
    dropped: int
    waiting: int

    def __bool__(self) -> bool:
        return self.waiting == 0


@dataclass(frozen=True, slots=True)
class Parcel(Generic[T]):
    """One thing to deliver and about how many bytes it holds in memory."""

    path: str
    size: int
    thing: T


Pack = Callable[[str, Sequence[T]], Body]
Receive = Callable[[str, bytes], None]


class Sender(Generic[T]):
    """Takes parcels without ever waiting, and delivers them in order from a thread of its own.

    `pack` makes the body of a batch of one path; `receive` is shown each 2xx answer. Both run in the background.
    """

    def __init__(self, transport: Transport, pack: Pack[T], receive: Receive) -> None:
        self._transport, self._pack, self._receive = transport, pack, receive
        self._fresh()

    def _fresh(self) -> None:
        """Nothing queued, nobody waiting: the state at birth, and in a forked child."""
        self._changed = threading.Condition()
        self._queue: deque[Parcel[T]] = deque()
        self._bytes = 0
        self._taken = self._sent = 0
        self._dropped: Counter[str] = Counter()
        self._hurry = 0
        self._deadline: float | None = None
        self._thread: threading.Thread | None = None

    after_fork = _fresh
    """What the parent has queued is the parent's to send."""

    def add(self, parcel: Parcel[T]) -> None:
        """Queue it, or drop and count it where the limits are reached or the process is leaving."""
        with self._changed:
            refusal = self._refusal(parcel)
            if refusal:
                self._dropped[refusal] += 1
                return
            self._queue.append(parcel)
            self._bytes += parcel.size
            self._taken += 1
            if len(self._queue) == 1 or len(self._queue) == BATCH_COUNT:
                self._changed.notify_all()
            if self._thread is None:
                self._start()

    def _refusal(self, parcel: Parcel[T]) -> str:
        if self.closed:
            return "already shut down"
        if len(self._queue) >= COUNT_LIMIT or self._bytes + parcel.size > BYTES_LIMIT:
            return "queue full"
        return ""

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._work, name="spanledger", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # the interpreter is leaving, or has no threads left: the next parcel tries again
            self._thread = None

    @property
    def closed(self) -> bool:
        return self._deadline is not None

    def flush(self, timeout: float) -> Flushed:
        """Wait until all that was added before is sent or dropped, at most `timeout` seconds."""
        with self._changed:
            self._hurry = target = self._taken
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._done >= target, max(0.0, timeout))
            return self._counts()

    def close(self, timeout: float) -> Flushed:
        """Send what there is in at most `timeout` seconds, then drop and tell the rest. Nothing is taken afterwards."""
        with self._changed:
            if self._deadline is None:
                self._deadline = time.monotonic() + timeout
            thread = self._thread
            self._changed.notify_all()
        if thread is not None:
            thread.join(timeout)
        with self._changed:
            self._drop(len(self._queue), "process ended")
            counts = self._counts()
        self._tell_drops()
        return counts

    @property
    def _done(self) -> int:
        return self._taken - len(self._queue)

    def _counts(self) -> Flushed:
        return Flushed(sent=self._sent, dropped=self._dropped.total(), waiting=len(self._queue))

    def _work(self) -> None:
        """The background thread, until close()."""
        while batch := self._next_batch():
            try:
                self._deliver(batch)
            except Exception as error:  # the outermost loop: one bad batch must not end delivery
                say(logging.ERROR, "spanledger: dropped %d because of %s.", len(batch), type(error).__name__)
                self._settle(batch, "could not be encoded")
            self._tell_drops()

    def _next_batch(self) -> list[Parcel[T]]:
        """The oldest parcels of one path, once there is company or haste; empty when the work is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self.closed)
            self._changed.wait_for(self._ready, GATHER)
            return self._first_run()

    def _ready(self) -> bool:
        return len(self._queue) >= BATCH_COUNT or self._done < self._hurry or self.closed

    def _first_run(self) -> list[Parcel[T]]:
        room = BATCH_BYTES
        batch: list[Parcel[T]] = []
        for parcel in takewhile(lambda each: each.path == self._queue[0].path, islice(self._queue, BATCH_COUNT)):
            room -= parcel.size
            if batch and room < 0:
                break
            batch.append(parcel)
        return batch

    def _deliver(self, batch: list[Parcel[T]]) -> None:
        """Send until it is taken or refused; a batch stays at the head of the queue meanwhile."""
        body = self._pack(batch[0].path, [parcel.thing for parcel in batch])
        for attempt in count():
            outcome = self._attempt(batch[0].path, body)
            if outcome is None:
                self._settle(batch)
                return
            if isinstance(outcome, Refused) or self.closed:
                tell(outcome.reason, "spanledger: dropped %d: %s.", len(batch), outcome)
                self._settle(batch, outcome.reason)
                return
            tell(outcome.reason, "spanledger: %s; keeping what is recorded and trying again.", outcome)
            self._pause(outcome, attempt)

    def _attempt(self, path: str, body: Body) -> NotDelivered | None:
        try:
            answer = self._transport.post(path, body, self._patience())
        except NotDelivered as refusal:
            return refusal
        self._receive(path, answer)
        return None

    def _patience(self) -> float:
        if self._deadline is None:
            return REQUEST_TIMEOUT
        return max(0.05, self._deadline - time.monotonic())

    def _pause(self, outcome: NotDelivered, attempt: int) -> None:
        """Wait before the next try. Leaving cuts it short; so does a flush, unless the server itself named the wait."""
        named = outcome.wait if isinstance(outcome, Busy) else None
        pause = named if named is not None else min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempt, 10))
        pause *= random.uniform(1.0, 1.2)  # noqa: S311 - jitter, no secret
        with self._changed:
            asked = self._hurry
            hurried = isinstance(outcome, Unreachable) and (lambda: self._hurry > asked)
            self._changed.wait_for(lambda: self.closed or (hurried and hurried()), pause)

    def _settle(self, batch: Sequence[Parcel[T]], reason: str = "") -> None:
        """Take a batch off the queue, as sent or as dropped."""
        with self._changed:
            if reason:
                self._drop(len(batch), reason)
                return
            self._sent += self._remove(len(batch))

    def _drop(self, number: int, reason: str) -> None:
        removed = self._remove(number)
        if removed:
            self._dropped[reason] += removed

    def _remove(self, number: int) -> int:
        """Forget that many at the head; fewer where close() was quicker."""
        removed = min(number, len(self._queue))
        for _ in range(removed):
            self._bytes -= self._queue.popleft().size
        self._changed.notify_all()
        return removed

    def _tell_drops(self) -> None:
        with self._changed:
            dropped = list(self._dropped.items())
        for reason, number in dropped:
            tell(f"drops: {reason}", "spanledger: %d dropped since the start (%s).", number, reason)
