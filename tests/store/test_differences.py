"""What clients say that their calls cost, beside what the ledger has."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from ledger.store.client import Store
from ledger.store.differences import differences
from tests.store.ledgers import DAY, call, span_id, trace_id, write


def said(trace: int, ours: str | None, theirs: str | None, **more: object) -> dict[str, object]:
    """A call with the ledger's cost and the client's."""
    return call(trace, trace, cost=ours, reported_cost=None if theirs is None else Decimal(theirs), **more)


def test_calls_more_than_a_hundredth_apart_are_told_by_model(store: Store, project: UUID) -> None:
    write(
        store, project,
        said(1, "1.00", "1.01"), said(2, "1.00", "1.02"), said(3, "1.00", "0.50"), said(4, "1.00", None),
        said(5, "1.00", "1.00", model="mini"),
    )  # fmt: skip

    (found,) = differences(store, project, DAY, 10)

    assert (found.provider, found.model) == ("openai", "gpt-4o")
    assert (found.compared, found.differing) == (3, 2)
    assert (found.ours, found.theirs) == (Decimal("2.00"), Decimal("1.52"))
    assert (found.trace, found.span) == (trace_id(3), span_id(3))


@pytest.mark.parametrize(
    "more",
    [{"cost_status": "reported"}, {"cost_status": "duplicate"}, {"kind": "tool"}],
    ids=["the client's own cost", "a further report", "a tool"],
)
def test_only_what_the_ledger_priced_itself_is_compared(store: Store, project: UUID, more: dict[str, object]) -> None:
    write(store, project, said(1, "1.00", "2.00", **more))

    assert differences(store, project, DAY, 10) == []


def test_a_call_that_cost_nothing_differs_from_one_that_did(store: Store, project: UUID) -> None:
    write(store, project, said(1, "0", "0.000000000001"), said(2, "0", "0"))

    (found,) = differences(store, project, DAY, 10)

    assert (found.compared, found.differing) == (2, 1)


def test_the_largest_sum_comes_first_and_other_projects_are_not_looked_at(store: Store, project: UUID) -> None:
    write(store, project, said(1, "1.00", "1.10", model="a"), said(2, "10.00", "12.00", model="b"))

    assert [each.model for each in differences(store, project, DAY, 10)] == ["b", "a"]
    assert [each.model for each in differences(store, project, DAY, 1)] == ["b"]
    assert differences(store, uuid4(), DAY, 10) == []
