"""Executions of suites, and when they are due. Every run is a row with a lease: no message queue is relied on."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import models
from django.db.models import Q

from evals.suite import Suite

LEASE = timedelta(seconds=30)
"""How long a worker may be silent before another takes its run."""

SENT_AGAIN_AFTER = timedelta(seconds=30)
"""How long a message may lie unread before it counts as lost."""

EVERY = timedelta(seconds=3)


class LeaseLost(Exception):
    """Another worker has the run now, because this one did not renew its lease in time. Stop working on it."""


class Run(models.Model):
    """One execution of a suite. The run of live traffic goes on until the suite changes."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    suite = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=16)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    holder = models.CharField(max_length=36, blank=True)
    leased_until = models.DateTimeField(null=True)
    graded = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint("suite", condition=Q(finished_at=None), name="one_live_run_per_suite"),)

    def __str__(self) -> str:
        return f"{self.suite} {self.version} since {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def state(self) -> State:
        return self.State.DONE if self.finished_at else self.State.RUNNING

    @property
    def cost(self) -> Decimal:
        """What the evaluators' own model calls cost: there are none in a deterministic suite."""
        return Decimal(0)

    @classmethod
    def live(cls, suite: Suite, now: datetime) -> "Run":
        """The run of live traffic; where the suite has changed, the old one ends and a new one begins."""
        cls.objects.filter(suite=suite.name, finished_at=None).exclude(digest=suite.digest).update(finished_at=now)
        run, _ = cls.objects.get_or_create(
            suite=suite.name,
            finished_at=None,
            defaults={"version": suite.version, "digest": suite.digest, "started_at": now},
        )
        return run

    def wants_a_turn(self, now: datetime) -> bool:
        """Nobody is at it, and no message about it is under way."""
        leased = self.leased_until is not None and now < self.leased_until
        sent = self.sent_at is not None and now < self.sent_at + SENT_AGAIN_AFTER
        return not leased and not sent

    def take(self, holder: str, now: datetime) -> bool:
        """Claim the run; False where another has it or where it has ended."""
        free = Q(leased_until=None) | Q(leased_until__lt=now)
        mine = type(self).objects.filter(free, pk=self.pk, finished_at=None)
        return mine.update(holder=holder, leased_until=now + LEASE) == 1

    def renew(self, holder: str, now: datetime, graded: int) -> None:
        """Keep the claim for another while, and count what was graded."""
        mine = type(self).objects.filter(pk=self.pk, holder=holder)
        if not mine.update(leased_until=now + LEASE, graded=models.F("graded") + graded):
            raise LeaseLost

    def release(self, holder: str) -> None:
        type(self).objects.filter(pk=self.pk, holder=holder).update(holder="", leased_until=None, sent_at=None)


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def due(self, now: datetime) -> "ScheduleQuerySet":
        """What is due and in nobody else's hands: several dispatchers share the table without waiting."""
        return self.select_for_update(skip_locked=True).filter(enabled=True, next_at__lte=now)


class Schedule(models.Model):
    """When a suite looks at live traffic again."""

    suite = models.CharField(max_length=60, unique=True)
    every = models.DurationField(default=EVERY)
    next_at = models.DateTimeField()
    enabled = models.BooleanField(default=True)

    objects = ScheduleQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.suite} every {self.every}"

    @staticmethod
    def add_missing(suites: Iterable[str], now: datetime) -> None:
        """A schedule for each of these suites that has none: a suite that is shipped runs without being set up."""
        missing = set(suites) - set(Schedule.objects.values_list("suite", flat=True))
        Schedule.objects.bulk_create([Schedule(suite=suite, next_at=now) for suite in missing], ignore_conflicts=True)
