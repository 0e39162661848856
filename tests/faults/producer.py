"""A client that remembers: every span that was answered with 200 is an obligation."""

import random
import threading
from collections import Counter
from dataclasses import dataclass, field

import httpx
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.ingest.house import House
from tests.ingest.requests import START, body, span

CHUNK = 20
LANE = 10_000_000


def numbered(number: int) -> Span:
    """The span of this number: whoever reads it can tell from the number alone what it has to say."""
    return span(
        number,
        number // 7 + 1,
        name=f"step {number % 50}",
        start=START + number * 1_000_000,
        attributes={
            "n": number,
            "text": text(number),
            "gen_ai.operation.name": "chat",
            "gen_ai.usage.input_tokens": number % 1009,
            "gen_ai.usage.output_tokens": number % 97,
        },
    )


def text(number: int) -> str:
    """Some hundred characters that hardly shrink."""
    return random.Random(number).randbytes(number % 300).hex()


@dataclass
class Producer:
    """Sends numbered spans from several threads and sends again what was not answered, as real clients do."""

    house: House
    key: str
    threads: int = 3
    pause: float = 0.0
    first: int = 0
    timeout: float = 5
    acknowledged: set[int] = field(default_factory=set)
    offered: set[int] = field(default_factory=set)
    statuses: set[int] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)
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
            thread.join(60)

    def run(self, lane: int) -> None:
        number = self.first + lane * LANE + 1
        with httpx.Client(timeout=self.timeout) as client:
            while not self.stopping.is_set():
                numbers = range(number, number + CHUNK)
                self.offered.update(numbers)
                if self.sent(client, numbers):
                    self.acknowledged.update(numbers)
                    number += CHUNK
                    self.stopping.wait(self.pause)
                else:
                    self.stopping.wait(0.05)

    def sent(self, client: httpx.Client, numbers: range) -> bool:
        """True if it was answered with 200. A refused connection is what a client of a killed server sees."""
        raw = body(*map(numbered, numbers))
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/x-protobuf"}
        try:
            response = client.post(f"{self.house.url}/v1/traces", content=raw, headers=headers)
        except httpx.HTTPError:
            self.answers["none"] += 1
            return False
        self.statuses.add(response.status_code)
        self.answers[str(response.status_code)] += 1
        return response.status_code == 200
