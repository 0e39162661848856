from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from django.db import connection, transaction

from evals.suite import shipped
from ledger.runs.models import EVERY, SENT_AGAIN_AFTER, Run, Schedule
from ledger.runs.turns import send_due, take_turn
from ledger.store.client import connect
from ledger.store.scores import scores_of
from tests.settle.house import call, span

NOW = datetime(2026, 11, 1, tzinfo=UTC)
OUTPUT = '[{"role": "assistant", "parts": [{"type": "text", "content": "It left on Monday."}]}]'


@pytest.mark.django_db(transaction=True)
class TestSending:
    def test_what_is_due_is_sent_and_due_again_later(self):
        sent: list[str] = []

        assert send_due(sent.append, NOW) == 1

        assert sent == [str(Run.objects.get().pk)]
        assert Schedule.objects.get().next_at == NOW + EVERY

    def test_a_shipped_suite_is_sent_without_being_set_up(self):
        assert not Schedule.objects.exists()

        assert send_due(str, NOW) == len(shipped())

    def test_what_is_not_due_is_not_sent(self):
        Schedule.add_missing(shipped(), NOW)

        assert send_due(str, NOW - timedelta(seconds=1)) == 0

    def test_what_is_switched_off_is_not_sent(self):
        Schedule.add_missing(shipped(), NOW)
        Schedule.objects.update(enabled=False)

        assert send_due(str, NOW) == 0

    def test_a_message_that_nobody_took_is_sent_again_after_a_while_only(self):
        send_due(str, NOW)

        assert send_due(str, NOW + EVERY) == 0
        assert send_due(str, NOW + SENT_AGAIN_AFTER) == 1

    def test_a_message_leaves_only_after_its_row_says_so(self):
        seen: list[bool] = []

        send_due(lambda run: seen.append(connection.in_atomic_block), NOW)

        assert seen == [False]

    def test_two_dispatchers_share_the_table_without_sending_twice(self):
        """One of them holds the schedule's row; the other passes over it instead of waiting."""
        Schedule.add_missing(shipped(), NOW)
        sent: list[int] = []

        def dispatch() -> None:
            sent.append(send_due(str, NOW))
            connection.close()

        with transaction.atomic():
            assert len(Schedule.objects.due(NOW)) == 1
            other = Thread(target=dispatch)
            other.start()
            other.join(10)

        assert sent == [0]


@pytest.mark.django_db
class TestTakingATurn:
    def test_a_turn_grades_what_has_arrived_and_gives_the_run_back(self, house):
        run = Run.live(shipped()["answer_basics"], NOW)
        answer = call(output=OUTPUT)
        house.arrive(span(), answer)
        house.settle()

        assert take_turn(house.store, run) >= 1

        run.refresh_from_db()
        assert (run.holder, run.leased_until) == ("", None)
        assert [score.name for score in scores_of(house.store, house.project, answer.trace_id)] == ["answered"]

    def test_while_the_store_is_away_the_run_waits_for_its_next_turn(self):
        run = Run.live(shipped()["answer_basics"], NOW)

        assert take_turn(connect("http://user:password@127.0.0.1:9/spanledger"), run) == 0

        run.refresh_from_db()
        assert run.wants_a_turn(NOW)

    def test_a_run_that_somebody_is_at_is_left_alone(self, house):
        run = Run.live(shipped()["answer_basics"], NOW)
        run.take("another", datetime.now(UTC))

        assert take_turn(house.store, run) == 0

    def test_a_run_of_a_suite_that_is_no_longer_shipped_is_left_alone(self, house):
        run = Run.objects.create(suite="gone", version=1, digest="x", started_at=NOW)

        assert take_turn(house.store, run) == 0
