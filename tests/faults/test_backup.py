"""A cold copy of the home is a whole Spanledger: keys, spans, counts, and what had not reached the store."""

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.faults.test_stack import Stack
from tests.ingest.requests import START, body, span

pytestmark = pytest.mark.faults


class Client:
    """Somebody with a key of the default project, kept from before the copy was made."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.key = stack, stack.connection()["SPANLEDGER_API_KEY"]

    def send(self, *numbers: int) -> None:
        spans = (span(number, 5, start=START + number * 1000) for number in numbers)
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/x-protobuf"}
        address = f"http://127.0.0.1:{self.stack.otlp_port}/v1/traces"
        assert httpx.post(address, content=body(*spans), headers=headers, timeout=10).status_code == 200

    def asked(self, path: str) -> dict[str, object]:
        headers = {"authorization": f"Bearer {self.key}"}
        response = httpx.get(f"http://127.0.0.1:{self.stack.web_port}/api/v1/{path}", headers=headers, timeout=20)
        assert response.status_code == 200, response.text
        found: dict[str, object] = response.json()
        return found

    def spans(self) -> list[str]:
        trace = self.asked(f"traces/{5:032x}")
        return [one["span_id"] for one in trace["spans"]]  # type: ignore[attr-defined]

    def counts(self) -> dict[str, object]:
        return self.asked("ingest/ledger")


def test_a_copy_of_the_home_that_is_started_elsewhere_has_everything(
    tmp_path: Path, eventually: Callable[..., None]
) -> None:
    first = Stack(tmp_path / "first home", eventually)
    first.start()
    client = Client(first)
    client.send(1, 2)
    eventually(lambda: client.counts()["stored"] == 2, "two spans to be stored")
    client.send(2, 3)
    first.stop(signal.SIGTERM)

    copy = Stack(tmp_path / "second home", eventually)
    shutil.copytree(first.home, copy.home, symlinks=True)
    shutil.rmtree(first.home)
    copy.start()
    try:
        after = Client(copy)
        assert after.key == client.key
        eventually(lambda: after.counts()["spooled"] == 0, "the spool to be empty")
        assert after.counts() == {"received": 4, "stored": 3, "merged": 1, "rejected": 0, "spooled": 0}
        assert after.spans() == [f"{number:016x}" for number in (1, 2, 3)]
        after.send(4)
        eventually(lambda: len(after.spans()) == 4, "a fresh span to be visible", 5)
    finally:
        copy.stop()
