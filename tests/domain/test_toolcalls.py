from typing import Any

import pytest

from ledger.domain.toolcalls import Loop, Step, inside, judged, loop


def ident(number: int) -> bytes:
    return number.to_bytes(8)


def step(number: int, parent: int = 0, **more: Any) -> Step:
    known: dict[str, Any] = {"kind": "tool", "tool": "search", "scope": "framework", "start": 0, "end": 100}
    return Step(span=ident(number), parent=ident(parent), **(known | more))


def steps(*found: Step) -> dict[bytes, Step]:
    return {one.span: one for one in found}


class TestInside:
    def test_an_mcp_client_and_its_server_report_what_the_framework_called(self) -> None:
        mcp = {"scope": "mcp"}
        found = inside(steps(step(1), step(2, 1, **mcp), step(3, 2, kind="span"), step(4, 3, **mcp)))

        assert found == {ident(2): ident(1), ident(4): ident(1)}

    def test_a_server_whose_clock_is_ahead_is_still_the_same_call(self) -> None:
        assert inside(steps(step(1), step(2, 1, start=5000, end=5100))) == {ident(2): ident(1)}

    def test_a_tool_in_an_agent_that_is_a_tool_counts_itself(self) -> None:
        agent = step(2, 1, kind="agent")

        assert inside(steps(step(1, tool="ask"), agent, step(3, 2), step(4, 2, tool="ask"))) == {}

    @pytest.mark.parametrize("kind", ["agent", "generation"])
    def test_what_an_agent_or_a_model_in_a_tool_calls_counts_itself(self, kind: str) -> None:
        assert inside(steps(step(1), step(2, 1, kind=kind), step(3, 2))) == {}

    def test_another_scope_beside_it_at_the_same_time_reports_the_same_call(self) -> None:
        assert inside(steps(step(1), step(2, 9, scope="mcp", start=1, end=99))) == {ident(2): ident(1)}

    @pytest.mark.parametrize(
        "other",
        [{"scope": "framework"}, {"tool": "lookup"}, {"end": 101}, {"input_hash": 8}],
        ids=str,
    )
    def test_what_differs_beside_it_is_another_call(self, other: dict[str, Any]) -> None:
        beside = {"scope": "mcp", "start": 1, "end": 99, "input_hash": 7} | other

        assert inside(steps(step(1, input_hash=7), step(2, 9, **beside))) == {}


class TestLoop:
    def test_the_same_question_three_times_one_after_the_other_is_a_loop(self) -> None:
        again = [step(n, input_hash=7, start=n * 100, end=n * 100 + 99) for n in range(1, 4)]

        assert loop(steps(*again), {}) == Loop("search", 3)

    def test_twice_is_none_and_neither_is_at_once(self) -> None:
        twice = [step(n, input_hash=7, start=n * 100, end=n * 100 + 99) for n in range(1, 3)]
        at_once = [step(n, input_hash=7) for n in range(1, 6)]

        assert loop(steps(*twice), {}) is None
        assert loop(steps(*at_once), {}) is None

    def test_another_question_between_breaks_it(self) -> None:
        asked = [step(n, input_hash=h, start=n * 100, end=n * 100 + 99) for n, h in enumerate([7, 7, 8, 7, 7], 1)]

        assert loop(steps(*asked), {}) is None

    def test_what_was_asked_must_be_known(self) -> None:
        again = [step(n, start=n * 100, end=n * 100 + 99) for n in range(1, 6)]

        assert loop(steps(*again), {}) is None

    def test_reports_of_one_call_are_no_repetition(self) -> None:
        layers = [step(n, input_hash=7, start=n, end=200 - n) for n in range(1, 4)]

        assert loop(steps(*layers), {ident(2): ident(1), ident(3): ident(1)}) is None


def test_calls_anywhere_in_an_evaluator_are_a_judges() -> None:
    found = steps(
        step(1, kind="evaluator"), step(2, 1, kind="span"), step(3, 2, kind="generation"), step(4, kind="generation")
    )

    assert judged(found) == {ident(3)}
