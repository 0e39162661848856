from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "ledger.runs"

    def ready(self) -> None:
        """Bind the Celery application, or `delay()` would look for a broker at Celery's default address."""
        from ledger import celery

        celery.app.set_default()
