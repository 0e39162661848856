"""What killing and soaking share: a house with a store of its own, somebody who watches the ledger, and the verdict."""

import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from ingest.tally import ledger
from ledger.store.migrate import migrate
from tests.bench.services import database
from tests.faults.engine import Engine
from tests.faults.grpc_producer import GrpcProducer
from tests.faults.judge import finding, raw_rows, seconds_until_visible
from tests.faults.producer import Producer
from tests.faults.proxy import Proxy
from tests.ingest.house import House, own_database

FRESH_SECONDS = 5
HAS_TO_BE_NONE = ("lost", "twice", "never_sent", "changed", "miscounted", "wrong_snapshots")


@dataclass
class Watcher:
    """Reads the ledger over and over; remembers each snapshot that does not add up or lacks what was answered."""

    folder: Path
    project: UUID
    producers: list[Producer]
    snapshots: int = 0
    wrong: list[str] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.stopping.wait(0.02):
            answered = sum(len(one.acknowledged) for one in self.producers)
            told = ledger(self.folder, self.project)
            self.snapshots += 1
            if told.received != told.stored + told.merged + told.rejected + told.spooled or told.received < answered:
                self.wrong.append(f"{answered} answered, {told}")


@dataclass
class Trial:
    """One house, one store, the line between them, and who sends."""

    house: House
    engine: Engine
    proxy: Proxy
    project: UUID
    key: str
    producers: list[Producer]
    watcher: Watcher

    @contextmanager
    def under_load(self) -> Iterator[None]:
        watching = threading.Thread(target=self.watcher.run)
        self.house.start_ingest()
        self.house.start_writer()
        watching.start()
        try:
            with self.producers[0], self.producers[1]:
                yield
        finally:
            self.watcher.stopping.set()
            watching.join()

    def verdict(self) -> dict[str, object]:
        """Once all is well again: what the judge found, and how long that took."""
        store, begun = self.engine.store(), time.monotonic()
        found = finding(self.house, store, self.project, *self.producers, seconds=600)
        return {
            **asdict(found),
            "rows_in_the_store": raw_rows(store, self.project),
            "snapshots": self.watcher.snapshots,
            "wrong_snapshots": len(self.watcher.wrong),
            "judged_after_s": time.monotonic() - begun,
            "fresh_span_visible_s": seconds_until_visible(self.house, store, self.key, self.project),
            "answers": dict(sum((one.answers for one in self.producers), Counter[str]())),
        }


@contextmanager
def trial(pause: float) -> Iterator[Trial]:
    """Nothing of it runs yet but PostgreSQL and the store; each thread of a producer waits `pause` between requests."""
    with tempfile.TemporaryDirectory() as folder, database(Path(folder) / "postgres-home") as server:
        engine = Engine(Path(folder) / "engine")
        with Proxy(engine.port) as proxy:
            house = House(Path(folder) / "home", own_database(server), proxy.url)
            project = uuid4()
            key = house.key(project)
            over_http = Producer(house, key, threads=2, pause=pause)
            producers = [over_http, GrpcProducer(house, key, 1, pause, first=10**9)]
            engine.start()
            migrate(engine.url)
            watcher = Watcher(house.home / "spool", project, producers)
            try:
                yield Trial(house, engine, proxy, project, key, producers, watcher)
            finally:
                house.stop()
                engine.end()


def asked(default: int) -> tuple[int, int]:
    """How much is to be done, and the seed, from the command line."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else default
    return most, int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(10**6)


def ended(verdict: dict[str, object]) -> int:
    """Says what must be 0 and is not, and whether a fresh span took too long; the exit status."""
    late = float(str(verdict["fresh_span_visible_s"])) > FRESH_SECONDS
    wrong = [name for name in HAS_TO_BE_NONE if verdict[name]] + (["fresh_span_visible_s"] if late else [])
    print(f"FAILED: {', '.join(wrong)}" if wrong else "nothing lost, nothing twice")
    return 1 if wrong else 0
