"""Re-pricing: what calls of a window cost by the book of now, and what they had cost before.

Done a day at a time, and each day that is done is kept: whoever takes the work over goes on from there. A day done
twice comes to the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from ledger.accounts.models import Project
from ledger.domain.money import plain
from ledger.domain.prices import Price, candidates
from ledger.domain.windows import Window
from ledger.settle.settlement import Settlement
from ledger.store.client import Store
from ledger.store.prices import book
from ledger.store.repricing import ModelMoney, days_called, money_by_model
from ledger.store.settling import Repricing

DAY = timedelta(days=1)
KIND = "reprice"
"""What a job that re-prices is called."""

type Model = tuple[str, str]
"""A provider and a model of its."""


class Work(Protocol):
    """The job that a re-pricing is: whose, what was asked, and what an earlier attempt has kept."""

    @property
    def project(self) -> Project: ...
    @property
    def asked(self) -> Mapping[str, Any]: ...  # Any: JSON
    @property
    def kept(self) -> Mapping[str, Any]: ...
    def keep(self, progress: float, **kept: object) -> None: ...


def asked_for(window: Window, provider: str, model: str) -> dict[str, str]:
    """What to reprice, as a job keeps it; an empty provider or model means any."""
    return {"from": window.since.isoformat(), "to": window.until.isoformat(), "provider": provider, "model": model}


def reprice(store: Store, work: Work) -> dict[str, object]:
    """Price the asked calls anew; the result says what they came to before and after, by model."""
    project, window = work.project.pk, window_of(work.asked)
    known = [price for price in book(store) if price.project_id in (None, project)]
    affected = list(concerned(money_by_model(store, project, window), known, work.asked))
    if "before" not in work.kept:
        work.keep(0, before=totals(affected))
    models = [(money.provider, money.model) for money in affected]
    days, settlement = days_called(store, project, window, models), Settlement(store)
    for done, day in enumerate(days, 1):
        if day.isoformat() > work.kept.get("done", ""):
            reprice_day(settlement, project, clipped(window, day), portions(work.asked, models))
            work.keep(done / len(days), done=day.isoformat())
    after = concerned(money_by_model(store, project, window), known, work.asked)
    return {"before": work.kept["before"], "after": totals(after)}


def reprice_day(settlement: Settlement, project: UUID, day: Window, portions: Iterable[Model]) -> None:
    for provider, model in portions:
        for _ in settlement.reprice(Repricing(project, day.since, day.until, provider, model)):
            pass


def concerned(called: Iterable[ModelMoney], book: Sequence[Price], asked: Mapping[str, str]) -> Iterable[ModelMoney]:
    """The called models that were asked for. A model's own name stands for all names that have its price."""
    for money in called:
        provider, model = asked["provider"] or money.provider, asked["model"]
        names = {price.model for price in candidates(book, money.provider, money.model)} | {money.model, ""}
        if provider == money.provider and model in names:
            yield money


def portions(asked: Mapping[str, str], models: list[Model]) -> list[Model]:
    """What to price anew at once: everything of a provider, or one model's names one by one."""
    return models if asked["model"] else [(asked["provider"], "")]


def totals(moneys: Iterable[ModelMoney]) -> dict[str, object]:
    by_model = list(moneys)
    known = [money.cost for money in by_model if money.cost is not None]
    return {
        "calls": sum(money.calls for money in by_model),
        "unpriced_calls": sum(money.unpriced_calls for money in by_model),
        "cost": written(sum(known, Decimal(0))) if known else None,
        "by_model": [
            {
                "provider": money.provider,
                "model": money.model,
                "calls": money.calls,
                "unpriced_calls": money.unpriced_calls,
                "cost": None if money.cost is None else written(money.cost),
            }
            for money in by_model
        ],
    }


def written(amount: Decimal) -> str:
    return f"{plain(amount):f}"


def window_of(asked: Mapping[str, str]) -> Window:
    return Window(datetime.fromisoformat(asked["from"]), datetime.fromisoformat(asked["to"]))


def clipped(window: Window, day: datetime) -> Window:
    return Window(max(window.since, day), min(window.until, day + DAY))
