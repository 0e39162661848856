"""Short lists for pages."""

from decimal import Decimal
from uuid import UUID

from ledger.domain.questions import Dimension, read_filters
from ledger.domain.score import Score
from ledger.store.client import Store
from ledger.store.scores import write_scores
from ledger.store.summaries import Summary, summaries, values_of
from tests.store.ledgers import DAY, call, span_id, trace_id, write

ROUTE = Dimension("route")


def test_each_route_has_its_figures_most_calls_first(store: Store, project: UUID) -> None:
    busy = {"route": "busy"}
    write(
        store,
        project,
        call(1, 1, cost="1", ms=100, **busy),
        call(1, 2, 1, cost="2", status="error", **busy),
        call(2, 1),
    )
    write_scores(store, project, [Score(trace_id=trace_id(1), span_id=span_id(1), name="good", value=0.5)])

    assert summaries(store, project, DAY, ROUTE) == [
        Summary("busy", 2, 1, Decimal(3), 0.5, 100.0, {"good": 0.5}),
        Summary(None, 1, 0, None, 0.0, 1000.0, {}),
    ]
    assert len(summaries(store, project, DAY, ROUTE, limit=1)) == 1
    assert [each.calls for each in summaries(store, project, DAY, ROUTE, filters=read_filters(["status:=:ok"]))] == [
        1,
        1,
    ]


def test_values_are_suggested_most_frequent_first(store: Store, project: UUID) -> None:
    write(
        store, project, call(1, 1, model="rare"), *(call(1, n, 1, model="often", tags={"plan": "pro"}) for n in (2, 3))
    )

    assert values_of(store, project, DAY, Dimension("model")) == ["often", "rare"]
    assert values_of(store, project, DAY, Dimension("model"), containing="AR") == ["rare"]
    assert values_of(store, project, DAY, Dimension("model"), limit=1) == ["often"]
    assert values_of(store, project, DAY, Dimension("tag.plan")) == ["pro"]
    assert values_of(store, project, DAY, Dimension("user")) == []
