"""The statements that settle a batch of traces, each for all projects at once.

A batch is gathered in work tables first: its traces, then window by window the other traces that report the same calls,
what each trace says for its spans, and what the called models cost. Then one statement writes what has changed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from ledger.domain.prices import Price, Rates
from ledger.store.client import Row, Store
from ledger.store.feed import Step

MOST_TRACES = 20_000
LONGEST_GAP = timedelta(days=1)
MOST_GAPS = 15
"""How many traces one statement takes on, how long a time without any of them it reads through, and how often a batch
is cut at such a time.

A statement costs about as much as reading the spans of a day, so a gap of less than that is cheaper read than avoided.
And whoever sends one span for each day of a century must not make everyone wait for as many statements.
"""
BASE_TIER = -1
"""Every call has a context longer than this."""


@dataclass(frozen=True, slots=True)
class Window:
    """The traces of a batch that begin in some hours, and the time their spans reach over."""

    batch: int
    begin: datetime
    end: datetime
    since: datetime
    until: datetime

    @property
    def hours(self) -> dict[str, object]:
        return {"batch": self.batch, "begin": self.begin, "end": self.end}

    @property
    def bounds(self) -> dict[str, object]:
        return self.hours | {"since": self.since, "until": self.until}


class Called(NamedTuple):
    """A model as the calls of one project name it."""

    project_id: UUID
    provider: str
    model: str


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a called model costs from one moment to another."""

    called: Called
    begins: datetime
    ends: datetime
    price: Price


def gather_arrived(store: Store, batch: int, step: Step) -> None:
    """Make the traces that some groups touched a batch."""
    store.run("gather_arrived", batch=batch, node=step.node, after=step.after, upto=step.upto)


def gather_unpriced(store: Store, batch: int, models: Sequence[str]) -> None:
    """Make the traces with unpriced calls of some models a batch."""
    store.run("gather_unpriced", batch=batch, models=list(models))


def models_unpriced(store: Store) -> list[Called]:
    """The models that calls wait for a price of."""
    return [called(row) for row in store.query("models_unpriced")]


def windows(store: Store, batch: int) -> Iterator[Window]:
    """The batch in pieces that one statement each can take on without reading far more time than it needs."""
    rows = store.query("slices", batch=batch)
    hours = [Window(batch, row["slice"], row["slice"], row["since"], row["until"]) for row in rows]
    gap, taken, traces = gap_to_cut(hours), None, 0
    for hour, row in zip(hours, rows, strict=True):
        if taken and traces + row["traces"] <= MOST_TRACES and hour.since - taken.until <= gap:
            taken, traces = joined(taken, hour), traces + row["traces"]
            continue
        if taken:
            yield taken
        taken, traces = hour, row["traces"]
    if taken:
        yield taken


def gap_to_cut(hours: Sequence[Window]) -> timedelta:
    """Gaps longer than this are not read through: a day, or more where that would be too many statements."""
    gaps = sorted((later.since - one.until for one, later in pairwise(hours)), reverse=True)
    return max([LONGEST_GAP, *gaps[MOST_GAPS : MOST_GAPS + 1]])


def joined(one: Window, later: Window) -> Window:
    since, until = min(one.since, later.since), max(one.until, later.until)
    return Window(one.batch, one.begin, later.end, since, until)


def with_twins(store: Store, window: Window) -> Window:
    """Take in the other traces that report the same calls."""
    store.run("gather_twins", **window.bounds)
    reach = store.query("reach", **window.hours)[0]
    return Window(window.batch, window.begin, window.end, reach["since"], reach["until"])


def gather_roots(store: Store, window: Window) -> None:
    """Note what each trace says for its spans."""
    store.run("gather_roots", **window.bounds)


def models_called(store: Store, window: Window) -> list[Called]:
    """The models that calls of the window name."""
    return [called(row) for row in store.query("models_called", **window.hours)]


def note_tariffs(store: Store, window: Window, tariffs: Sequence[Tariff]) -> None:
    """Note what the models cost."""
    columns: dict[str, Sequence[object]] = {
        "batch": [window.batch] * len(tariffs),
        "slice": [window.begin] * len(tariffs),
        "project_id": [tariff.called.project_id for tariff in tariffs],
        "provider": [tariff.called.provider for tariff in tariffs],
        "model": [tariff.called.model for tariff in tariffs],
        "begins": [tariff.begins for tariff in tariffs],
        "ends": [tariff.ends for tariff in tariffs],
        "price_id": [tariff.price.id for tariff in tariffs],
        "price_version": [tariff.price.version for tariff in tariffs],
        "tiers": [tiers(tariff.price) for tariff in tariffs],
    }
    store.insert("settling_rates", columns)


def settle(store: Store, window: Window) -> None:
    """Write every span of the window that reads differently now. A second time there is none."""
    store.run("settle", **window.bounds)


def tiers(price: Price) -> list[tuple[int | Decimal | None, ...]]:
    """All rates of a price, the lowest tier first, in USD per token."""
    later = [(tier.above, *per_token(tier.rates)) for tier in sorted(price.tiers, key=lambda tier: tier.above)]
    return [(BASE_TIER, *per_token(price.rates)), *later]


def per_token(rates: Rates) -> Iterator[Decimal | None]:
    """In the order of settling_rates.tiers, which is that of Rates.by_class."""
    for rate in rates.by_class().values():
        yield None if rate is None else rate.scaleb(-6)


def called(row: Row) -> Called:
    return Called(row["project_id"], row["provider"], row["model"])
