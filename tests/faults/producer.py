"""A client that remembers: every span that was answered with 200 is an obligation."""

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

import httpx

from ledger.store.client import Store
from tests.ingest.house import House
from tests.ingest.requests import body, span

CHUNK = 20


@dataclass
class Producer:
    """Sends numbered spans from several threads and sends again what was not answered, as real clients do."""

    house: House
    key: str
    threads: int = 3
    acknowledged: set[int] = field(default_factory=set)
    offered: set[int] = field(default_factory=set)
    statuses: set[int] = field(default_factory=set)
    stopping: threading.Event = field(default_factory=threading.Event)
    running: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> "Producer":
        self.running = [threading.Thread(target=self.run, args=(at,)) for at in range(self.threads)]
        for thread in self.running:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for thread in self.running:
            thread.join(30)

    def run(self, lane: int) -> None:
        number = lane * 10_000_000 + 1
        with httpx.Client(timeout=5) as client:
            while not self.stopping.is_set():
                numbers = range(number, number + CHUNK)
                self.offered.update(numbers)
                if self.sent(client, numbers):
                    self.acknowledged.update(numbers)
                    number += CHUNK
                else:
                    self.stopping.wait(0.05)

    def sent(self, client: httpx.Client, numbers: range) -> bool:
        """True if it was answered with 200. A refused connection is what a client of a killed server sees."""
        raw = body(*(span(number, number // 7 + 1, attributes={"n": number}) for number in numbers))
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/x-protobuf"}
        with suppress(httpx.HTTPError):
            response = client.post(f"{self.house.url}/v1/traces", content=raw, headers=headers)
            self.statuses.add(response.status_code)
            return response.status_code == 200
        return False


def stored(store: Store, project: UUID) -> list[int]:
    """The numbers of all spans in the store, one for each row that a reader sees."""
    sql = "SELECT reinterpretAsUInt64(reverse(span_id)) AS n FROM ledger WHERE project_id = {project:UUID}"
    return [row["n"] for row in store.select(sql, project=project)]


def raw_rows(store: Store, project: UUID) -> int:
    """Rows as they were written, before the store merges any."""
    count: int = store.select("SELECT count() AS n FROM spans WHERE project_id = {p:UUID}", p=project)[0]["n"]
    return count
