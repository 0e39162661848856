"""What a re-pricing is about, and what it changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from ledger.domain.windows import Window
from ledger.store.client import Store


@dataclass(frozen=True, slots=True)
class ModelMoney:
    """What the calls of one model come to; `cost` is over those whose cost is known, None where none is."""

    provider: str
    model: str
    calls: int
    unpriced_calls: int
    cost: Decimal | None


def money_by_model(store: Store, project: UUID, window: Window) -> list[ModelMoney]:
    rows = store.query("money_by_model", project=project, since=window.since, until=window.until)
    return [ModelMoney(**row) for row in rows]


def days_called(store: Store, project: UUID, window: Window, models: Sequence[tuple[str, str]]) -> list[datetime]:
    """The days on which any of these models, each with its provider, was called."""
    rows = store.query("days_called", project=project, since=window.since, until=window.until, models=list(models))
    return [row["day"] for row in rows]
