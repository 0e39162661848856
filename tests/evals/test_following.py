"""Grading live traffic on the real store, behind the real settler."""

import json
from decimal import Decimal
from typing import Any

import pytest

from evals.following import grade_arrived
from evals.suite import shipped
from ledger.domain.charge import Charge
from ledger.domain.outcome import Outcome
from ledger.store.charges import write_charges
from ledger.store.client import Store
from ledger.store.outcomes import write_outcomes
from ledger.store.scores import scores_of
from ledger.store.told import Told, Turn
from tests.settle.house import NOON, House, call, span

SUITE = shipped()["answer_basics"]


@pytest.fixture
def house(store: Store) -> House:
    return House(store)


def said(*parts: dict[str, Any]) -> str:
    return json.dumps([{"role": "assistant", "parts": list(parts)}])


TEXT = said({"type": "text", "content": "It left on Monday."})


def graded(house: House, trace: int = 1) -> dict[str, float | None]:
    return {score.name: score.value for score in scores_of(house.store, house.project, f"{trace:032x}")}


def grade(house: House) -> int:
    return sum(grade_arrived(house.store, SUITE))


def test_a_settled_answer_gets_the_scores_that_apply_to_it(house):
    house.arrive(span(), call(output=TEXT))
    house.settle()

    grade(house)

    assert graded(house) == {"answered": 1}


def test_a_score_carries_its_reason_its_evaluator_and_the_time_of_its_call(house):
    answer = call(output=said({"type": "tool_call", "name": "look_up", "arguments": "{"}))
    house.arrive(span(), answer)
    house.settle()

    grade(house)

    score = next(each for each in scores_of(house.store, house.project, answer.trace_id) if each.value == 0)
    assert (score.name, score.source, score.evaluator_version) == (
        "tool_arguments_parse",
        "code",
        "tool_arguments_parse/1",
    )
    assert (score.trace_id, score.span_id) == (answer.trace_id, answer.span_id)
    assert "look_up" in score.reason
    assert score.timestamp is not None
    assert round(score.timestamp.timestamp() * 1_000_000) == answer.start


def test_an_outcome_or_a_charge_changes_nothing_to_grade(house):
    house.arrive(span(), call(output=TEXT))
    house.settle()
    grade(house)
    ended = Outcome(subject="trace", subject_id=span().trace_id, success=False)
    paid = Charge(subject="trace", subject_id=span().trace_id, kind="review", amount=Decimal(1), id="c")
    turn = Turn(f"telling-{house.project}", 1, str(house.project))

    write_outcomes(house.store, [Told(house.project, ended, NOON)], turn.part("outcomes"))
    write_charges(house.store, [Told(house.project, paid, NOON)], turn.part("charges"))
    house.settle()

    assert (house.trace()["success"], house.trace()["charges"]) == (False, 1)
    assert grade(house) == 0


def test_grading_waits_for_the_settler(house):
    house.settle()
    grade(house)
    house.arrive(span(), call(output=TEXT))

    grade(house)
    before = graded(house)
    house.settle()
    grade(house)

    assert before == {}
    assert graded(house) == {"answered": 1}


def test_what_was_graded_is_not_graded_again(house):
    house.arrive(span(), call(output=TEXT))
    house.settle()
    grade(house)

    assert grade(house) == 0


def test_a_repeated_grading_replaces_its_scores(house):
    house.arrive(span(), call(output=TEXT))
    house.settle()
    grade(house)

    house.arrive(call(output=TEXT))
    house.settle()
    grade(house)

    assert len(scores_of(house.store, house.project, f"{1:032x}")) == 1


def test_the_second_report_of_a_call_is_not_graded(house):
    house.arrive(span(), call(number=2, response_id="resp-1", output=TEXT))
    house.arrive(call(number=3, response_id="resp-1", output=TEXT))
    house.settle()

    grade(house)

    assert len(scores_of(house.store, house.project, f"{1:032x}")) == 1


def test_a_call_whose_content_was_not_sent_is_not_judged(house):
    house.arrive(span(), call(output=""))
    house.settle()

    grade(house)

    assert graded(house) == {}


def test_more_traces_than_fit_in_one_portion_are_all_graded(house):
    house.arrive(*(call(trace=number, parent=0, output=TEXT) for number in range(1, 451)))
    house.settle()

    assert grade(house) >= 450
    assert graded(house, trace=450) == {"answered": 1}
