"""Sends jobs to the workers, and does them there."""

import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Event, Thread

from django.db import connection, transaction
from django.utils import timezone

from ledger.accounts.models import Project
from ledger.jobs.kinds import KINDS
from ledger.jobs.models import MOST_ATTEMPTS, Facts, Job
from ledger.runs.models import LEASE, LeaseLost
from ledger.store.client import Store
from ledger.store.errors import StoreUnavailable

log = logging.getLogger(__name__)


@dataclass
class Work:
    """A job in the hands of a worker: what its kind gets to see."""

    job: Job
    holder: str

    @property
    def project(self) -> Project:
        return self.job.project

    @property
    def asked(self) -> Facts:
        asked: Facts = self.job.asked
        return asked

    @property
    def kept(self) -> Facts:
        kept: Facts = self.job.kept
        return kept

    def keep(self, progress: float, **kept: object) -> None:
        """Note how far it is; raises LeaseLost where another worker has the job by now."""
        self.job.kept = {**self.job.kept, **kept}
        self.job.keep(self.holder, progress, self.job.kept)


def ask(project: Project, kind: str, asked: Facts, who: str, now: datetime) -> Job:
    """A new job; a worker has it within seconds."""
    return Job.objects.create(project=project, kind=kind, asked=asked, asked_by=who, asked_at=now)


def send_waiting(send: Callable[[str], object], now: datetime) -> int:
    """Send the jobs that nobody is at, each after its row says so; returns how many were sent."""
    with transaction.atomic():
        waiting = list(Job.objects.waiting(now).select_for_update(skip_locked=True))
        Job.objects.filter(pk__in=[job.pk for job in waiting]).update(sent_at=now)
        for job in waiting:
            transaction.on_commit(partial(send, str(job.pk)))
    return len(waiting)


def take_turn(store: Store, job: Job) -> None:
    """Do the job from where it stands, unless another worker is at it."""
    work = Work(job, str(uuid.uuid4()))
    if not job.take(work.holder, timezone.now()):
        return
    try:
        with holding(work):
            do(store, work)
    except LeaseLost:
        log.warning("%s was taken over by another worker", job)
    except StoreUnavailable as away:
        log.warning("%s stops for now: %s", job, away)
        job.release(work.holder)


def do(store: Store, work: Work) -> None:
    """What goes wrong is the job's result: a worker has other jobs to do."""
    job, holder = work.job, work.holder
    if job.attempts > MOST_ATTEMPTS:
        job.finish(holder, timezone.now(), None, f"Given up: its worker ended {MOST_ATTEMPTS} times while it ran.")
        return
    try:
        result = KINDS[job.kind](store, work)
    except (LeaseLost, StoreUnavailable):
        raise
    except Exception as error:
        log.exception("%s failed", job)
        job.finish(holder, timezone.now(), None, f"{type(error).__name__}: {error}")
    else:
        job.finish(holder, timezone.now(), result)


@contextmanager
def holding(work: Work) -> Iterator[None]:
    """Renew the lease beside the work, which may be at one statement for longer than a lease lasts."""
    ended = Event()
    thread = Thread(target=renew_until, args=(ended, work), name=f"lease of {work.job}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def renew_until(ended: Event, work: Work) -> None:
    try:
        while not ended.wait(LEASE.total_seconds() / 3):
            work.job.renew(work.holder, timezone.now())
    except LeaseLost:
        log.warning("%s has another holder", work.job)
    finally:
        connection.close()
