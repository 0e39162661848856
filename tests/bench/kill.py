"""`python -m tests.bench.kill [KILLS] [SEED]`: services die at random moments while producers send; then the judge.

Ingest, the writer and the store are killed with -9 under load, the writer also exactly between its insert and its
release. Every span that was answered with 200 is an obligation. All the while somebody else reads the ledger, and in
each snapshot received = stored + merged + rejected + spooled has to hold, and to include all that was answered before.
"""

import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ingest import failpoint
from tests.bench.table import report
from tests.bench.trial import asked, ended, trial
from tests.faults.engine import Engine
from tests.ingest.house import House

KILLS = 40
PAUSE = 0.02
"""Seconds between two requests of one thread: enough load, and little enough for the judge to read all of it."""

VICTIMS = ("ingest", "ingest", "writer", "writer between", "store")


@dataclass
class Killing:
    """The victims, and how each is brought back."""

    house: House
    engine: Engine
    moments: random.Random
    back: dict[str, list[float]] = field(default_factory=dict)

    def one(self) -> None:
        victim = self.moments.choice(VICTIMS)
        time.sleep(self.moments.uniform(0.1, 1.2))  # a random moment is the point: nothing to wait for
        begun = time.monotonic()
        self.ways[victim]()
        self.back.setdefault(victim, []).append(time.monotonic() - begun)

    @property
    def ways(self) -> dict[str, Callable[[], None]]:
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


def main() -> int:
    kills, seed = asked(KILLS)
    print(f"seed {seed}: ./run bench kill {kills} {seed} kills the same again")
    with trial(PAUSE) as trying:
        killing = Killing(trying.house, trying.engine, random.Random(seed))
        with trying.under_load():
            for _ in range(kills):
                killing.one()
        verdict = trying.verdict()
    rows = [{"victim": name, "kills": len(back), "back_after_s": max(back)} for name, back in killing.back.items()]
    report("kill", [*rows, verdict], {"kills": kills, "seed": seed}, Path("bench-results"))
    return ended(verdict)


if __name__ == "__main__":
    sys.exit(main())
