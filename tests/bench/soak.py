"""`python -m tests.bench.soak [MINUTES] [SEED]`: load for a while, and one fault after the other; then the judge.

The long form of tests/faults: a store that is down, slow, thin or cut off, a spool whose disk is full, services
that are killed or told to stop. Every span that was answered with 200 is an obligation; memory is looked at, too.
"""

import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.bench.kill import Killing
from tests.bench.table import report
from tests.bench.trial import Trial, asked, ended, trial
from tests.faults.quota import no_file_grows_beyond

MINUTES = 3
PAUSE = 0.1
LONGEST, SHORTEST = 12.0, 4.0
"""Seconds that a fault lasts, and that lie between two."""


@dataclass
class Trouble:
    """The faults by name; each lasts as long as its block."""

    trying: Trial
    killing: Killing
    chance: random.Random
    had: Counter[str] = field(default_factory=Counter)
    memory: dict[str, int] = field(default_factory=dict)

    def one(self) -> None:
        name = self.chance.choice(sorted(self.faults))
        self.had[name] += 1
        with self.faults[name]():
            time.sleep(self.chance.uniform(SHORTEST, LONGEST))  # a fault lasts: nothing to wait for
        time.sleep(SHORTEST)
        self.weigh()

    @property
    def faults(self) -> dict[str, Callable[[], AbstractContextManager[object]]]:
        return {
            "store down": self.store_down,
            "store slow": lambda: self.line(latency=0.5),
            "line thin": lambda: self.line(rate=50_000),
            "line cut": lambda: self.line(cut_after=20_000),
            "answers lost": lambda: self.line(swallow=True),
            "spool's disk full": self.spool_full,
            "a service killed": lambda: nullcontext(self.killing.one()),
            "ingest told to stop": lambda: nullcontext(self.restart()),
        }

    @contextmanager
    def store_down(self) -> Iterator[None]:
        self.trying.engine.end()
        yield
        self.trying.engine.start()

    @contextmanager
    def line(self, **fault: float) -> Iterator[None]:
        for name, value in fault.items():
            setattr(self.trying.proxy, name, value)
        yield
        for name in fault:
            setattr(self.trying.proxy, name, type(fault[name])())

    def spool_full(self) -> AbstractContextManager[None]:
        assert self.trying.house.ingest is not None
        return no_file_grows_beyond(64 * 1024, self.trying.house.ingest.pid)

    def restart(self) -> None:
        ingest = self.trying.house.ingest
        assert ingest is not None
        ingest.send_signal(signal.SIGTERM)
        assert ingest.wait(10) == 0
        self.trying.house.start_ingest()

    def weigh(self) -> None:
        for name, process in (("ingest", self.trying.house.ingest), ("writer", self.trying.house.writer)):
            assert process is not None
            held = psutil.Process(process.pid).memory_info().rss
            self.memory[name] = max(self.memory.get(name, 0), held)


def main() -> int:
    minutes, seed = asked(MINUTES)
    print(f"seed {seed}: ./run bench soak {minutes} {seed} does the same again")
    with trial(PAUSE) as trying:
        chance = random.Random(seed)
        trouble = Trouble(trying, Killing(trying.house, trying.engine, chance), chance)
        until = time.monotonic() + minutes * 60
        with trying.under_load():
            while time.monotonic() < until:
                trouble.one()
        verdict = trying.verdict()
    rows: list[dict[str, object]] = [{"fault": name, "times": times} for name, times in sorted(trouble.had.items())]
    rows.append({f"{name}_rss_mib": held / 2**20 for name, held in trouble.memory.items()})
    report("soak", [*rows, verdict], {"minutes": minutes, "seed": seed}, Path("bench-results"))
    return ended(verdict)


if __name__ == "__main__":
    sys.exit(main())
