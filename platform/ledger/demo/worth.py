"""What the shop's tasks came to: how they ended, which is often known hours later, and what they cost beside tokens."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

HANDLED = {"refund": Decimal("4.50"), "payment": Decimal("4.50"), "warranty": Decimal("4.50")}
"""What a person's work on such a case would have cost; all others are simpler."""
SIMPLE = Decimal("2.40")
PERSON, CLERK, WEB_SEARCH = Decimal("3.20"), Decimal("0.70"), Decimal("0.01")
"""A colleague who takes a case over; one who corrects an invoice; a look outside the shop's own pages."""
LOOKED_UP = frozenset({"shipping", "product"})


@dataclass(frozen=True, slots=True)
class Ending:
    """One outcome, so long after the task."""

    success: bool
    after: timedelta
    value: Decimal | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Charge:
    """A cost beside tokens; `after` is when somebody had the work."""

    kind: str
    amount: Decimal
    after: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Worth:
    endings: Sequence[Ending] = ()
    charges: Sequence[Charge] = ()


def worth(route: str, topic: str, answered: bool, rng: random.Random) -> Worth:
    """What a task came to; the inbox is sorted, and nobody says what that was worth."""
    told = TOLD.get(route)
    return told(topic, answered, rng) if told else Worth()


def support(topic: str, answered: bool, rng: random.Random) -> Worth:
    """A case is closed when the customer does not come back; else a colleague takes over, and that is paid for."""
    looked = [Charge("web_search", WEB_SEARCH)] if topic in LOOKED_UP and rng.random() < 0.6 else []
    if rng.random() > 0.85:
        return Worth(charges=looked)
    after = hours(rng, typical=20)
    if rng.random() < (0.88 if answered else 0.05):
        return Worth([Ending(True, after, HANDLED.get(topic, SIMPLE))], looked)
    return Worth([Ending(False, after)], [*looked, Charge("support_agent", PERSON, after)])


def search(topic: str, answered: bool, rng: random.Random) -> Worth:
    """Whether a product was opened is known in minutes; whether it was bought, if it was, in hours or days."""
    opened = rng.random() < (0.9 if answered else 0.1)
    endings = [Ending(opened, hours(rng, typical=0.05), name="opened")]
    if opened and rng.random() < 0.07:
        margin = Decimal(rng.randrange(150, 1900)) / 100
        endings.append(Ending(True, hours(rng, typical=18), margin, name="order"))
    return Worth(endings)


def invoices(topic: str, answered: bool, rng: random.Random) -> Worth:
    """An invoice is good when it was booked as it was read; else a clerk corrects it."""
    after = hours(rng, typical=30)
    if rng.random() < (0.93 if answered else 0.0):
        return Worth([Ending(True, after, Decimal("0.85"))])
    return Worth([Ending(False, after)], [Charge("clerk", CLERK, after)])


TOLD: Mapping[str, Callable[[str, bool, random.Random], Worth]] = {
    "support.answer": support,
    "search.products": search,
    "invoices.extract": invoices,
}


def hours(rng: random.Random, typical: float) -> timedelta:
    return timedelta(hours=typical * rng.lognormvariate(0, 0.9))


def outcomes(trace_id: str, worth: Worth) -> Iterator[tuple[timedelta, dict[str, object]]]:
    """As they are sent, each with when it is known."""
    for ending in worth.endings:
        told: dict[str, object] = {"trace_id": trace_id, "success": ending.success}
        value = {"value": f"{ending.value:f}"} if ending.value is not None else {}
        yield ending.after, told | value | ({"name": ending.name} if ending.name else {})


def charges(trace_id: str, worth: Worth) -> Iterator[tuple[timedelta, dict[str, object]]]:
    """As they are sent, each with when it is known, under an id that is the same at every run."""
    for number, charge in enumerate(worth.charges):
        told: dict[str, object] = {"trace_id": trace_id, "kind": charge.kind, "amount": f"{charge.amount:f}"}
        yield charge.after, told | {"id": f"demo-{trace_id}-{number}"}
