"""Which reports are of one call, worked out by hand for stacks of instrumentors."""

from itertools import permutations
from random import Random
from typing import Any

import pytest

from ledger.domain.reports import Report, Step, same_calls

TRACE = b"t" * 16
MS = 1_000


def report(number: int, scope: str = "client", **more: Any) -> Report:
    """A report of a call of 1,000 tokens in and 100 out, from 0 to 1,000 milliseconds."""
    known: dict[str, Any] = {"trace": TRACE, "parent": bytes(8), "start": 0, "end": 1000, "model": "m-1"}
    known |= {"context": 1000, "output": 100, **more}
    known |= {"start": known["start"] * MS, "end": known["end"] * MS}
    return Report(span=number.to_bytes(8), scope=scope, **known)


def alone(number: int, scope: str = "client", **more: Any) -> Report:
    """The same as the root of a trace of its own."""
    return report(number, scope, **({"trace": number.to_bytes(16), "is_bare": True} | more))


def together(*reports: Report, steps: dict[Any, Step] | None = None) -> list[set[int]]:
    """The calls of several reports, by number."""
    around = {one.key: Step(one.parent, "generation") for one in reports} | (steps or {})
    names = same_calls(reports, around)
    calls: dict[str, set[int]] = {}
    for one in reports:
        name = names.get(one.key) or one.response_id or repr(one.key)
        calls.setdefault(name, set()).add(int.from_bytes(one.span))
    return sorted((call for call in calls.values() if len(call) > 1), key=min)


def inside(number: int) -> bytes:
    return number.to_bytes(8)


class TestCounting:
    def test_twenty_equal_calls_at_once_are_twenty(self) -> None:
        assert together(*(report(number) for number in range(1, 21))) == []

    @pytest.mark.parametrize("many", [20, 200])
    def test_equal_calls_at_once_stay_as_many_under_a_second_scope(self, many: int) -> None:
        dice, reports = Random(many), []
        for number in range(1, many + 1):
            start, length = dice.randrange(30), dice.randrange(500, 900)
            reports.append(report(number, "framework", start=start, end=start + length))
            reports.append(alone(1000 + number, start=start + 1, end=start + length - 1))

        found = together(*reports)

        assert len(found) == many
        assert all(len(call) == 2 for call in found)

    def test_a_stack_of_three_is_one_call(self) -> None:
        stack = report(1, "framework"), report(2, "client", start=1, end=999), report(3, "proxy", start=2, end=998)

        assert together(*stack) == [{1, 2, 3}]

    def test_the_order_in_which_reports_come_changes_nothing(self) -> None:
        reports = [
            report(1, "framework"),
            report(2, start=1, end=999),
            report(3, "framework", start=5, end=1005),
            alone(4, start=6, end=1004, response_id="r"),
            report(5, "native", start=2, end=998),
        ]

        found = {repr(together(*some)) for some in permutations(reports)}

        assert len(found) == 1


class TestSuccesses:
    def test_an_answer_without_an_id_takes_that_of_its_repetition(self) -> None:
        names = same_calls([report(1, "framework"), alone(2, start=1, end=999, response_id="resp-1")], {})

        assert names == {report(1, "framework").key: "resp-1"}

    @pytest.mark.parametrize(
        "other",
        [
            {"context": 1001},
            {"output": 101},
            {"model": "m-2"},
            {"instance": "another"},
            {"service": "another"},
            {"start": 1001, "end": 2000},
            {"scope": "framework"},
            {"is_bare": False},
        ],
        ids=str,
    )
    def test_what_differs_in_one_thing_is_another_call(self, other: dict[str, Any]) -> None:
        assert together(report(1, "framework"), alone(2, **({"start": 1, "end": 999} | other))) == []

    def test_two_ids_are_two_calls(self) -> None:
        assert together(report(1, "framework", response_id="a"), report(2, response_id="b")) == []

    def test_a_model_with_its_release_and_its_provider_is_the_same(self) -> None:
        assert together(report(1, "framework", model="openai/gpt-4o"), report(2, model="gpt-4o-2024-08-06")) == [{1, 2}]

    def test_a_model_whose_name_only_begins_alike_is_another(self) -> None:
        assert together(report(1, "framework", model="gpt-4o"), report(2, model="gpt-4o-mini")) == []


FAILED: dict[str, Any] = {"failed": True, "failure_kind": "rate_limit", "context": None, "output": None}


class TestFailures:
    def test_a_failure_within_the_same_failure_is_one(self) -> None:
        outer = report(1, "framework", **FAILED)

        assert together(outer, alone(2, **(FAILED | {"start": 10, "end": 900}))) == [{1, 2}]

    def test_invented_ids_do_not_keep_failures_apart_from_silent_ones(self) -> None:
        outer = report(1, "framework", **FAILED)

        assert together(outer, alone(2, **(FAILED | {"start": 10, "end": 900, "response_id": "x"}))) == [{1, 2}]

    @pytest.mark.parametrize("other", [{"failure_kind": "timeout"}, {"start": 10, "end": 1010}], ids=str)
    def test_another_failure_or_one_that_sticks_out_is_another_call(self, other: dict[str, Any]) -> None:
        outer = report(1, "framework", **FAILED)

        assert together(outer, alone(2, **(FAILED | {"start": 10, "end": 900} | other))) == []

    def test_a_retry_in_one_outer_report_is_counted_by_its_attempts(self) -> None:
        outer = report(1, "framework", end=2000)
        failed = report(2, parent=inside(1), start=1, end=900, **FAILED)
        answered = report(3, parent=inside(1), start=901, end=1999)

        assert together(outer, failed, answered) == [{1, 3}]


class TestNesting:
    def test_one_in_another_is_the_same_call_whatever_its_clock_says(self) -> None:
        outer = report(1, "client")
        inner = report(2, "proxy", parent=inside(1), service="proxy", start=90_000, end=91_000)

        assert together(outer, inner) == [{1, 2}]

    def test_one_that_does_not_know_its_usage_is_the_same_as_the_one_around_it(self) -> None:
        inner = report(2, parent=inside(1), start=1, end=999, context=None, output=None)

        assert together(report(1, "framework"), inner) == [{1, 2}]

    @pytest.mark.parametrize(("kind", "found"), [("span", [{1, 2}]), ("tool", []), ("agent", [])])
    def test_what_a_tool_or_an_agent_in_a_call_does_is_its_own(self, kind: str, found: list[set[int]]) -> None:
        steps = {(TRACE, inside(9)): Step(inside(1), kind)}
        inner = report(2, parent=inside(9), service="tools", start=1, end=999)

        assert together(report(1, "framework"), inner, steps=steps) == found


class TestWrappers:
    def test_a_call_straight_in_another_of_its_scope_is_what_that_one_wraps(self) -> None:
        assert together(report(1, context=None, output=None), report(2, parent=inside(1))) == [{1, 2}]

    def test_a_wrapper_of_several_wraps_the_last(self) -> None:
        inner = [report(number, parent=inside(1), start=number) for number in range(2, 6)]

        assert together(report(1, context=None, output=None), *inner) == [{1, 5}]

    def test_one_that_used_something_else_wraps_nothing(self) -> None:
        assert together(report(1, context=5000), report(2, parent=inside(1))) == []


class TestLogs:
    def test_a_log_belongs_to_its_parents_call(self) -> None:
        call = report(1, context=None, output=None)

        assert together(call, report(2, parent=inside(1), start=1200, end=1200, is_log=True)) == [{1, 2}]

    def test_a_log_beside_belongs_to_the_last_call_that_did_not_know_its_usage(self) -> None:
        unknown: dict[str, Any] = {"context": None, "output": None}
        first, second = report(1, **unknown), report(2, start=2000, end=3000, **unknown)
        logs = report(3, start=1500, end=1500, is_log=True), report(4, start=3500, end=3500, is_log=True)

        assert together(first, second, report(5, start=3100, end=3200), *logs) == [{1, 3}, {2, 4}]

    def test_a_log_of_nothing_is_a_call(self) -> None:
        assert together(report(1, is_log=True)) == []


class TestBrokenIds:
    def test_an_id_that_one_scope_gives_to_two_answers_says_nothing(self) -> None:
        pairs = [
            report(number + scope, name, response_id="0", context=1000 + number)
            for number in (10, 20)
            for scope, name in ((1, "framework"), (2, "client"))
        ]

        assert together(*pairs) == [{11, 12}, {21, 22}]
