from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils import timezone


class RunsConfig(AppConfig):
    name = "ledger.runs"

    def ready(self) -> None:
        """Bind the Celery application, or `delay()` would look for a broker at Celery's default address."""
        from ledger import celery

        celery.app.set_default()
        post_migrate.connect(schedule_shipped_suites, sender=self)


def schedule_shipped_suites(**signal: Any) -> None:  # Any: Django's signal arguments, none of which is needed
    """A suite that comes with this version runs without being set up."""
    from evals.suite import shipped
    from ledger.runs.models import Schedule

    Schedule.add_missing(shipped(), timezone.now())
