"""Settling once more, slow, in Python, read straight from the rules: the settling of the store is held to it.

A *report* is a span that says that a model was called. Reports of one call are found by the provider's id of the
answer, without one by where and when they lie. Of all ways to put the latter together the one with the fewest calls is
right.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from itertools import combinations

from ledger.domain.prices import Price, booked, cost, price_for
from ledger.domain.span import CALL_KINDS, Span
from ledger.domain.usage import Usage

LOG_OF_PARENT = "log_of_parent"
RELEASE = re.compile(r"[-@](latest|\d{3,4}|20\d{6}|20\d\d-\d\d-\d\d)$")
BARRIERS = ("tool", "agent")
type Key = tuple[str, str]
type Group = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger says of one report."""

    status: str
    cost: Decimal | None
    primary: Key | None = None


@dataclass(slots=True)
class Sums:
    """What one trace comes to."""

    calls: int = 0
    failures: int = 0
    tools: int = 0
    cost: Decimal = field(default_factory=Decimal)

    @property
    def figures(self) -> tuple[int, int, int, Decimal]:
        return self.calls, self.failures, self.tools, self.cost


class Oracle:
    """What should be found, once all of these spans have come."""

    def __init__(self, spans: Iterable[Span], prices: Sequence[Price]) -> None:
        self.spans = newest(spans)
        self.prices = prices
        self.traces: dict[str, list[Span]] = defaultdict(list)
        for one in self.spans.values():
            self.traces[one.trace_id].append(one)
        self.reports = [one for _, one in sorted(self.spans.items()) if one.kind in CALL_KINDS]
        self.entries = {key: entry for call in self.calls() for key, entry in self.entries_of(call)}
        self.entries |= dict(self.tools())

    def sorts(self) -> Counter[tuple[object, ...]]:
        """How many reports of each sort read how: of several equal calls a report may be taken for any."""
        found = ((self.spans[key], entry) for key, entry in self.entries.items())
        return Counter((one.kind, one.status, entry.status, entry.cost) for one, entry in found)

    def sums(self) -> dict[str, Sums]:
        """What each trace comes to; one whose reports all count elsewhere comes to nothing."""
        found = {trace: Sums() for trace in self.traces}
        for (trace, span), entry in self.entries.items():
            one = self.spans[trace, span]
            if entry.status == "duplicate":
                continue
            if one.kind == "tool":
                found[trace].tools += 1
                continue
            found[trace].calls += 1
            found[trace].failures += one.status == "error"
            found[trace].cost += entry.cost or 0
        return found

    # --- one call --------------------------------------------------------------------------------------------------

    def calls(self) -> Iterator[list[Span]]:
        """The reports of each call."""
        known = self.known_together()
        for part in self.components(known):
            for group in fewest(part, lambda group: self.one_call([known[number] for number in group])):
                yield [report for number in group for report in known[number]]

    def known_together(self) -> list[list[Span]]:
        """Reports that are of one call for certain: by the id of the answer, and logs with what they are logs of."""
        said: dict[tuple[str, ...], list[Span]] = defaultdict(list)
        for one in self.reports:
            owner = self.owner(one)
            trusted = owner.response_id and not self.broken(owner.response_id)
            said[(owner.response_id,) if trusted else (owner.trace_id, owner.span_id)].append(one)
        return list(said.values())

    def owner(self, report: Span) -> Span:
        parent = self.spans.get((report.trace_id, report.parent_id))
        if LOG_OF_PARENT in report.flags and parent is not None and parent.kind in CALL_KINDS:
            return self.owner(parent)
        return report

    def broken(self, response_id: str) -> bool:
        """One instrumentor knows two answers by this id: it names no answer."""
        meant: dict[str, set[tuple[int | None, ...]]] = defaultdict(set)
        models: dict[str, set[str]] = defaultdict(set)
        for one in self.reports:
            if one.response_id == response_id and LOG_OF_PARENT not in one.flags and not one.usage.unknown:
                meant[one.scope].add(tokens(one.usage))
                models[one.scope].add(one.model)
        return any(len(found) > 1 for found in [*meant.values(), *models.values()])

    def components(self, known: list[list[Span]]) -> Iterator[list[int]]:
        """Numbers of those that could be one call with each other, directly or by others between them."""
        left = set(range(len(known)))
        while left:
            part, grown = set(), {min(left)}
            while grown:
                part |= grown
                grown = {other for other in left - part if any(self.fit(known[other], known[one]) for one in grown)}
            left -= part
            yield sorted(part)

    def fit(self, some: list[Span], others: list[Span]) -> bool:
        """Whether two sets of reports may be of one call, though no id says so."""
        return self.one_call([some, others])

    def one_call(self, sets: list[list[Span]]) -> bool:
        """Whether all of these hang together: each instrumentor reports a call once, and one call has one id."""
        scopes = Counter(scope for some in sets for scope in {one.scope for one in some})
        if max(scopes.values()) > 1 or sum(map(self.identity, sets)) > 1:
            return False
        near = [pair for pair in combinations(range(len(sets)), 2) if self.near(*(sets[number] for number in pair))]
        return len(near) >= len(sets) - 1

    def near(self, some: list[Span], others: list[Span]) -> bool:
        return any(self.alike(one, other) for one in some for other in others)

    def identity(self, some: list[Span]) -> bool:
        return any(one.response_id and not self.broken(one.response_id) for one in some)

    def alike(self, one: Span, other: Span) -> bool:
        if not same_model(one, other):
            return False
        if self.descends(one, other) or self.descends(other, one):
            return same_answer(one, other) or same_failure(one, other) or untold(one, other)
        if (one.service, one.instance) != (other.service, other.instance):
            return False
        if one.trace_id != other.trace_id and not (self.bare(one.trace_id) or self.bare(other.trace_id)):
            return False
        if same_answer(one, other):
            return overlap(one, other)
        return same_failure(one, other) and (within(one, other) or within(other, one))

    def bare(self, trace: str) -> bool:
        return all(one.kind in CALL_KINDS for one in self.traces[trace])

    def descends(self, one: Span, ancestor: Span) -> bool:
        """Whether one lies in the other, with nothing between that makes calls of its own."""
        parent = self.spans.get((one.trace_id, one.parent_id))
        if parent is None or parent.kind in BARRIERS:
            return False
        return parent is ancestor or self.descends(parent, ancestor)

    # --- who pays --------------------------------------------------------------------------------------------------

    def entries_of(self, call: list[Span]) -> Iterator[tuple[Key, Entry]]:
        first = min(call, key=self.rank)
        for one in call:
            if one is first:
                yield key_of(one), self.priced(one)
            else:
                yield key_of(one), Entry("duplicate", None, key_of(first))

    def rank(self, one: Span) -> tuple[object, ...]:
        """The most complete report counts, then the one in the application's trace."""
        usage = one.usage
        billed = (usage.input, usage.output, usage.cache_read, usage.cache_write)
        trace = self.traces[one.trace_id]
        return (
            unknown(one),
            not (one.provider and one.model),
            sum(tokens is None for tokens in billed),
            usage.reasoning is None,
            self.bare(one.trace_id),
            -len(trace),
            one.start,
            one.trace_id,
            one.span_id,
        )

    def priced(self, one: Span) -> Entry:
        price = price_for(self.prices, one.provider, one.model, moment(one))
        amount = cost(one.usage, price) if price else None
        if unknown(one):
            return Entry("not_billable" if one.status == "error" else "unknown_usage", None)
        return Entry("unpriced", None) if amount is None else Entry("priced", booked(amount))

    # --- tools -----------------------------------------------------------------------------------------------------

    def tools(self) -> Iterator[tuple[Key, Entry]]:
        for key, one in self.spans.items():
            if one.kind == "tool":
                outer = self.outermost(one)
                yield key, Entry("not_billable", None) if outer is one else Entry("duplicate", None, key_of(outer))

    def outermost(self, tool: Span) -> Span:
        """The same tool call as the span that is furthest out tells of it."""
        found, above = tool, self.spans.get((tool.trace_id, tool.parent_id))
        while above is not None and above.kind not in ("agent", *CALL_KINDS):
            if above.kind == "tool":
                if above.tool != tool.tool:
                    break
                found = above
            above = self.spans.get((above.trace_id, above.parent_id))
        return found


def newest(spans: Iterable[Span]) -> dict[Key, Span]:
    """Each span as the sending with the latest end says it, of equal ones the later."""
    found: dict[Key, Span] = {}
    for one in spans:
        known = found.get(key_of(one))
        if known is None or one.end >= known.end:
            found[key_of(one)] = one
    return found


def fewest(part: list[int], one_call: Callable[[Group], bool]) -> list[Group]:
    """The way to put all of these together into the fewest calls; three instrumentors report a call at most."""

    @cache
    def best(left: frozenset[int]) -> tuple[Group, ...]:
        if not left:
            return ()
        first, *others = sorted(left)
        groups = ((first, *more) for many in range(3) for more in combinations(others, many))
        found = [(group, *best(left - set(group))) for group in groups if allowed(group)]
        return min(found, key=len)

    @cache
    def allowed(group: Group) -> bool:
        return one_call(group)

    return list(best(frozenset(part)))


def key_of(one: Span) -> Key:
    return one.trace_id, one.span_id


def tokens(usage: Usage) -> tuple[int, int | None]:
    """What two reports of one call agree on, even if one of them does not tell the cache apart."""
    return usage.context, usage.output


def unknown(one: Span) -> bool:
    if one.kind == "embedding":
        return one.usage.input is None
    return one.usage.unknown


def same_answer(one: Span, other: Span) -> bool:
    return not unknown(one) and not unknown(other) and tokens(one.usage) == tokens(other.usage)


def same_failure(one: Span, other: Span) -> bool:
    failed = one.status == other.status == "error" and one.failure_kind == other.failure_kind
    return failed and (unknown(one) or unknown(other))


def untold(one: Span, other: Span) -> bool:
    """Whether one of two reports of success does not tell what was used."""
    return one.status == other.status == "ok" and (unknown(one) or unknown(other))


def overlap(one: Span, other: Span) -> bool:
    return one.start <= other.end and other.start <= one.end


def within(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def same_model(one: Span, other: Span) -> bool:
    mine, theirs = model_names(one), model_names(other)
    return not mine or not theirs or bool(mine & theirs)


def model_names(one: Span) -> set[str]:
    names = (name.lower().rpartition("/")[2] for name in (one.model, one.request_model) if name)
    return {RELEASE.sub("", name) for name in names}


def moment(one: Span) -> datetime:
    return datetime.fromtimestamp(one.start / 1_000_000, UTC)
