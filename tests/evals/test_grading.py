import logging
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from evals import grading
from evals.evaluators import Evaluator
from evals.grading import grade, score_of
from evals.results import Assertion, Label, Number, Result
from evals.suite import shipped
from ledger.domain.generation import Generation

SUITE = shipped()["answer_basics"]
ANSWER = Generation(
    trace_id="a" * 32,
    span_id="b" * 16,
    start=datetime(2026, 11, 1, tzinfo=UTC),
    status="ok",
    failure_kind="",
    finish_reasons=("stop",),
    output="It left on Monday.",
    attributes={},
)


def evaluator(result: Result) -> Evaluator:
    return Evaluator("house", 2, "assertion", "", lambda generation: result)


@pytest.mark.parametrize(
    ("result", "value", "label"),
    [
        (Assertion(True, "r"), 1.0, ""),
        (Assertion(False, "r"), 0.0, ""),
        (Number(0.25, "r"), 0.25, ""),
        (Label("polite", "r"), None, "polite"),
    ],
)
def test_the_type_of_a_result_says_what_its_score_holds(result, value, label):
    score = score_of(SUITE, evaluator(result), ANSWER, result)

    assert (score.value, score.label, score.reason, score.evaluator_version) == (value, label, "r", "house/2")


def test_the_same_question_about_the_same_span_has_the_same_id():
    once, again = list(grade(SUITE, ANSWER)), list(grade(SUITE, ANSWER))

    assert [score.id for score in once] == [score.id for score in again]


def test_another_span_metric_or_version_has_another_id():
    yes = Assertion(True, "")
    ids = {
        score_of(SUITE, evaluator(yes), ANSWER, yes).id,
        score_of(SUITE, evaluator(yes), replace(ANSWER, span_id="c" * 16), yes).id,
        score_of(SUITE, replace(evaluator(yes), version=3), ANSWER, yes).id,
        score_of(SUITE, replace(evaluator(yes), name="other"), ANSWER, yes).id,
    }

    assert len(ids) == 4


def test_an_evaluator_that_breaks_leaves_the_answer_without_a_score_and_says_so(caplog):
    def broken(generation: Generation) -> Result | None:
        raise ZeroDivisionError

    with caplog.at_level(logging.ERROR, grading.__name__):
        result = grading.judged(replace(evaluator(Assertion(True, "")), judge=broken), ANSWER)

    assert result is None
    assert "house failed on span" in caplog.text
