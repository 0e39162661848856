"""What Celery runs: thin, since a job and its state are a row."""

from django.utils import timezone

from ledger import stores
from ledger.celery import app
from ledger.jobs.models import Job
from ledger.jobs.turns import send_waiting, take_turn


@app.task  # type: ignore[untyped-decorator]  # Celery ships no types
def send_jobs() -> None:
    send_waiting(work.delay, timezone.now())


@app.task(acks_late=True)  # type: ignore[untyped-decorator]  # acknowledged when done: a job is safe to do again
def work(job_id: str) -> None:
    take_turn(stores.writer(), Job.objects.select_related("project").get(pk=job_id))
