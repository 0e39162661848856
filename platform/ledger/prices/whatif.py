"""What a route would have cost on other models, and what is known of how good they are there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from ledger.domain.prices import Price, price_for
from ledger.domain.whatif import Bill, Candidate, Judged, NotInBook, bill, candidate, edges, undominated
from ledger.store.whatif import Called, RealCalls, Route

SUCCESS = "success"
"""The quality that outcomes tell of."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A model that was tried on the route: what the calls come to on it, and what is known of those it really had."""

    name: str
    candidate: Candidate
    bill: Bill
    real_calls: int
    scores: Mapping[str, Judged]
    success: Judged | None
    undominated: bool | None = None

    def quality(self, name: str) -> float | None:
        judged = self.success if name == SUCCESS else self.scores.get(name)
        return judged.mean if judged else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The route's calls as they were and as they would have been; `quality` is what the models were compared by."""

    real: Sequence[RealCalls]
    tried: Sequence[Tried]
    refused: Mapping[str, str]
    quality: str | None


@dataclass(frozen=True, slots=True)
class Question:
    """Which models to try (those that the route called where none are named), and what is assumed."""

    models: Sequence[str]
    ratios: Mapping[str, Decimal]
    quality: str = ""
    at: datetime | None = None


def compare(route: Route, book: Sequence[Price], asked: Question) -> Comparison:
    """Price the route's calls on each of these models."""
    real = route.calls()
    names = list(asked.models) or list(dict.fromkeys(written(each.provider, each.model) for each in real))
    chosen, refused = looked_up(book, names, asked.ratios)
    loads, known = route.loads(edges(chosen.values())), Known(book, real, route.scores(), route.outcomes())
    moment = asked.at or route.window.until
    tried = [
        known.of(Tried(name, each, bill(loads, each, asked.at), 0, {}, None), moment) for name, each in chosen.items()
    ]
    quality = asked.quality or most_known(tried)
    return Comparison(real, marked(tried, quality) if quality else tried, refused, quality)


def looked_up(
    book: Sequence[Price], names: Iterable[str], ratios: Mapping[str, Decimal]
) -> tuple[dict[str, Candidate], dict[str, str]]:
    """The models in the price book, and why the others aren't."""
    found, refused = dict[str, Candidate](), dict[str, str]()
    for name in names:
        try:
            found[name] = candidate(book, name, ratios.get(name, Decimal(1)))
        except NotInBook as why:
            refused[name] = str(why)
    return found, refused


@dataclass(frozen=True, slots=True)
class Known:
    """What the route's real calls tell of models."""

    book: Sequence[Price]
    real: Sequence[RealCalls]
    scores: Mapping[Called, Mapping[str, Judged]]
    outcomes: Mapping[Called, Judged]

    def of(self, tried: Tried, at: datetime) -> Tried:
        """What is known of a model under all the names that have its price."""
        same = [each for each in self.real if self.is_same(tried.candidate, each, at)]
        called = [(each.provider, each.model) for each in same]
        scores: dict[str, Judged] = {}
        for judged in (self.scores.get(each, {}) for each in called):
            scores |= {name: scores[name] + more if name in scores else more for name, more in judged.items()}
        ended = [self.outcomes[each] for each in called if each in self.outcomes]
        success = sum(ended[1:], start=ended[0]) if ended else None
        return replace(tried, real_calls=sum(each.calls for each in same), scores=scores, success=success)

    def is_same(self, model: Candidate, real: RealCalls, at: datetime) -> bool:
        if real.provider not in ("", model.provider):
            return False
        price, own = price_for(self.book, real.provider, real.model, at), model.price_at(at)
        return real.model == model.model or (price is not None and price == own)


def most_known(tried: Iterable[Tried]) -> str | None:
    """Outcomes where two models have them, else the score that most models have; None where nothing compares two."""
    models = list(tried)
    names = sorted({name for each in models for name in each.scores})
    counts = {name: sum(each.quality(name) is not None for each in models) for name in [SUCCESS, *names]}
    if counts[SUCCESS] > 1:
        return SUCCESS
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else None


def marked(tried: Sequence[Tried], quality: str) -> list[Tried]:
    """Each with whether another costs no more and is no worse."""
    costs = {each.name: each.bill.per_call for each in tried}
    ahead = undominated(costs, {each.name: each.quality(quality) for each in tried})
    return [replace(each, undominated=ahead[each.name]) for each in tried]


def written(provider: str, model: str) -> str:
    return f"{provider}/{model}" if provider else model
