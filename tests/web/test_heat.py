from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.http import QueryDict

from ledger.domain.windows import Window
from ledger.store.metrics import Answer, MetricRow
from ledger.web.heat import ANSWERED, COST, FAILURES, heat, heat_table
from ledger.web.scope import read_scope

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SCOPE = read_scope(QueryDict("range=7d"), NOW)


def row(cost, calls=1, **group):
    figures = {"cost": None if cost is None else Decimal(cost), "calls": calls, "unpriced_calls": 0}
    return MetricRow(group, None, figures)


def answer(*rows, total="0", truncated=False):
    return Answer(Window(NOW, NOW), rows, row(total).figures, estimated=False, truncated=truncated)


def table(pairs, routes, models):
    return heat_table(COST, answer(*pairs, total="5"), answer(*routes), answer(*models), SCOPE)


def test_a_pair_without_calls_is_an_empty_cell():
    shown = table(
        [row("4", route="a", model="x"), row("1", route="b", model="y")],
        [row("4", route="a"), row("1", route="b")],
        [row("4", model="x"), row("1", model="y")],
    )

    assert [[cell and cell.value for cell in line.cells] for line in shown.lines] == [[4, None], [None, 1]]
    assert shown.grand.value == 5


def test_the_dearest_cell_is_the_hottest_and_totals_stay_cool():
    shown = table([row("4", route="a", model="x"), row("1", route="a", model="y")], [row("5", route="a")], [
        row("4", model="x"), row("1", model="y"),
    ])  # fmt: skip

    assert [cell.heat for cell in shown.lines[0].cells] == [5, 2]
    assert shown.lines[0].total.heat == 0


def test_what_has_no_route_leads_to_the_traces_without_one():
    shown = table([row("1", route=None, model="x")], [row("1", route=None)], [row("1", model="x")])

    assert shown.lines[0].cells[0].address == "range=7d&filter=route%3A%3D%3A&model=x"


@pytest.mark.parametrize(
    ("shown", "value", "step"),
    [
        (FAILURES, 0.0, 0),
        (FAILURES, 0.03, 2),
        (FAILURES, 0.5, 5),
        (ANSWERED, 1.0, 0),
        (ANSWERED, 0.85, 3),
        (ANSWERED, 0.1, 5),
        (FAILURES, None, 0),
    ],
)
def test_rates_and_scores_have_fixed_steps_so_that_colours_compare_over_time(shown, value, step):
    assert heat(shown, value, 1.0) == step
