"""The settler as a process: killed, stopped, and without a store."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from ledger.settle.settlement import STEP
from ledger.settle.settler import LONGEST_PAUSE, PAUSE, rest
from tests.settle.house import House, call, span

type Eventually = Callable[..., None]


@contextmanager
def settler(**environ: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "ledger.settle.settler"],
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


class TestSettler:
    def test_settles_what_arrives_while_it_runs_and_stops_when_told(
        self, own_house: House, own_url: str, eventually: Eventually
    ) -> None:
        own_house.price()
        with settler(CLICKHOUSE_URL=own_url) as process:
            own_house.arrive(span(route="support"), call())
            eventually(lambda: own_house.row(2)["cost_status"] == "priced", "the call to be settled", 60)
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=30)

        assert own_house.row(2)["route"] == "support"
        assert process.returncode == 0
        assert "settler_stopped" in output

    def test_goes_on_where_a_killed_one_left_off(self, own_house: House, own_url: str, eventually: Eventually) -> None:
        own_house.price()
        own_house.arrive(call(1))
        with settler(CLICKHOUSE_URL=own_url) as process:
            eventually(lambda: own_house.row(2)["cost_status"] == "priced", "the first call to be settled", 60)
            process.kill()
        own_house.arrive(call(2))

        with settler(CLICKHOUSE_URL=own_url):
            eventually(lambda: own_house.row(2, 2)["cost_status"] == "priced", "the second call to be settled", 60)
            eventually(lambda: len(own_house.traces()) == 2, "both traces to have their entries", 60)

        # two calls and two traces, each written once
        assert own_house.settlements() == 4

    def test_waits_for_a_store_that_is_away(self) -> None:
        with settler(CLICKHOUSE_URL="http://spanledger:x@127.0.0.1:9/spanledger") as process:
            assert process.stdout
            seen = [line for line, _ in zip(process.stdout, range(3), strict=False)]
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)

        assert "settler_started" in seen[0]
        assert any("store_trouble" in line and "127.0.0.1:9" in line for line in seen)
        assert process.returncode == 0


class TestRest:
    @pytest.mark.parametrize(
        ("arrivals", "took", "seconds"),
        [(0, 9.0, PAUSE), (1, 0.01, PAUSE), (1, 0.2, 2.0), (1, 9.0, LONGEST_PAUSE), (STEP, 9.0, 0)],
    )
    def test_is_longer_after_a_dear_little_step_and_none_after_a_full_one(
        self, arrivals: int, took: float, seconds: float
    ) -> None:
        assert rest(arrivals, took) == pytest.approx(seconds)
