from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from ledger.jobs.kinds import KINDS
from ledger.jobs.models import MOST_ATTEMPTS, Job
from ledger.jobs.turns import ask, send_waiting, take_turn
from ledger.runs.models import SENT_AGAIN_AFTER
from ledger.store.errors import StoreUnavailable

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., Any]], None]:
    """`kind(work)`: what jobs of the kind "test" do."""
    return lambda work: monkeypatch.setitem(KINDS, "test", work)


def asked(project: Any) -> Job:
    return ask(project, "test", {"n": 3}, "ann", NOW)


@pytest.mark.django_db(transaction=True)
class TestSending:
    def test_a_job_is_sent_once_until_a_while_has_passed(self, project):
        job, sent = asked(project), []

        counts = [send_waiting(sent.append, NOW + each * SENT_AGAIN_AFTER) for each in (0, 0.5, 1.1)]

        assert counts == [1, 0, 1]
        assert sent == [str(job.pk)] * 2

    def test_a_job_that_has_ended_is_not_sent(self, project, kind, store):
        kind(lambda store, work: {})
        job = asked(project)
        take_turn(store, job)

        assert send_waiting(str, NOW + timedelta(days=1)) == 0

    def test_its_work_may_ask_the_database_in_a_thread_beside(self, project, kind, store):
        kind(lambda store, work: work.keep(0.5) or {})
        job = asked(project)

        def turn() -> None:
            take_turn(store, job)
            connection.close()

        thread = Thread(target=turn)
        thread.start()
        thread.join(10)

        job.refresh_from_db()
        assert job.state == "done"


@pytest.mark.django_db(transaction=True)
class TestTakingATurn:
    def test_a_turn_does_the_job_and_keeps_what_came_of_it(self, project, kind, store):
        kind(lambda store, work: {"twice": work.asked["n"] * 2, "for": work.project.name})
        job = asked(project)

        take_turn(store, job)

        job.refresh_from_db()
        assert (job.state, job.result) == ("done", {"twice": 6, "for": "Kitchen shop"})

    def test_what_goes_wrong_is_the_jobs_result(self, project, kind, store):
        def wrong(store: Any, work: Any) -> dict[str, object]:
            raise ValueError("no such day")

        kind(wrong)
        job = asked(project)

        take_turn(store, job)

        job.refresh_from_db()
        assert (job.state, job.error) == ("failed", "ValueError: no such day")

    def test_while_the_store_is_away_the_job_waits_for_another_turn(self, project, kind, store):
        def away(store: Any, work: Any) -> dict[str, object]:
            work.keep(0.5, done="monday")
            raise StoreUnavailable("127.0.0.1:9", "no answer")

        kind(away)
        job = asked(project)

        take_turn(store, job)

        job.refresh_from_db()
        assert (job.state, job.kept, job.leased_until) == ("running", {"done": "monday"}, None)
        assert list(Job.objects.waiting(timezone.now())) == [job]

    def test_a_worker_that_was_killed_is_followed_by_one_that_goes_on(self, project, kind, store):
        seen: list[object] = []
        kind(lambda store, work: seen.append(dict(work.kept)) or {})
        job = asked(project)
        job.take("the one killed", NOW)
        job.keep("the one killed", 0.5, {"done": "monday"})

        take_turn(store, job)

        assert seen == [{"done": "monday"}]

    def test_a_job_that_takes_its_workers_down_is_given_up(self, project, kind, store):
        seen: list[object] = []
        kind(lambda store, work: seen.append(work) or {})
        job = asked(project)
        Job.objects.update(attempts=MOST_ATTEMPTS)

        take_turn(store, job)

        job.refresh_from_db()
        assert (seen, job.state) == ([], "failed")
        assert "Given up" in job.error

    def test_a_job_in_somebodys_hands_is_left_alone(self, project, kind, store):
        seen: list[object] = []
        kind(lambda store, work: seen.append(work) or {})
        job = asked(project)
        job.take("another", timezone.now())

        take_turn(store, job)

        assert seen == []
