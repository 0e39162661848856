"""Sends runs that are due to the workers, and gives them their turns there."""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils import timezone

from evals.following import grade_arrived
from evals.suite import shipped
from ledger.runs.models import Run, Schedule
from ledger.store.client import Store
from ledger.store.errors import StoreUnavailable

log = logging.getLogger(__name__)


def send_due(send: Callable[[str], object], now: datetime) -> int:
    """Send the runs of all due schedules, each after its row says so; returns how many were sent."""
    Schedule.add_missing(shipped(), now)
    with transaction.atomic():
        due = [schedule for schedule in Schedule.objects.due(now) if schedule.suite in shipped()]
        for schedule in due:
            schedule.next_at = now + schedule.every
            schedule.save(update_fields=["next_at"])
        runs = [Run.live(shipped()[schedule.suite], now) for schedule in due]
        waiting = [run for run in runs if run.wants_a_turn(now)]
        Run.objects.filter(pk__in=[run.pk for run in waiting]).update(sent_at=now)
        for run in waiting:
            transaction.on_commit(partial(send, str(run.pk)))
    return len(waiting)


def take_turn(store: Store, run: Run) -> int:
    """Grade what has arrived, unless another worker is at it; returns how many generations were graded."""
    suite, holder, total = shipped().get(run.suite), str(uuid.uuid4()), 0
    if suite is None or suite.digest != run.digest or not run.take(holder, timezone.now()):
        return 0
    try:
        for graded in grade_arrived(store, suite):
            run.renew(holder, timezone.now(), graded)
            total += graded
    except StoreUnavailable as away:
        log.warning("%s stops for now: %s", run, away)
    finally:
        run.release(holder)
    return total
