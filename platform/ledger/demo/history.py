"""`python -m ledger.demo.history`: thirty days of a shop's model calls, and the captured traffic of real clients.

Everything is drawn from one seed and dated from the moment of the first run, which is noted in $SPANLEDGER_HOME before
anything is sent: an interrupted run sends the same spans again, and a finished one is not repeated.
"""

import json
import logging
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path

import httpx

from ledger import environment
from ledger.demo import corpus
from ledger.demo.calendar import moments
from ledger.demo.connection import Connection, NotConnected, Unanswered, connect
from ledger.demo.otlp import Drawn, Value, export
from ledger.demo.shop import FEATURES, Feature
from ledger.demo.trace import Trace
from ledger.demo.worth import Worth, charges, outcomes, worth

log = logging.getLogger("ledger.demo.history")

SEED = 20261
NOTE = "demo.json"
SPANS_A_REQUEST = 400
TOLD_A_REQUEST = 1000
PATIENCE = 180.0
PAUSE = 0.5
USERS, CUSTOMERS = 70, ("acme", "northwind", "tailspin", "contoso", "initech")
RELEASES = ("4.1.0", "4.1.1", "4.2.0", "4.3.0")
"""One after another through the thirty days."""
CALL_KINDS = ("generation", "embedding")


@dataclass(frozen=True, slots=True)
class Task:
    """A finished task, whether its user liked it (None: did not say), and what it came to."""

    service: str
    spans: Sequence[Drawn]
    liked: bool | None
    worth: Worth

    @property
    def trace_id(self) -> str:
        return self.spans[0].trace_id.hex()

    @property
    def ended(self) -> datetime:
        return datetime.fromtimestamp(self.spans[0].end / 10**9, UTC)


def main() -> int:
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        connection, home = connect(), environment.read().home
        with httpx.Client(timeout=30) as client:
            write(connection, client, home / NOTE)
    except (NotConnected, Unanswered, Unsettled, Refused) as error:
        log.error("%s", error)
        return 1
    return 0


def write(connection: Connection, client: httpx.Client, note: Path) -> None:
    """Send the history unless this home has it already, and wait until it can be read."""
    noted = json.loads(note.read_text()) if note.exists() else {}
    if noted.get("written"):
        log.info("The history is there already (%s).", note)
        return
    until = datetime.fromisoformat(noted["until"]) if noted else datetime.now(UTC)
    note.write_text(json.dumps({"until": until.isoformat(), "written": False}))
    wait_until_settled(connection, client, send_all(connection, client, until))
    note.write_text(json.dumps({"until": until.isoformat(), "written": True}))


@dataclass(frozen=True, slots=True)
class Sent:
    """What the stack has to come to: the shop's model calls, and its tasks of which an outcome is known."""

    calls: int
    outcomes: int


def send_all(connection: Connection, client: httpx.Client, until: datetime) -> Sent:
    """Everything there is to send."""
    began = time.monotonic()
    history = list(tasks(until))
    for service, spans in requests(history):
        deliver(connection, client, corpus.TRACES, corpus.PROTOBUF, export(spans, service).SerializeToString())
    captured = list(corpus.sendings(until))
    for each in captured:
        deliver(connection, client, each.path, each.content_type, each.body)
    send_opinions(connection, client, history)
    outcomes = send_worth(connection, client, history, until)
    calls = sum(span.attributes["spanledger.kind"] in CALL_KINDS for task in history for span in task.spans)
    log.info(
        "Sent 30 days: %d tasks with %d model calls, %d of them with an end that is known, and %d captured requests "
        "of real clients, in %.1f s.",
        len(history),
        calls,
        outcomes,
        len(captured),
        time.monotonic() - began,
    )
    return Sent(calls, outcomes)


def tasks(until: datetime) -> Iterator[Task]:
    """The same tasks for the same moment."""
    rng = random.Random(SEED)  # noqa: S311 - a story, no secret
    for number, moment in enumerate(moments(until - timedelta(minutes=2), rng)):
        feature = rng.choices(FEATURES, [each.share for each in FEATURES])[0]
        age = 1 - (until - moment) / timedelta(days=30)
        trace = Trace(f"{SEED}/{number}", int(moment.timestamp()) * 10**9, rng, labels(feature, age, rng))
        feature.perform(trace, feature.model(rng))
        yield Task(feature.service, trace.spans, opinion(trace, rng), came_to(trace, number))


def labels(feature: Feature, age: float, rng: random.Random) -> Mapping[str, Value]:
    """What is known of a task; `age` runs from 0 to 1 through the history."""
    user = int(USERS * rng.random() ** 2)
    chosen: dict[str, Value] = {
        "spanledger.route": feature.route,
        "spanledger.environment": "staging" if rng.random() < 0.12 else "production",
        "spanledger.release": RELEASES[min(int(age * len(RELEASES)), len(RELEASES) - 1)],
        "spanledger.customer": CUSTOMERS[user % len(CUSTOMERS)],
        "spanledger.tag.plan": "pro" if user % 3 == 0 else "free",
    }
    if feature.route != "invoices.extract":
        chosen |= {"user.id": f"u-{1000 + user}", "session.id": f"s-{user}-{int(age * 60)}"}
    return chosen


def opinion(trace: Trace, rng: random.Random) -> bool | None:
    """A quarter of the support desk's customers press a thumb; a failed task is seldom liked."""
    root = trace.spans[0]
    if root.attributes["spanledger.route"] != "support.answer" or rng.random() > 0.25:
        return None
    return rng.random() < (0.86 if "spanledger.output" in root.attributes else 0.1)


def came_to(trace: Trace, number: int) -> Worth:
    """Drawn from a seed of its own, so that the spans don't depend on it."""
    root = trace.spans[0].attributes
    topic, answered = str(root.get("spanledger.tag.topic", "")), "spanledger.output" in root
    rng = random.Random(f"{SEED}/worth/{number}")  # noqa: S311 - a story, no secret
    return worth(str(root["spanledger.route"]), topic, answered, rng)


def requests(history: Sequence[Task]) -> Iterator[tuple[str, Sequence[Drawn]]]:
    """The spans by service, in requests of a size that a client would send."""
    for service in sorted({task.service for task in history}):
        spans = (span for task in history if task.service == service for span in task.spans)
        for batch in batched(spans, SPANS_A_REQUEST):
            yield service, batch


def send_opinions(connection: Connection, client: httpx.Client, history: Sequence[Task]) -> None:
    scores = [
        {
            "trace_id": task.trace_id,
            "name": "helpful",
            "value": task.liked,
            "source": "user",
            "id": f"demo-{task.trace_id}",
        }
        for task in history
        if task.liked is not None
    ]
    deliver(connection, client, "/v1/scores", corpus.JSON, json.dumps(scores).encode())


def send_worth(connection: Connection, client: httpx.Client, history: Sequence[Task], until: datetime) -> int:
    """What was known by `until`; the number of tasks of which an end was. Of the last days' some are still open."""
    ends = [
        told | {"timestamp": (task.ended + after).isoformat()}
        for task in history
        for after, told in outcomes(task.trace_id, task.worth)
        if task.ended + after <= until
    ]
    paid = [
        told for task in history for after, told in charges(task.trace_id, task.worth) if task.ended + after <= until
    ]
    for path, told in (("/v1/outcomes", ends), ("/v1/charges", paid)):
        for batch in batched(told, TOLD_A_REQUEST):
            deliver(connection, client, path, corpus.JSON, json.dumps(batch).encode())
    return len({told["trace_id"] for told in ends})


class Refused(Exception):
    """The door would not take a part of the history."""

    def __init__(self, path: str, status: int) -> None:
        self.path, self.status = path, status
        super().__init__(f"{path} answered HTTP {status}: the history is not complete. See ingest's log.")


def deliver(connection: Connection, client: httpx.Client, path: str, content_type: str, body: bytes) -> None:
    status = connection.send(client, path, content_type, body)
    if status != httpx.codes.OK:
        raise Refused(path, status)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the stack has come with what was sent."""

    spooled: int
    calls: int
    pending: int
    outcomes: int

    def complete(self, expected: Sent) -> bool:
        """Not to the last: a call may be another's second report, and the oldest tasks leave the window meanwhile."""
        settled = not self.spooled and not self.pending
        return settled and self.calls >= expected.calls * 0.99 and self.outcomes >= expected.outcomes * 0.99


class Unsettled(Exception):
    """The history was sent, but the stack no longer gets on with it."""

    def __init__(self, seconds: float, found: Progress, expected: Sent) -> None:
        self.seconds, self.found, self.expected = seconds, found, expected
        super().__init__(
            f"Nothing has moved for {seconds:g} s: {found.spooled} spans in the spool, "
            f"{found.calls} of {expected.calls} calls stored, {found.pending} pending, {found.outcomes} of "
            f"{expected.outcomes} outcomes counted. See the writer's and settler's logs."
        )


def wait_until_settled(
    connection: Connection,
    client: httpx.Client,
    expected: Sent,
    patience: float = PATIENCE,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until the spool is empty and no call waits for its price; give up when nothing has moved for `patience`."""
    began = moved = time.monotonic()
    last = progress(connection, client)
    while not last.complete(expected):
        if time.monotonic() - moved >= patience:
            raise Unsettled(patience, last, expected)
        pause(PAUSE)
        found = progress(connection, client)
        if found != last:
            last, moved = found, time.monotonic()
    log.info("All of it is stored and settled: %d calls, %.1f s later.", last.calls, time.monotonic() - began)


def progress(connection: Connection, client: httpx.Client) -> Progress:
    spooled = connection.ask(client, "ingest/ledger")["spooled"]
    total = connection.ask(client, "metrics", measures="calls,pending_calls,outcomes")["total"]
    return Progress(spooled, *(int(total[name] or 0) for name in ("calls", "pending_calls", "outcomes")))


if __name__ == "__main__":
    sys.exit(main())
