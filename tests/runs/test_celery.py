"""Worker and beat as the stack starts them: real processes on the embedded broker."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from evals.suite import shipped
from ledger.runs.models import Run
from ledger.store.scores import scores_of
from tests.settle.house import call, span

ROOT = Path(__file__).parents[2]
OUTPUT = '[{"role": "assistant", "parts": [{"type": "text", "content": "It left on Monday."}]}]'


@pytest.fixture
def celery(transactional_db: None, tmp_path: Path) -> Iterator[Path]:
    """A worker and a beat on this test's database; the folder holds what they said."""
    env = os.environ | {
        "DATABASE_URL": settings.ENVIRONMENT.database_url.replace(
            "/spanledger?", f"/{connection.settings_dict['NAME']}?"
        ),
        "BROKER_URL": f"spool://{tmp_path}/broker",
        "SPANLEDGER_HOME": str(tmp_path),
    }
    with ExitStack() as processes:
        for service in ("worker", "beat"):
            processes.enter_context(running(service, env, tmp_path))
        yield tmp_path


@contextmanager
def running(service: str, env: dict[str, str], folder: Path) -> Iterator[None]:
    with (folder / f"{service}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "ledger", service, "--loglevel", "INFO"],
            env=env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.wait(15)


def test_a_new_call_has_its_score_within_fifteen_seconds(celery, house, eventually: Callable[..., None]):
    answer = call(output=OUTPUT)
    eventually(lambda: Run.objects.exclude(sent_at=None).exists() or Run.objects.exists(), "the first dispatch", 30)
    house.arrive(span(), answer)
    house.settle()

    def graded() -> bool:
        return [score.name for score in scores_of(house.store, house.project, answer.trace_id)] == ["answered"]

    eventually(graded, "the score", 15)
    assert Run.objects.get().suite in shipped()
    assert "Traceback" not in (celery / "worker.log").read_text()
