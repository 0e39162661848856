"""Short lists: the routes, models, users or sessions of a window, and what a dimension's values are."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from ledger.domain.questions import Dimension, Filter
from ledger.domain.windows import Window
from ledger.store.client import Store


@dataclass(frozen=True, slots=True)
class Summary:
    """One route, model, user or session; `name` is None for the calls of which the client did not say."""

    name: str | None
    calls: int
    failures: int
    cost: Decimal | None
    failure_rate: float | None
    latency_p95: float | None
    scores: dict[str, float]


def summaries(
    store: Store, project: UUID, window: Window, by: Dimension, *, filters: tuple[Filter, ...] = (), limit: int = 50
) -> list[Summary]:
    """Each value of a dimension that has calls in the window, with its figures, most calls first."""
    raise NotImplementedError


def values_of(
    store: Store, project: UUID, window: Window, dimension: Dimension, *, containing: str = "", limit: int = 50
) -> list[str]:
    """Known values of a dimension, most frequent first: suggestions for a filter."""
    raise NotImplementedError


def score_names(store: Store, project: UUID, window: Window, limit: int = 20) -> list[str]:
    """Names of the scores given in a window, most frequent first."""
    raise NotImplementedError
