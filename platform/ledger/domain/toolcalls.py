"""Tool calls of one trace: which are counted, and whether it goes round in a loop."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from ledger.domain.reports import MOST_ANCESTORS

LOOP = 3
"""The same tool asked the same so often, each straight after the other, is a loop."""
BARRIERS = ("agent", "generation", "embedding")
"""What lies in a step of these kinds is called by that, and not by the tool around it."""
MOST_COMPARED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A span of the trace; `tool` is set where its kind is tool, times are in microseconds."""

    span: bytes
    parent: bytes
    kind: str
    tool: str = ""
    scope: str = ""
    input_hash: int = 0
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Loop:
    """The longest one of a trace."""

    tool: str
    calls: int


type Steps = Mapping[bytes, Step]


def inside(steps: Steps) -> dict[bytes, bytes]:
    """For each report of a tool call that an outer span reports already: the outermost of those.

    A framework, an MCP client and its server each report the same call of the same tool, one in the other, or a
    framework that keeps no context beside the others. A tool that is an agent has tools with other names in it.
    """
    tools = sorted((step for step in steps.values() if step.kind == "tool"), key=lambda one: (one.start, one.span))
    found = {one.span: outer for one in tools if (outer := nesting(one, steps))}
    outermost: dict[str, list[Step]] = defaultdict(list)
    for one in tools:
        if one.span not in found:
            outermost[one.tool].append(one)
    for some in outermost.values():
        found |= beside(some)
    return {span: last(found, span) for span in found}


def nesting(tool: Step, steps: Steps) -> bytes | None:
    """The nearest span around that reports the same tool, where nothing between makes calls of its own."""
    above = steps.get(tool.parent)
    for _ in range(MOST_ANCESTORS):
        if above is None or above.kind in BARRIERS:
            return None
        if above.kind == "tool":
            return above.span if above.tool == tool.tool else None
        above = steps.get(above.parent)
    return None


def beside(tools: Sequence[Step]) -> dict[bytes, bytes]:
    """Reports of one tool that lie in another scope's in time, though not in the tree."""
    found: dict[bytes, bytes] = {}
    for at, one in enumerate(tools):
        for outer in tools[max(0, at - MOST_COMPARED) : at]:
            if outer.span not in found and holds(outer, one):
                found[one.span] = outer.span
                break
    return found


def holds(outer: Step, inner: Step) -> bool:
    same = outer.input_hash == inner.input_hash or not (outer.input_hash and inner.input_hash)
    return same and outer.scope != inner.scope and outer.start <= inner.start and inner.end <= outer.end


def last(found: Mapping[bytes, bytes], span: bytes) -> bytes:
    for _ in range(MOST_ANCESTORS):
        if span not in found:
            break
        span = found[span]
    return span


def loop(steps: Steps, counted_elsewhere: Mapping[bytes, bytes]) -> Loop | None:
    """The longest row of calls of one tool with the same input, each after the one before was over."""
    tools = [step for step in steps.values() if step.kind == "tool" and step.span not in counted_elsewhere]
    rows = sorted(in_a_row(sorted(tools, key=lambda one: (one.start, one.span))), key=lambda found: -found.calls)
    return rows[0] if rows and rows[0].calls >= LOOP else None


def in_a_row(tools: Sequence[Step]) -> Iterator[Loop]:
    for (tool, input_hash), some in groupby(tools, key=lambda one: (one.tool, one.input_hash)):
        if not input_hash:
            continue
        calls, end = 0, 0
        for one in some:
            calls = calls + 1 if one.start >= end else 1
            end = one.end
            yield Loop(tool, calls)


def judged(steps: Steps) -> set[bytes]:
    """The calls that lie in an evaluator."""
    return {one.span for one in steps.values() if one.kind in ("generation", "embedding") and in_evaluator(one, steps)}


def in_evaluator(call: Step, steps: Steps) -> bool:
    above = steps.get(call.parent)
    for _ in range(MOST_ANCESTORS):
        if above is None:
            return False
        if above.kind == "evaluator":
            return True
        above = steps.get(above.parent)
    return False
