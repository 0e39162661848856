"""A call's cost spelled out: so many tokens at such a rate."""

from dataclasses import dataclass
from decimal import Decimal

from ledger.domain.prices import Price, part
from ledger.domain.usage import Usage

CLASSES = {
    "input": "Input",
    "cache_read": "Cache read",
    "cache_write": "Cache write",
    "cache_write_1h": "Cache write, kept 1 h",
    "output": "Output",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One token class: tokens × rate per million = amount; rate and amount are None where the price is not known."""

    label: str
    tokens: int
    rate: Decimal | None
    amount: Decimal | None


def lines(usage: Usage, price: Price | None) -> list[Line]:
    """The classes in which the call had tokens; none where nobody said how many."""
    rates = price.rates_for(usage.context).by_class() if price else {}
    return [
        Line(CLASSES[name], tokens, rates.get(name), part(tokens, rates.get(name)))
        for name, tokens in usage.by_class()
        if tokens
    ]
