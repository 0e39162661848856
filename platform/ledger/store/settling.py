"""The statements that settle a batch of traces, each for all projects at once.

A batch is gathered in work tables first: its traces, then window by window the other traces that report the same calls,
what each trace comes to by its spans, what it was worth, and what the called models cost. Then one statement writes the
entries of calls that have changed, and another those of traces.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from ledger.domain.prices import EVERY_CONTEXT, TOKEN_CLASSES, Hours, Price, Tier
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
MOST_ROUNDS = 4
"""How far a change is followed from report to report: further it matters no more."""
DAY = 24 * 60
"""Minutes."""


@dataclass(frozen=True, slots=True)
class Window:
    """The traces of a batch that begin in some hours, and the time their spans reach over."""

    batch: int
    begin: datetime
    end: datetime
    since: datetime
    until: datetime
    traces: int
    scopes: bool
    """Whether several instrumentors report the calls of one of its projects."""

    @property
    def hours(self) -> dict[str, object]:
        return {"batch": self.batch, "begin": self.begin, "end": self.end}

    @property
    def place(self) -> dict[str, object]:
        """Where the window's notes stand in the work tables."""
        return {"batch": self.batch, "begin": self.begin}

    @property
    def bounds(self) -> dict[str, object]:
        return self.hours | {"since": self.since, "until": self.until}


class Called(NamedTuple):
    """A model as the calls of one project name it."""

    project_id: UUID
    provider: str
    model: str


@dataclass(frozen=True, slots=True)
class Noticed:
    """What settling some traces has to look up."""

    called: list[Called]
    """The models that their calls name."""
    worth: bool
    """Whether there are outcomes or charges at all."""
    knots: bool
    """Whether some traces must be looked at as trees."""
    scopes: bool
    """Whether several instrumentors report calls of one project."""
    repeated: bool
    """Whether an answer of a provider is reported more than once."""


@dataclass(frozen=True, slots=True)
class Note:
    """What looking closer found out of a span, or with `WHOLE` of a trace."""

    project: UUID
    trace: bytes
    span: bytes
    report: str = ""
    """Stands in for the id of the provider's answer: reports that share it are of one call."""
    inside: bytes = b""
    """The span that reports this tool call already."""
    judged: bool = False
    loop_tool: str = ""
    loop_calls: int = 0


WHOLE = bytes(8)


@dataclass(frozen=True, slots=True)
class Repricing:
    """Whose calls, of what time, provider and model, are priced anew though they have a price; empty means any."""

    project: UUID
    since: datetime
    until: datetime
    provider: str = ""
    model: str = ""

    @property
    def params(self) -> dict[str, object]:
        return {
            "project": self.project,
            "from": self.since,
            "to": self.until,
            "provider": self.provider,
            "model": self.model,
        }


NOWHEN = datetime(2000, 1, 1, tzinfo=UTC)
NOTHING = Repricing(UUID(int=0), NOWHEN, NOWHEN)
"""What has a price keeps it."""


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
    rows = store.query("models_unpriced")
    return [Called(row["project_id"], row["provider"], row["model"]) for row in rows]


def gather_called(store: Store, batch: int, repricing: Repricing) -> None:
    """Make the traces with calls that a re-pricing is about a batch."""
    store.run("gather_called", batch=batch, **repricing.params)


def gather_sessions(store: Store, batch: int, settled: int, *, again: bool) -> None:
    """Make the traces that bear, or should bear, what was told of a batch's sessions another batch; those of the batch
    itself only `again`."""
    store.run("gather_sessions", batch=batch, settled=settled, again=again)


def traces_in(store: Store, batch: int) -> int:
    return sum(row["traces"] for row in store.query("slices", batch=batch))


def windows(store: Store, batch: int) -> Iterator[Window]:
    """The batch in pieces that one statement each can take on without reading far more time than it needs."""
    rows = store.query("slices", batch=batch)
    hours = [hour(batch, row) for row in rows]
    gap, taken = gap_to_cut(hours), None
    for each in hours:
        if taken and taken.traces + each.traces <= MOST_TRACES and each.since - taken.until <= gap:
            taken = joined(taken, each)
            continue
        if taken:
            yield taken
        taken = each
    if taken:
        yield taken


def hour(batch: int, row: Row) -> Window:
    return Window(batch, row["slice"], row["slice"], row["since"], row["until"], row["traces"], bool(row["scopes"]))


def gap_to_cut(hours: Sequence[Window]) -> timedelta:
    """Gaps longer than this are not read through: a day, or more where that would be too many statements."""
    gaps = sorted((later.since - one.until for one, later in pairwise(hours)), reverse=True)
    return max([LONGEST_GAP, *gaps[MOST_GAPS : MOST_GAPS + 1]])


def joined(one: Window, later: Window) -> Window:
    since, until = min(one.since, later.since), max(one.until, later.until)
    traces, scopes = one.traces + later.traces, one.scopes or later.scopes
    return replace(one, end=later.end, since=since, until=until, traces=traces, scopes=scopes)


def with_twins(store: Store, window: Window) -> Window:
    """Take in the other traces that report the same calls, and again those of what counted with the touched before."""
    touched = window.traces
    for _ in range(MOST_ROUNDS):
        store.run("gather_twins", **window.bounds)
        if window.scopes:
            store.run("gather_alike", **window.bounds)
        reach = store.query("reach", **window.hours)[0]
        window = replace(window, since=reach["since"], until=reach["until"])
        if reach["touched"] <= touched:
            break
        touched = reach["touched"]
    return window


def gather_traces(store: Store, window: Window) -> None:
    """Note what each trace comes to by its spans."""
    store.run("gather_traces", **window.bounds)


def noticed(store: Store, window: Window) -> Noticed:
    """What the traces of the window need to be settled."""
    rows = store.query("noticed", **window.place)
    return Noticed(
        called=[Called(row["project_id"], **model) for row in rows for model in row["models"]],
        worth=any(row["worth"] for row in rows),
        knots=any(row["knots"] for row in rows),
        scopes=any(row["scopes"] for row in rows),
        repeated=any(row["repeated"] for row in rows),
    )


def knotty_spans(store: Store, window: Window) -> list[Row]:
    """All spans of the traces that must be looked at as trees."""
    return store.query("knotty_spans", **window.bounds)


def alike_reports(store: Store, window: Window) -> list[Row]:
    """The reports of calls, of whatever traces, that may repeat each other though no id says so."""
    return store.query("alike_reports", **window.bounds)


def note(store: Store, window: Window, notes: Sequence[Note]) -> None:
    """Note what looking closer found out."""
    columns: dict[str, Sequence[object]] = {
        "batch": [window.batch] * len(notes),
        "slice": [window.begin] * len(notes),
        "project_id": [one.project for one in notes],
        "trace_id": [one.trace for one in notes],
        "span_id": [one.span for one in notes],
        "report": [one.report for one in notes],
        "inside": [one.trace + one.inside if one.inside else bytes(24) for one in notes],
        "judged": [one.judged for one in notes],
        "loop_tool": [one.loop_tool for one in notes],
        "loop_calls": [one.loop_calls for one in notes],
    }
    store.insert("settling_notes", columns)


def gather_verdicts(store: Store, window: Window) -> None:
    """Note which reports repeat others, and which count."""
    store.run("gather_verdicts", **window.bounds)


def gather_worth(store: Store, window: Window) -> None:
    """Note how the traces ended by their outcomes, and what was charged to them."""
    store.run("gather_worth", **window.place)


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
    store.insert("settling_tariffs", columns)


def write_entries(store: Store, window: Window, repricing: Repricing) -> None:
    """Write every entry of the window that reads differently now. A second time there is none.

    The hours are marked before, and where a trace lies is noted after: who is killed in between does it again.
    """
    store.run("mark_hours", **window.place)
    store.run("settle_calls", **window.bounds, **repricing.params)
    store.run("settle_traces", **window.bounds)
    store.run("keep_places", **window.place)


def tiers(price: Price) -> list[tuple[str | int | Decimal | None, ...]]:
    """All rates of a price in USD per token, the one that counts where several hold behind the others."""
    ranked = sorted(price.tiers, key=lambda tier: tier.rank)
    return [written(tier, price.rates.request) for tier in (Tier(EVERY_CONTEXT, price.rates), *ranked)]


def written(tier: Tier, request: Decimal | None) -> tuple[str | int | Decimal | None, ...]:
    """A tier in the order of settling_tariffs.tiers; what a request costs is the price's where the tier doesn't say."""
    begins, minutes = stretch(tier.hours)
    rates, fee = tier.rates.by_class(), request if tier.rates.request is None else tier.rates.request
    return tier.service, begins, minutes, tier.above, *map(per_token, map(rates.get, TOKEN_CLASSES)), fee or Decimal(0)


def stretch(hours: Hours | None) -> tuple[int, int]:
    """From which minute of a day, for how many."""
    if hours is None:
        return 0, DAY
    return hours.begins, (hours.ends - hours.begins - 1) % DAY + 1


def per_token(rate: Decimal | None) -> Decimal | None:
    return None if rate is None else rate.scaleb(-6)
