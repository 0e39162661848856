"""A route's real calls, as a question of what they would have cost elsewhere needs them."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from ledger.domain.prices import TOKEN_CLASSES
from ledger.domain.whatif import Edges, Judged, Load
from ledger.domain.windows import Window
from ledger.store.client import Store

type Called = tuple[str, str]
"""A provider and a model as calls name them."""


@dataclass(frozen=True, slots=True)
class RealCalls:
    """What a route's calls of one model were: their cost as far as it is known, and those whose usage nobody said."""

    provider: str
    model: str
    calls: int
    cost: Decimal | None
    unpriced_calls: int
    unknown_usage_calls: int


@dataclass(frozen=True, slots=True)
class Route:
    """A route's traffic in a window."""

    store: Store
    project: UUID
    name: str
    window: Window

    @property
    def params(self) -> dict[str, object]:
        return {"project": self.project, "route": self.name, "since": self.window.since, "until": self.window.until}

    def loads(self, edges: Edges) -> list[Load]:
        """The calls with known usage, kept apart where these prices charge them differently."""
        limits = {"times": list(edges.times), "minutes": list(edges.minutes), "contexts": list(edges.contexts)}
        return [
            Load(
                calls=row["calls"],
                share=row["share"],
                at=row["at"],
                service=row["service"],
                context=row["context"],
                tokens={name: int(row[name]) for name in TOKEN_CLASSES},
            )
            for row in self.store.query("loads", **self.params, **limits)
        ]

    def calls(self) -> list[RealCalls]:
        return [RealCalls(**row) for row in self.store.query("route_calls", **self.params)]

    def scores(self) -> dict[Called, dict[str, Judged]]:
        """What each score said of the calls of each model."""
        found: dict[Called, dict[str, Judged]] = {}
        for row in self.store.query("route_scores", **self.params):
            score = Judged(row["n"], row["total"], row["squares"], bool(row["binary"]))
            found.setdefault((row["provider"], row["model"]), {})[row["name"]] = score
        return found

    def outcomes(self) -> dict[Called, Judged]:
        """How often the tasks succeeded in which each model was called."""
        rows = self.store.query("route_outcomes", **self.params)
        return {
            (row["provider"], row["model"]): Judged(row["n"], row["successes"], row["successes"], binary=True)
            for row in rows
        }
