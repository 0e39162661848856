"""Worker and beat as the stack starts them do a job; one that is killed in the middle is followed by another."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from ledger.domain.prices import Rates
from ledger.domain.windows import Window
from ledger.jobs.models import Job
from ledger.jobs.turns import ask
from ledger.prices.repricing import KIND, asked_for
from tests.settle.house import NOON, SECOND, House, call, span

ROOT = Path(__file__).parents[2]
DAY = 24 * 3600
DAYS = 12


@pytest.fixture
def env(transactional_db: None, tmp_path: Path) -> dict[str, str]:
    """The environment of processes that work on this test's database."""
    url = settings.ENVIRONMENT.database_url.replace("/spanledger?", f"/{connection.settings_dict['NAME']}?")
    return os.environ | {
        "DATABASE_URL": url,
        "BROKER_URL": f"spool://{tmp_path}/broker",
        "SPANLEDGER_HOME": str(tmp_path),
    }


@contextmanager
def running(service: str, env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "ledger", service, "--loglevel", "INFO"],
            env=env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.wait(15)


def twice_as_dear(house: House) -> None:
    """A call a day, each of 0.3 cents, and then a price of twice that."""
    house.price()
    for trace in range(1, DAYS + 1):
        house.arrive(span(trace, at=trace * DAY), call(trace, at=trace * DAY))
    house.settle()
    house.price(version=2, rates=Rates(input=Decimal(4), output=Decimal(20)))


def repricing(project: Any) -> Job:
    began = datetime.fromtimestamp(NOON / SECOND, UTC)
    asked = asked_for(Window(began, began + timedelta(days=DAYS + 1)), "", "")
    return ask(project, KIND, asked, "ann", timezone.now())


def test_a_repricing_goes_on_after_its_worker_was_killed(
    project, house, env, tmp_path, eventually: Callable[..., None]
):
    twice_as_dear(house)
    job, log = repricing(project), tmp_path / "celery.log"

    def now() -> Job:
        job.refresh_from_db()
        return job

    with ExitStack() as processes:
        processes.enter_context(running("beat", env, log))
        first = processes.enter_context(running("worker", env, log))
        eventually(lambda: now().progress > 0, "the first day to be done", 60)
        first.send_signal(signal.SIGKILL)
        first.wait(10)
        kept = now().kept["done"]
        assert job.state == "running"
        Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1), sent_at=None)  # as after half a minute
        processes.enter_context(running("worker", env, log))
        eventually(lambda: now().state == "done", "another worker to end it", 60)

    before, after = job.result["before"], job.result["after"]
    assert (before["cost"], after["cost"], after["calls"]) == ("0.036", "0.072", DAYS)
    assert {row["cost"] for row in house.ledger().values()} == {Decimal("0.006")}
    assert job.attempts == 2
    assert kept < job.kept["done"]
