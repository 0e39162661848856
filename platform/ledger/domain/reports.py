"""Which reports are of one and the same call where no id of the provider's answer says so.

Several instrumentors may report one call: in one trace, or one of them in a trace of its own. Each instrumentor reports
a call once, so reports of one scope are never put together, unless one wraps the other: twenty equal calls at once are
twenty.
"""

import re
from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

type Key = tuple[bytes, bytes]
"""Trace id and span id."""

RELEASE = re.compile(r"[-@](latest|\d{3,4}|20\d{6}|20\d\d-\d\d-\d\d)$")
"""What providers put behind the name of a model for one release of it."""
BARRIERS = ("tool", "agent")
"""What lies in a step of these kinds makes calls of its own."""
TOLERANCE = 2_000
"""Microseconds by which a report may stick out of the one around it."""
MOST_ANCESTORS = 64
MOST_LOOKED_AT = 256
"""How many possible partners of a report are looked at: a storm of equal failures must not take for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one instrumentor says of a call; times in microseconds, tokens None where they are not known."""

    trace: bytes
    span: bytes
    parent: bytes
    scope: str
    service: str = ""
    instance: str = ""
    start: int
    end: int
    model: str = ""
    request_model: str = ""
    context: int | None = None
    output: int | None = None
    failed: bool = False
    failure_kind: str = ""
    response_id: str = ""
    is_bare: bool = False
    """Its trace holds nothing but reports of calls."""
    is_log: bool = False
    """Tells what an earlier report of the same scope could not know yet."""

    @property
    def key(self) -> Key:
        return self.trace, self.span

    @property
    def silent(self) -> bool:
        """Whether nobody knows what was used."""
        return self.context is None or self.output is None


class Step(NamedTuple):
    """A span of a trace in which reports lie."""

    parent: bytes
    kind: str


type Steps = Mapping[Key, Step]


@dataclass(eq=False, slots=True)
class Part:
    """Reports that are of one call."""

    reports: list[Report]
    scopes: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)


class Parts:
    """Which reports have been put together so far."""

    def __init__(self, reports: Sequence[Report]) -> None:
        broken = broken_ids(reports)
        self.broken = broken
        self.of: dict[Key, Part] = {}
        for one in reports:
            ids = {one.response_id} - broken - {""}
            self.of[one.key] = Part([one], {one.scope}, ids)

    def join(self, one: Report, other: Report) -> None:
        kept, taken = self.of[one.key], self.of[other.key]
        if kept is taken:
            return
        kept.reports += taken.reports
        kept.scopes |= taken.scopes
        kept.ids |= taken.ids
        for each in taken.reports:
            self.of[each.key] = kept

    def lacks(self, one: Report, scope: str) -> bool:
        """Whether no report of that scope has been found for the call."""
        return scope not in self.of[one.key].scopes

    def may_join(self, one: Report, other: Report) -> bool:
        """One call has one id, and each scope reports it once."""
        mine, theirs = self.of[one.key], self.of[other.key]
        return mine.scopes.isdisjoint(theirs.scopes) and len(mine.ids | theirs.ids) <= 1

    def names(self) -> Iterator[tuple[Key, str]]:
        """The name of its call for each report whose own id does not give it."""
        for part in {id(part): part for part in self.of.values()}.values():
            first = min(one.key for one in part.reports)
            name = min(part.ids) if part.ids else f"{first[0].hex()}{first[1].hex()}"
            alone = len(part.reports) == 1
            for one in part.reports:
                if one.response_id != name and (not alone or one.response_id in self.broken):
                    yield one.key, name


def same_calls(reports: Iterable[Report], steps: Steps) -> dict[Key, str]:
    """For each report that repeats another, or is repeated, without an id to say so: a name that all of its call share.

    First what is certain (ids, logs of what is reported already), then reports inside each other, then equal ones at
    the same time. The order in which the reports are given changes nothing.
    """
    known = sorted(reports, key=lambda one: one.key)
    parts = Parts(known)
    fold_logs(known, parts)
    join_ids(known, parts)
    join_wrapped(known, parts)
    join_nested(known, steps, parts)
    join_simultaneous(known, parts)
    return dict(parts.names())


def broken_ids(reports: Iterable[Report]) -> set[str]:
    """Ids by which one instrumentor knows two answers: some servers give all of theirs the same."""
    meant: dict[tuple[str, str], set[tuple[object, ...]]] = defaultdict(set)
    for one in reports:
        if one.response_id and not one.silent and not one.is_log:
            meant[one.response_id, one.scope].add((one.context, one.output, one.model))
    return {ident for (ident, _), answers in meant.items() if len(answers) > 1}


def fold_logs(reports: Sequence[Report], parts: Parts) -> None:
    """A log belongs to its parent's call, else to the last call beside it that did not know its usage."""
    spoken_for: set[Key] = set()
    calls = {one.key: one for one in reports if not one.is_log}
    beside: dict[tuple[bytes, bytes, str], list[Report]] = defaultdict(list)
    for one in sorted(calls.values(), key=lambda one: (one.start, one.key)):
        beside[one.trace, one.parent, one.scope].append(one)
    for log in sorted((one for one in reports if one.is_log), key=lambda one: (one.start, one.key)):
        waiting = (
            one
            for one in reversed(beside[log.trace, log.parent, log.scope])
            if one.silent and one.start <= log.start and one.key not in spoken_for and same_model(one, log)
        )
        owner = calls.get((log.trace, log.parent)) or next(waiting, None)
        if owner is not None:
            spoken_for.add(owner.key)
            parts.join(owner, log)


def join_ids(reports: Iterable[Report], parts: Parts) -> None:
    first: dict[str, Report] = {}
    for one in reports:
        if one.response_id and one.response_id not in parts.broken:
            parts.join(first.setdefault(one.response_id, one), one)


def join_wrapped(reports: Sequence[Report], parts: Parts) -> None:
    """A call of one scope straight in another of the same is what that one wraps; of several it is the last."""
    by_key = {one.key: one for one in reports}
    wrapped: set[Key] = set()
    for inner in sorted(reports, key=lambda one: (one.start, one.key), reverse=True):
        outer = by_key.get((inner.trace, inner.parent))
        if outer is None or outer.scope != inner.scope or inner.is_log or outer.key in wrapped:
            continue
        one_id = len(parts.of[inner.key].ids | parts.of[outer.key].ids) <= 1
        if one_id and same_model(inner, outer) and consistent(inner, outer):
            wrapped.add(outer.key)
            parts.join(outer, inner)


def join_nested(reports: Iterable[Report], steps: Steps, parts: Parts) -> None:
    """A report in another one is of the same call, wherever its clock ticks, unless one says what the other can't."""
    by_key = {one.key: one for one in reports}
    found = [
        (depth, inner.key, outer.key)
        for inner in by_key.values()
        for depth, outer in around(inner, by_key, steps)
        if inner.scope != outer.scope and same_model(inner, outer) and consistent(inner, outer)
    ]
    for _, inner, outer in sorted(found):
        if parts.may_join(by_key[outer], by_key[inner]):
            parts.join(by_key[outer], by_key[inner])


def around(report: Report, by_key: Mapping[Key, Report], steps: Steps) -> Iterator[tuple[int, Report]]:
    """The reports in which one lies, the nearest first, as far as no step between makes calls of its own."""
    key = report.trace, report.parent
    for depth in range(MOST_ANCESTORS):
        step = steps.get(key)
        if step is None or step.kind in BARRIERS:
            return
        if key in by_key:
            yield depth, by_key[key]
        key = report.trace, step.parent


def join_simultaneous(reports: Iterable[Report], parts: Parts) -> None:
    """Equal reports of two scopes in one process at the same time, in one trace or one of them alone in its own."""
    for alike, pairs in ((answers(reports), overlapping), (failures(reports), contained)):
        for some in alike.values():
            by_scope = defaultdict(list)
            for one in some:
                by_scope[one.scope].append(one)
            for mine, theirs in combinations(sorted(by_scope), 2):
                some_lack = [one for one in by_scope[mine] if parts.lacks(one, theirs)]
                others_lack = [one for one in by_scope[theirs] if parts.lacks(one, mine)]
                for one, other in pairs(some_lack, others_lack, matching(parts)):
                    parts.join(one, other)


type Alike = dict[tuple[object, ...], list[Report]]
type Fits = Callable[[Report, Report], bool]


def answers(reports: Iterable[Report]) -> Alike:
    found: Alike = defaultdict(list)
    for one in reports:
        if not one.silent:
            found[one.service, one.instance, one.context, one.output].append(one)
    return found


def failures(reports: Iterable[Report]) -> Alike:
    found: Alike = defaultdict(list)
    for one in reports:
        if one.failed:
            found[one.service, one.instance, one.failure_kind].append(one)
    return found


def matching(parts: Parts) -> Fits:
    def fits(one: Report, other: Report) -> bool:
        near = one.trace == other.trace or one.is_bare or other.is_bare
        return near and same_model(one, other) and parts.may_join(one, other)

    return fits


def overlapping(some: Iterable[Report], others: Iterable[Report], fits: Fits) -> Iterator[tuple[Report, Report]]:
    """As many pairs that overlap as there can be: who ends first takes the next to end of those it overlaps."""
    sides = [sorted(each, key=lambda one: (one.end, one.start, one.key)) for each in (some, others)]
    queue = sorted(((one.end, one.start, one.key), side, one) for side in (0, 1) for one in sides[side])
    taken: set[Key] = set()
    passed = [0, 0]
    for _, side, one in queue:
        passed[side] += 1
        if one.key in taken:
            continue
        later = sides[1 - side][passed[1 - side] : passed[1 - side] + MOST_LOOKED_AT]
        partner = next((j for j in later if j.key not in taken and j.start <= one.end and fits(one, j)), None)
        if partner is not None:
            taken.add(partner.key)
            yield one, partner


def contained(some: Sequence[Report], others: Sequence[Report], fits: Fits) -> Sequence[tuple[Report, Report]]:
    """As many pairs as there can be of which one lies in the other; one of the two scopes lies outside."""
    return max(within(some, others, fits), within(others, some, fits), key=len)


def within(inner: Iterable[Report], outer: Iterable[Report], fits: Fits) -> list[tuple[Report, Report]]:
    """Who ends last takes the last to begin of those around it: the others can still hold what began earlier."""
    waiting = sorted(outer, key=lambda one: (one.end, one.key))
    open_: list[tuple[int, Key, Report]] = []
    found = []
    for one in sorted(inner, key=lambda one: (one.end, one.key), reverse=True):
        while waiting and waiting[-1].end >= one.end - TOLERANCE:
            last = waiting.pop()
            insort(open_, (last.start, last.key, last), key=lambda each: each[:2])
        upto = bisect_right(open_, one.start + TOLERANCE, key=lambda each: each[0])
        for at in range(upto - 1, max(-1, upto - 1 - MOST_LOOKED_AT), -1):
            if fits(open_[at][2], one):
                found.append((open_.pop(at)[2], one))
                break
    return found


def consistent(inner: Report, outer: Report) -> bool:
    """Whether two reports, one in the other, can be of one call: equal tokens, one failure, or one does not know."""
    if inner.silent or outer.silent:
        return inner.failed == outer.failed and (not inner.failed or inner.failure_kind == outer.failure_kind)
    return (inner.context, inner.output) == (outer.context, outer.output)


def same_model(one: Report, other: Report) -> bool:
    """Whether they can mean one model; who names none can mean any."""
    mine, theirs = models(one), models(other)
    return not mine or not theirs or not mine.isdisjoint(theirs)


def models(report: Report) -> set[str]:
    return {stem(name) for name in (report.model, report.request_model) if name}


@lru_cache(maxsize=10_000)
def stem(model: str) -> str:
    """The name without what stands before it for a provider, or behind it for a release."""
    return RELEASE.sub("", model.lower().rpartition("/")[2])
