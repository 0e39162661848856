"""What a route's real calls would have cost on other models, as its page shows it."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.http import QueryDict

from ledger.api.whatif import named, ratios
from ledger.domain.whatif import Judged
from ledger.prices.whatif import SUCCESS, Comparison, Question, Tried, compare
from ledger.store.client import Store
from ledger.store.prices import book
from ledger.store.whatif import Route
from ledger.web.scope import Scope

WORD = "whatif"
"""The parameter of the address: a comma list of models, empty for those that the route called."""


@dataclass(frozen=True, slots=True)
class Line:
    """One model: what the calls come to on it, and what is known of its quality on this route."""

    tried: Tried
    judged: Judged | None
    times: Decimal | None
    """Its cost ÷ the cost as it was; None where either leaves calls out."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The table, what it is held against, and what it assumes."""

    found: Comparison
    lines: tuple[Line, ...]
    asked: str
    cost: Decimal | None
    calls: int
    left_out: int

    @property
    def quality(self) -> str:
        return "success rate" if self.found.quality == SUCCESS else f"score {self.found.quality}"


def what_if(store: Store, project: UUID, scope: Scope, query: QueryDict) -> WhatIf:
    """The route that is looked at, on the models that the address names."""
    text = str(query[WORD])
    models = named(text)
    known = [price for price in book(store) if price.project_id in (None, project)]
    asked = Question(models, ratios(query.items(), models))
    found = compare(Route(store, project, scope.one("route") or "", scope.window), known, asked)
    whole = all(real.cost is not None and not real.unpriced_calls for real in found.real)
    cost = sum((real.cost for real in found.real if real.cost is not None), Decimal(0))
    return WhatIf(
        found=found,
        lines=tuple(line(tried, found.quality, cost if whole else None) for tried in found.tried),
        asked=text,
        cost=cost if whole else None,
        calls=sum(real.calls for real in found.real),
        left_out=sum(real.unknown_usage_calls for real in found.real),
    )


def line(tried: Tried, quality: str | None, cost: Decimal | None) -> Line:
    judged = tried.success if quality == SUCCESS else tried.scores.get(quality or "")
    bill = tried.bill
    comparable = cost and bill.cost is not None and not bill.unpriced_calls
    return Line(tried, judged, bill.cost / cost if comparable and cost and bill.cost is not None else None)


def can_be_asked(scope: Scope) -> bool:
    """Of one route and all its calls: nobody has priced those of other filters."""
    return bool(scope.one("route")) and scope.lacking("route") == scope.unfiltered()
