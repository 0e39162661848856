"""The price book in hand: which prices a called model has had, and from when to when."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import pairwise

from ledger.domain.prices import DAWN, Price, candidates, price_for
from ledger.store.settling import Called, Tariff

FIRST = DAWN
LAST = datetime(2299, 1, 1, tzinfo=UTC)
"""As far as the store's times reach."""


class Book:
    """One edition of the price book. What it finds out about a model it remembers."""

    def __init__(self, prices: Iterable[Price], edition: int) -> None:
        self.edition = edition
        self.prices = list(prices)
        self.by_provider: dict[str, list[Price]] = defaultdict(list)
        for price in self.prices:
            self.by_provider[price.provider].append(price)
        self.found: dict[Called, list[Tariff]] = {}

    def tariffs(self, called: Iterable[Called]) -> list[Tariff]:
        """What the models cost, for all time; nothing for those that nobody knows."""
        return [tariff for each in called for tariff in self.of(each)]

    def of(self, called: Called) -> list[Tariff]:
        if called not in self.found:
            self.found[called] = list(timeline(called, self.candidates(called)))
        return self.found[called]

    def candidates(self, called: Called) -> list[Price]:
        """The prices that ever apply to the model in its project."""
        named = self.by_provider.get(called.provider, ()) if called.provider else self.prices
        seen = (price for price in named if price.project_id in (None, called.project_id))
        return candidates(seen, called.provider, called.model)


def timeline(called: Called, candidates: list[Price]) -> Iterator[Tariff]:
    """From each moment at which a price begins or ends to the next, the one that applies between them, if any."""
    moments = {moment for price in candidates for moment in (price.valid_from, price.valid_to) if moment is not None}
    inside = sorted(moment for moment in moments if FIRST < moment < LAST)
    for begins, ends in pairwise([FIRST, *inside, LAST]):
        price = price_for(candidates, called.provider, called.model, begins)
        if price is not None:
            yield Tariff(called, begins, ends, price)
