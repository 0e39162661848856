"""`python -m tests.bench.kill [KILLS] [SEED]`: services die at random moments while producers send; then the judge.

Ingest, the writer and the store are killed with -9 under load, the writer also exactly between its insert and its
release. Every span that was answered with 200 is an obligation. All the while somebody else reads the ledger, and in
each snapshot received = stored + merged + rejected + spooled has to hold, and to include all that was answered before.
"""

import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from ingest import failpoint
from ingest.tally import ledger
from ledger.store.migrate import migrate
from tests.bench.services import database
from tests.bench.table import report
from tests.faults.engine import Engine
from tests.faults.grpc_producer import GrpcProducer
from tests.faults.judge import finding, raw_rows, seconds_until_visible
from tests.faults.producer import Producer
from tests.ingest.house import House, own_database

KILLS = 40
PAUSE = 0.02
"""Seconds between two requests of one thread: enough load, and little enough for the judge to read all of it."""
FRESH_SECONDS = 5


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
class Killing:
    """The victims, and how each is brought back."""

    house: House
    engine: Engine
    moments: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    back: dict[str, list[float]] = field(default_factory=dict)

    def one(self) -> None:
        victim = self.moments.choice(("ingest", "ingest", "writer", "writer between", "store"))
        time.sleep(self.moments.uniform(0.1, 1.2))  # a random moment is the point: nothing to wait for
        begun = time.monotonic()
        self.victims()[victim]()
        self.kills[victim] += 1
        self.back.setdefault(victim, []).append(time.monotonic() - begun)

    def victims(self) -> dict[str, Callable[[], None]]:
        return {
            "ingest": self.ingest,
            "writer": self.writer,
            "writer between": self.writer_between,
            "store": self.store,
        }

    def ingest(self) -> None:
        self.house.kill(self.house.ingest)
        self.house.start_ingest()

    def writer(self) -> None:
        self.house.kill(self.house.writer)
        self.house.start_writer()

    def writer_between(self) -> None:
        """Killed by itself, where an insert has been made and the group is not yet released."""
        self.house.kill(self.house.writer)
        self.house.start_writer("--die-at", self.moments.choice(failpoint.PLACES))
        assert self.house.writer is not None
        self.house.writer.wait(60)
        self.house.start_writer()

    def store(self) -> None:
        self.engine.kill()
        self.engine.start()


def measured(house: House, engine: Engine, kills: int, seed: int) -> list[dict[str, object]]:
    project = uuid4()
    key = house.key(project)
    http, grpc = Producer(house, key, threads=2, pause=PAUSE), GrpcProducer(house, key, 1, PAUSE, first=10**9)
    watcher = Watcher(house.home / "spool", project, [http, grpc])
    watching = threading.Thread(target=watcher.run)
    killing = Killing(house, engine, random.Random(seed))
    house.start_ingest()
    house.start_writer()
    watching.start()
    try:
        with http, grpc:
            for _ in range(kills):
                killing.one()
    finally:
        watcher.stopping.set()
        watching.join()
    return told(house, engine, project, key, killing, watcher, http, grpc)


def told(
    house: House, engine: Engine, project: UUID, key: str, killing: Killing, watcher: Watcher, *producers: Producer
) -> list[dict[str, object]]:
    """A row a victim, then the verdict."""
    store = engine.store()
    begun = time.monotonic()
    found = finding(house, store, project, *producers, seconds=300)
    drained = time.monotonic() - begun
    verdict: dict[str, object] = {
        **asdict(found),
        "rows_in_the_store": raw_rows(store, project),
        "snapshots": watcher.snapshots,
        "wrong_snapshots": len(watcher.wrong),
        "drained_s": drained,
        "fresh_span_visible_s": seconds_until_visible(house, store, key, project),
        "answers": dict(sum((one.answers for one in producers), Counter[str]())),
    }
    victims = [
        {"victim": name, "kills": count, "back_after_s": max(killing.back[name])}
        for name, count in killing.kills.items()
    ]
    for line in watcher.wrong[:5]:
        print("wrong snapshot:", line)
    return [*victims, verdict]


def failures(verdict: dict[str, object]) -> list[str]:
    """What must be 0 and is not, and a fresh span that took too long."""
    none = ("lost", "twice", "never_sent", "changed", "miscounted", "wrong_snapshots")
    late = float(str(verdict["fresh_span_visible_s"])) > FRESH_SECONDS
    return [name for name in none if verdict[name]] + (["fresh_span_visible_s"] if late else [])


def main() -> int:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(10**6)
    print(f"seed {seed}: ./run bench kill {kills} {seed} does the same again")
    with tempfile.TemporaryDirectory() as folder, database(Path(folder) / "postgres-home") as server:
        engine = Engine(Path(folder) / "engine")
        house = House(Path(folder) / "home", own_database(server), engine.url)
        engine.start()
        migrate(engine.url)
        try:
            rows = measured(house, engine, kills, seed)
        finally:
            house.stop()
            engine.end()
    report("kill", rows, {"kills": kills, "seed": seed}, Path("bench-results"))
    wrong = failures(rows[-1])
    print(f"FAILED: {', '.join(wrong)}" if wrong else "nothing lost, nothing twice")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
