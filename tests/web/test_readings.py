from decimal import Decimal

import pytest

from ledger.domain.windows import Window
from ledger.store.metrics import Answer
from ledger.store.scores import GivenScore
from ledger.web.readings import MEASURED, economics, gaps, measured, read_answer, work
from tests.web.test_heat import NOW

HELPFUL = GivenScore("helpful", 0, 1)

PLAIN = dict.fromkeys(MEASURED) | {
    "calls": 200,
    "failures": 8,
    "failure_rate": 0.04,
    "traces": 100,
    "cost": Decimal("2.00"),
    "latency_p95": 840.0,
    "unpriced_calls": 0,
    "unknown_usage_calls": 0,
    "pending_calls": 0,
    "outcomes": 0,
    "successes": 0,
    "outcome_coverage": 0.0,
    "wasted_cost": Decimal("0.50"),
}
TOLD = PLAIN | {
    "outcomes": 80,
    "successes": 60,
    "success_rate": 0.75,
    "outcome_coverage": 0.8,
    "cost_per_success": Decimal("0.03"),
    "revenue": Decimal(6),
    "margin": Decimal("4.20"),
}


def read(figures, estimated=False):
    return {reading.label: reading for reading in (*work(figures, estimated), *economics(figures, estimated))}


def test_every_rate_says_of_how_many_it_speaks_and_how_sure_it_is():
    found = read(TOLD)

    assert found["Failure rate"].basis == "8 of 200 calls"
    assert found["Success rate"].basis == "60 of 80 with an outcome"
    assert found["Success rate"].interval == pytest.approx((0.6452, 0.8319), abs=1e-4)  # Wilson's of 60 in 80
    assert found["Outcome coverage"].basis == "80 of 100 traces"
    assert found["Outcome coverage"].interval == pytest.approx((0.7112, 0.8666), abs=1e-4)  # of 80 in 100


def test_money_says_of_what_it_is_a_part():
    found = read(TOLD)

    assert found["Cost per success"].basis == "60 successes"
    assert found["Margin"].basis == "of $6.00 revenue"
    assert found["Wasted"].basis == "25.0 % of the spend"


def test_without_an_outcome_nothing_is_a_figure_and_each_says_why():
    found = read(PLAIN)

    assert [found[name].value for name in ("Cost per success", "Success rate", "Margin")] == [None, None, None]
    assert found["Cost per success"].missing == "no outcome was sent"
    assert found["Margin"].missing == "no outcome says its worth"


@pytest.mark.parametrize(
    ("successes", "why"), [(0, "none succeeded"), (3, "their cost is unknown")], ids=["no success", "no cost"]
)
def test_a_missing_cost_per_success_says_which_part_is_missing(successes, why):
    found = read(TOLD | {"successes": successes, "cost_per_success": None})

    assert found["Cost per success"].missing == why


def test_figures_that_stand_for_calls_left_out_have_no_interval():
    found = read(TOLD, estimated=True)

    assert found["Success rate"].interval is None
    assert found["Success rate"].basis == "60 of 80 with an outcome, estimated"


def test_charges_and_evaluation_are_spoken_of_where_there_are_any():
    assert not {"Charges", "Evaluation"} & read(TOLD).keys()

    found = read(TOLD | {"charges": Decimal("0.10"), "evaluation_cost": Decimal("0.20")})

    assert found["Charges"].value == Decimal("0.10")
    assert found["Evaluation"].basis == "10.0 % of the spend"


def test_the_spend_names_what_it_leaves_out():
    figures = PLAIN | {"unpriced_calls": 71, "unknown_usage_calls": 29}

    assert [gap.what for gap in gaps(figures)] == ["unpriced", "uncounted"]
    assert read(figures)["Spend"].basis == "without 71 unpriced, 29 uncounted"


def graded(score, mean, n):
    figures = PLAIN | {f"score.{score.name}": mean, f"score_count.{score.name}": n}
    answer = Answer(Window(NOW, NOW), (), figures, estimated=False, truncated=False)
    return read_answer(answer, figures, [score])[-1]


def test_a_score_says_how_many_were_given_and_how_sure_its_mean_is():
    found = graded(HELPFUL, 0.75, 80)

    assert (found.label, found.basis) == ("Score: helpful", "mean of 80")
    assert found.interval == pytest.approx((0.6452, 0.8319), abs=1e-4)


def test_nothing_is_said_of_the_sureness_of_a_score_that_is_no_share():
    assert graded(GivenScore("stars", 1, 5), 0.9, 80).interval is None


def test_a_score_that_was_not_given_here_is_unknown():
    assert graded(HELPFUL, None, 0).missing == "nothing graded yet"


def test_each_score_is_asked_for_with_its_count():
    assert measured([HELPFUL])[-2:] == ("score.helpful", "score_count.helpful")
