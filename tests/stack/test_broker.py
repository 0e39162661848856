"""The embedded broker: every message once, whole, in order, also with several processes at both ends."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection, Exchange, Producer, Queue

from ledger.stack import broker

PRODUCE = """
import sys
from kombu import Connection
import ledger.stack.broker

url, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with Connection(url) as connection:
    queue = connection.SimpleQueue("work")
    for number in range(first, first + count):
        queue.put({"number": number, "padding": "x" * 2000})
    queue.close()
"""

CONSUME = """
import sys
from queue import Empty
from kombu import Connection
import ledger.stack.broker

with Connection(sys.argv[1]) as connection:
    queue = connection.SimpleQueue("work")
    while True:
        try:
            message = queue.get(timeout=3)
        except Empty:
            break
        print(message.payload["number"], flush=True)
        message.ack()
    queue.close()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a broker"


@pytest.fixture
def connection(folder: Path) -> Iterator[Connection]:
    with Connection(broker.url(folder)) as opened:
        yield opened


def waiting(folder: Path, room: str = "messages") -> list[str]:
    return sorted(path.name for path in (folder / room).iterdir())


def run(code: str, *words: object) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, *map(str, words)], stdout=subprocess.PIPE, text=True)


def put(connection: Connection, *bodies: object) -> None:
    queue = connection.SimpleQueue("work")
    for body in bodies:
        queue.put(body)
    queue.close()


def get(connection: Connection) -> object:
    queue = connection.SimpleQueue("work")
    try:
        message = queue.get(timeout=0.3)
        message.ack()
        return message.payload
    finally:
        queue.close()


def test_three_producers_and_three_consumers_lose_and_double_nothing(folder: Path) -> None:
    url = broker.url(folder)
    producers = [run(PRODUCE, url, first, 200) for first in (0, 200, 400)]
    consumers = [run(CONSUME, url) for _ in range(3)]

    taken = Counter(int(line) for consumer in consumers for line in consumer.communicate(timeout=60)[0].split())

    assert [producer.communicate(timeout=10) and producer.returncode for producer in producers] == [0, 0, 0]
    assert taken == Counter(range(600))
    assert waiting(folder) == []


def test_messages_come_in_the_order_in_which_they_were_sent(connection: Connection) -> None:
    put(connection, "first", "second", "third")

    assert [get(connection) for _ in range(3)] == ["first", "second", "third"]


def test_a_message_that_is_still_being_written_is_not_taken(connection: Connection, folder: Path) -> None:
    broker.make(folder)
    (folder / "messages" / ".0123.tmp").write_text('{"body": "ha')

    with pytest.raises(Empty):
        get(connection)


def test_an_unreadable_message_is_put_aside_and_the_next_one_comes(
    connection: Connection, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broker.make(folder)
    (folder / "messages" / "00000000000000000001_a.work.msg").write_text("")
    put(connection, "whole")

    assert get(connection) == "whole"
    assert waiting(folder, "unreadable") == ["00000000000000000001_a.work.msg"]
    assert "can't be read" in caplog.text


def test_what_a_killed_consumer_had_claimed_is_given_back_in_its_place(connection: Connection, folder: Path) -> None:
    put(connection, "claimed", "waiting")
    first = folder / "messages" / waiting(folder)[0]
    first.rename(folder / "claims" / f"99999.{first.name}")

    assert broker.requeue_leftovers(broker.url(folder)) == 1
    assert [get(connection), get(connection)] == ["claimed", "waiting"]
    assert waiting(folder, "claims") == []


def test_what_was_taken_but_not_acknowledged_returns_when_the_consumer_leaves(folder: Path) -> None:
    url = broker.url(folder)
    with Connection(url) as leaving:
        put(leaving, "unfinished")
        leaving.SimpleQueue("work").get(timeout=1)

    with Connection(url) as other:
        assert get(other) == "unfinished"


def test_a_fan_out_reaches_every_bound_queue(connection: Connection) -> None:
    news = Exchange("news", type="fanout")
    queues = [Queue(name, news)(connection.default_channel) for name in ("one", "two")]
    for queue in queues:
        queue.declare()
    Producer(connection, exchange=news).publish("hello")

    assert [queue.get(no_ack=True).payload for queue in queues] == ["hello", "hello"]


def test_a_queue_that_is_deleted_is_no_longer_bound(connection: Connection, folder: Path) -> None:
    news = Exchange("news", type="fanout")
    gone = Queue("gone", news)(connection.default_channel)
    gone.declare()
    gone.delete()
    Producer(connection, exchange=news).publish("hello")

    assert waiting(folder) == []


def test_the_folder_is_private(connection: Connection, folder: Path) -> None:
    put(connection, "a secret")

    assert {path.stat().st_mode & 0o077 for path in folder.iterdir() if path.is_dir()} == {0}
