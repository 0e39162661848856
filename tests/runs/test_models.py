from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from evals.suite import shipped
from ledger.runs.models import LEASE, SENT_AGAIN_AFTER, LeaseLost, Run, Schedule

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SUITE = shipped()["answer_basics"]


@pytest.fixture
def run(db: None) -> Run:
    return Run.live(SUITE, NOW)


def test_the_run_of_live_traffic_goes_on(run):
    assert Run.live(SUITE, NOW + timedelta(days=1)) == run
    assert run.state == "running"


def test_a_changed_suite_ends_its_run_and_begins_another(run):
    later = NOW + timedelta(days=1)

    changed = Run.live(replace(SUITE, digest="another"), later)

    run.refresh_from_db()
    assert (run.state, run.finished_at) == ("done", later)
    assert (changed.state, changed.started_at) == ("running", later)


def test_one_worker_at_a_time_has_a_run(run):
    assert run.take("first", NOW)
    assert not run.take("second", NOW + LEASE)


def test_a_worker_that_is_silent_too_long_loses_its_run(run):
    run.take("first", NOW)

    assert run.take("second", NOW + LEASE + SECOND)
    with pytest.raises(LeaseLost):
        run.renew("first", NOW + LEASE + SECOND, graded=1)


def test_renewing_keeps_the_run_and_counts(run):
    run.take("first", NOW)
    run.renew("first", NOW + LEASE, graded=3)

    assert not run.take("second", NOW + LEASE + SECOND)
    run.refresh_from_db()
    assert run.graded == 3


def test_a_run_that_has_ended_is_nobodys(run):
    Run.objects.update(finished_at=NOW)

    assert not run.take("first", NOW)


def test_only_its_holder_lets_a_run_go(run):
    run.take("first", NOW)

    run.release("second")
    assert not run.take("third", NOW)
    run.release("first")
    assert run.take("third", NOW)


def test_a_run_wants_a_turn_unless_somebody_is_at_it_or_a_message_is_under_way(run):
    assert run.wants_a_turn(NOW)

    run.leased_until = NOW + LEASE
    assert not run.wants_a_turn(NOW)
    assert run.wants_a_turn(NOW + LEASE)

    run.leased_until, run.sent_at = None, NOW
    assert not run.wants_a_turn(NOW)
    assert run.wants_a_turn(NOW + SENT_AGAIN_AFTER)


def test_a_schedule_that_was_changed_stays_as_it_is(db):
    Schedule.add_missing(["answer_basics"], NOW)
    Schedule.objects.update(enabled=False)

    Schedule.add_missing(["answer_basics", "house_rules"], NOW)

    assert dict(Schedule.objects.values_list("suite", "enabled")) == {"answer_basics": False, "house_rules": True}
