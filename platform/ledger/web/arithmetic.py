"""A call's cost spelled out: so many tokens at such a rate."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ledger.domain.prices import Price, billed, minute_of, part
from ledger.domain.usage import Usage

CLASSES = {
    "input": "Input",
    "cache_read": "Cache read",
    "cache_write": "Cache write",
    "cache_write_1h": "Cache write, kept 1 h",
    "output": "Output",
    "input_audio": "Input, sound",
    "output_audio": "Output, sound",
    "input_image": "Input, pictures",
    "output_image": "Output, pictures",
}
REQUEST = "Request, USD each"


@dataclass(frozen=True, slots=True)
class Line:
    """One token class: tokens × rate per million = amount; rate and amount are None where the price is not known."""

    label: str
    tokens: int
    rate: Decimal | None
    amount: Decimal | None


def lines(usage: Usage, price: Price | None, service: str = "", at: datetime | None = None) -> list[Line]:
    """The classes in which the call had tokens; none where nobody said how many."""
    if usage.input is None and usage.output is None:
        return []
    if price is None:
        return [Line(CLASSES[name], tokens, None, None) for name, tokens in billed(usage) if tokens]
    rates = price.rates_for(usage.context, service, minute_of(at))
    by_class = rates.by_class()
    told = [
        Line(CLASSES[name], tokens, by_class[name], part(tokens, by_class[name]))
        for name, tokens in billed(usage)
        if tokens
    ]
    return told if rates.request is None else [*told, Line(REQUEST, 1, rates.request, rates.request)]
