"""The Celery application of workers and beat, and of whoever sends them work."""

import os

from celery import Celery  # type: ignore[import-untyped]  # it ships no types
from kombu.entity import Queue

from ledger import environment
from ledger.stack import broker as _spool  # noqa: F401 - importing it teaches kombu the scheme spool://

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ledger.settings")

DISPATCH_SECONDS = 2.0
UNREAD_SECONDS = 10.0
"""A call to dispatch that lay about this long is worth nothing: the next ones are there already."""

app = Celery("ledger")
app.conf.update(
    broker_url=environment.read().broker_url or "memory://",
    broker_connection_retry_on_startup=True,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_queues=[Queue("default"), Queue("evals")],  # type: ignore[no-untyped-call]
    task_default_queue="default",
    task_routes={"ledger.runs.tasks.evaluate": {"queue": "evals"}},
    worker_pool="threads",
    worker_concurrency=2,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    timezone="UTC",
    beat_scheduler="celery.beat:Scheduler",  # static entries: there is nothing to keep in a file
    beat_max_loop_interval=DISPATCH_SECONDS,
    beat_schedule={
        "dispatch": {
            "task": "ledger.runs.tasks.dispatch",
            "schedule": DISPATCH_SECONDS,
            "options": {"expires": UNREAD_SECONDS},
        },
        "send_jobs": {
            "task": "ledger.jobs.tasks.send_jobs",
            "schedule": DISPATCH_SECONDS,
            "options": {"expires": UNREAD_SECONDS},
        },
    },
)
app.autodiscover_tasks()
