from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from ledger.domain.usage import Usage
from ledger.store.traces import SpanDetail, TraceDetail
from ledger.web.waterfall import steps

START = datetime(2026, 11, 22, 9, tzinfo=UTC)
EMPTY: dict[str, Any] = {"usage": Usage(), "cost": None, "error": None, "input": None, "output": None, "weight": 1.0}


def made(kind: type, /, **given: Any) -> Any:
    """A value of a class with many fields, of which the test cares about some."""
    return kind(**{field.name: given.get(field.name, EMPTY.get(field.name, "")) for field in fields(kind)})


def span(name: str, parent: str = "", at: float = 0, lasting: float = 100, **more: Any) -> SpanDetail:
    usual = {"span_id": name, "name": name, "kind": "span", "parent_id": parent, "duration_ms": lasting}
    return made(SpanDetail, **usual | {"start": START + timedelta(milliseconds=at)} | more)


def waterfall(*spans: SpanDetail, lasting: float = 1000):
    return steps(made(TraceDetail, start=START, duration_ms=lasting, spans=spans))


def outline(*spans: SpanDetail) -> list[tuple[str, int]]:
    return [(step.span.name, step.level) for step in waterfall(*spans)]


def test_children_follow_their_parent_in_order_of_time():
    spans = [span("root"), span("b", "root", 20), span("a", "root", 10), span("under a", "a", 30)]
    in_time = sorted(spans, key=lambda one: one.start)

    assert outline(*in_time) == [("root", 1), ("a", 2), ("under a", 3), ("b", 2)]


def test_a_span_whose_parent_never_came_is_a_root_and_marked():
    first, second = waterfall(span("root"), span("lost", "gone", 10))

    assert (first.adrift, second.adrift, second.level) == (False, True, 1)


def test_spans_that_are_each_others_parents_are_all_shown_once():
    assert outline(span("a", "b"), span("b", "a"), span("c", "c")) == [("a", 1), ("b", 2), ("c", 1)]


def test_a_trace_deeper_than_pythons_stack_is_walked():
    chain = [span(f"s{n}", f"s{n - 1}" if n else "", n) for n in range(5000)]

    walked = waterfall(*chain)

    assert (len(walked), walked[-1].level, walked[-1].indent) == (5000, 5000, 12)


def test_bars_lie_where_their_time_is():
    root, child = waterfall(span("root", lasting=1000), span("child", "root", at=250, lasting=500))

    assert (root.x, root.width) == (0, 100)
    assert (child.x, child.width) == (25, 50)


def test_a_bar_of_no_time_is_seen_and_stays_inside():
    _, last = waterfall(span("root", lasting=1000), span("end", "root", at=1000, lasting=0))

    assert (last.x, last.width) == (99.6, 0.4)


def test_what_runs_on_after_the_root_makes_the_scale_longer():
    root, late = waterfall(span("root", lasting=500), span("late", "root", at=500, lasting=500), lasting=500)

    assert (root.width, late.x, late.width) == (50, 50, 50)


def test_all_tokens_that_went_in_are_counted_and_unknown_stays_unknown():
    known = span("call", kind="generation", usage=Usage(input=824, cache_read=1024, output=61), cost=Decimal(1))

    assert [step.went_in for step in waterfall(known, span("other"))] == [1848, None]


def test_the_model_is_not_said_twice():
    said, silent = waterfall(span("chat gpt-4o", model="gpt-4o"), span("chat", model="gpt-4o"))

    assert (said.model, silent.model) == ("", "gpt-4o")
