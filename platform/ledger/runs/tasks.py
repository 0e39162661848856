"""What Celery runs: thin, since the work and its state are elsewhere."""

from django.utils import timezone

from ledger import stores
from ledger.celery import app
from ledger.runs.models import Run
from ledger.runs.turns import send_due, take_turn


@app.task  # type: ignore[untyped-decorator]  # Celery ships no types
def dispatch() -> None:
    send_due(evaluate.delay, timezone.now())


@app.task(acks_late=True)  # type: ignore[untyped-decorator]  # acknowledged when done: grading twice does no harm
def evaluate(run_id: str) -> None:
    take_turn(stores.writer(), Run.objects.get(pk=run_id))
