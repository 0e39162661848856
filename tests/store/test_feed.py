from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from ledger.store.client import Store
from ledger.store.feed import EVALS, SETTLER, Arrival, Step, advance, arrived, progress, waiting

PROJECT = UUID(int=1)


@pytest.fixture
def node() -> str:
    return f"node-{uuid4().hex}"


@pytest.fixture
def write(store: Store, node: str) -> Callable[..., None]:
    """Write down that some groups have arrived, each with so many traces."""

    def written(**traces: int) -> None:
        for group, number in traces.items():
            ids = [bytes([at]) * 16 for at in range(number)]
            rows = {"node": [node] * number, "group_seq": [int(group[1:])] * number, "project_id": [PROJECT] * number}
            store.insert("arrivals", rows | {"trace_id": ids})

    return written


def groups(store: Store, node: str, follower: str, limit: int = 100) -> list[int]:
    return [each.group_seq for each in arrived(store, follower, limit) if each.node == node]


class TestArrived:
    def test_tells_the_traces_of_each_group(self, store: Store, node: str, write: Callable[..., None]) -> None:
        write(g1=1)

        found = [each for each in arrived(store, SETTLER, 100) if each.node == node]

        assert found == [Arrival(node, 1, PROJECT, bytes(16))]

    def test_begins_after_what_the_follower_is_through_with(
        self, store: Store, node: str, write: Callable[..., None]
    ) -> None:
        write(g1=1, g2=1, g3=1)
        advance(store, SETTLER, node, 2)

        assert groups(store, node, SETTLER) == [3]

    def test_never_tells_a_part_of_a_group(self, store: Store, node: str, write: Callable[..., None]) -> None:
        write(g1=2, g2=3, g3=1)

        assert groups(store, node, SETTLER, limit=3) == [1, 1, 2, 2, 2]

    def test_evaluations_do_not_overtake_the_settler(self, store: Store, node: str, write: Callable[..., None]) -> None:
        write(g1=1, g2=1)
        assert groups(store, node, EVALS) == []

        advance(store, SETTLER, node, 1)

        assert groups(store, node, EVALS) == [1]

    def test_a_group_announced_twice_is_told_and_left_behind_once(
        self, store: Store, node: str, write: Callable[..., None]
    ) -> None:
        write(g1=1)
        write(g1=1)
        advance(store, SETTLER, node, 1)

        assert groups(store, node, SETTLER) == []


class TestWaiting:
    def test_is_the_next_step_of_each_node(self, store: Store, node: str, write: Callable[..., None]) -> None:
        write(g1=2, g2=3, g3=1)
        advance(store, SETTLER, node, 1)

        assert Step(node, after=1, upto=2, arrivals=3) in waiting(store, SETTLER, 1)

    def test_is_nothing_where_the_follower_is_through(
        self, store: Store, node: str, write: Callable[..., None]
    ) -> None:
        write(g1=2)
        advance(store, SETTLER, node, 1)

        assert node not in {step.node for step in waiting(store, SETTLER, 1)}


class TestAdvance:
    def test_never_goes_back(self, store: Store, node: str) -> None:
        advance(store, SETTLER, node, 7)
        advance(store, SETTLER, node, 3)

        assert progress(store, SETTLER)[node] == 7
