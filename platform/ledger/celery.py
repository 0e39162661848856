"""The Celery application of workers and beat, and of whoever sends them work."""

import os

from celery import Celery  # type: ignore[import-untyped]  # it ships no types

from ledger import environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ledger.settings")

DISPATCH_SECONDS = 2.0

app = Celery("ledger")
app.conf.update(
    broker_url=environment.read().broker_url or "memory://",
    broker_connection_retry_on_startup=True,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_default_queue="default",
    task_routes={"ledger.runs.tasks.evaluate": {"queue": "evals"}},
    worker_hijack_root_logger=False,
    worker_prefetch_multiplier=1,
    timezone="UTC",
    beat_schedule={"dispatch": {"task": "ledger.runs.tasks.dispatch", "schedule": DISPATCH_SECONDS}},
)
app.autodiscover_tasks()
