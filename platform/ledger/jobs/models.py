"""Work that takes longer than a request: a row says what was asked for, how far it is and what came of it.

A worker holds a job by a lease that it renews. What it has finished it keeps in the row, so that another goes on from
there when it is killed.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from ledger.accounts.models import Project
from ledger.runs.models import LEASE, SENT_AGAIN_AFTER, LeaseLost

MOST_ATTEMPTS = 5
"""A job that was begun this often and never ended takes its workers down: it isn't begun again."""

type Facts = Mapping[str, Any]
"""What a job was asked, has kept or has found, as JSON; what is in it is the affair of its kind, hence Any."""


class JobQuerySet(models.QuerySet["Job"]):
    def waiting(self, now: datetime) -> "JobQuerySet":
        """Neither ended, nor in anybody's hands, nor on its way to a worker."""
        free = Q(leased_until=None) | Q(leased_until__lt=now)
        unsent = Q(sent_at=None) | Q(sent_at__lt=now - SENT_AGAIN_AFTER)
        return self.filter(free & unsent, finished_at=None)


class Job(models.Model):
    """One piece of work, asked for once and done until it ends."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=40)
    asked = models.JSONField(default=dict)
    asked_by = models.CharField(max_length=250, blank=True)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    progress = models.FloatField(default=0)
    kept = models.JSONField(default=dict)
    result = models.JSONField(null=True)
    error = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True)
    holder = models.CharField(max_length=36, blank=True)
    leased_until = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(fields=["project", "kind", "-asked_at"], name="jobs_of_project"),)

    def __str__(self) -> str:
        return f"{self.kind} job {self.pk}"

    @property
    def state(self) -> State:
        if self.finished_at is not None:
            return self.State.FAILED if self.error else self.State.DONE
        return self.State.RUNNING if self.started_at else self.State.QUEUED

    def take(self, holder: str, now: datetime) -> bool:
        """Claim the job; False where another has it or where it has ended."""
        free = Q(leased_until=None) | Q(leased_until__lt=now)
        mine = type(self).objects.filter(free, pk=self.pk, finished_at=None)
        begun = Coalesce(models.F("started_at"), models.Value(now, models.DateTimeField()))
        claim = {"holder": holder, "leased_until": now + LEASE, "attempts": models.F("attempts") + 1}
        taken = mine.update(started_at=begun, **claim) == 1
        self.refresh_from_db()
        return taken

    def renew(self, holder: str, now: datetime) -> None:
        """Keep the claim for another while."""
        self.change(holder, {"leased_until": now + LEASE})

    def keep(self, holder: str, progress: float, kept: Facts) -> None:
        """Note how far the work is, for those who ask and for who takes it over."""
        self.change(holder, {"progress": progress, "kept": kept})

    def finish(self, holder: str, now: datetime, result: Facts | None, error: str = "") -> None:
        progress = {} if error else {"progress": 1.0}
        ended = {"finished_at": now, "result": result, "error": error, "holder": "", "leased_until": None}
        self.change(holder, {**ended, **progress})

    def release(self, holder: str) -> None:
        """Give the job back unfinished: it is sent again after a while."""
        type(self).objects.filter(pk=self.pk, holder=holder).update(holder="", leased_until=None)

    def change(self, holder: str, values: Mapping[str, object]) -> None:
        if not type(self).objects.filter(pk=self.pk, holder=holder, finished_at=None).update(**values):
            raise LeaseLost
