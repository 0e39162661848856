from datetime import UTC, datetime, timedelta

import pytest

from ledger.jobs.models import Job
from ledger.runs.models import LEASE, SENT_AGAIN_AFTER, LeaseLost

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def job(project):
    return Job.objects.create(project=project, kind="reprice", asked_at=NOW)


def test_a_job_is_queued_then_running_then_done(job):
    states = [job.state]

    job.take("ann", NOW)
    states.append(job.state)
    job.finish("ann", NOW, {"found": 1})
    job.refresh_from_db()

    assert [*states, job.state] == ["queued", "running", "done"]
    assert (job.result, job.progress, job.attempts) == ({"found": 1}, 1.0, 1)


def test_a_job_that_ends_in_an_error_has_failed_and_says_why(job):
    job.take("ann", NOW)
    job.keep("ann", 0.5, {})

    job.finish("ann", NOW, None, "ValueError: no")

    job.refresh_from_db()
    assert (job.state, job.error, job.progress) == ("failed", "ValueError: no", 0.5)


def test_only_one_worker_has_a_job(job):
    assert job.take("ann", NOW)
    assert not job.take("bob", NOW + LEASE / 2)


def test_a_job_whose_worker_is_silent_is_anothers_and_the_first_one_learns_of_it(job):
    job.take("ann", NOW)
    job.keep("ann", 0.5, {"done": "monday"})
    later = NOW + LEASE + timedelta(seconds=1)

    assert job.take("bob", later)

    assert (job.kept, job.attempts, job.started_at) == ({"done": "monday"}, 2, NOW)
    with pytest.raises(LeaseLost):
        job.renew("ann", later)
    with pytest.raises(LeaseLost):
        job.finish("ann", later, {})


def test_a_job_that_has_ended_is_not_taken_again(job):
    job.take("ann", NOW)
    job.finish("ann", NOW, {})

    assert not job.take("bob", NOW + 2 * LEASE)


def test_a_job_waits_until_it_is_sent_and_again_when_nobody_took_it(job):
    assert list(Job.objects.waiting(NOW)) == [job]

    Job.objects.update(sent_at=NOW)

    assert not Job.objects.waiting(NOW + SENT_AGAIN_AFTER).exists()
    assert Job.objects.waiting(NOW + SENT_AGAIN_AFTER + timedelta(seconds=1)).exists()


def test_a_job_in_somebodys_hands_does_not_wait(job):
    job.take("ann", NOW)

    assert not Job.objects.waiting(NOW).exists()
    assert Job.objects.waiting(NOW + LEASE + timedelta(seconds=1)).exists()
