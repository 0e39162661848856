"""The builder builds closed hours that have come to rest, a little at a time."""

import time
from dataclasses import replace
from math import inf
from uuid import UUID

import pytest

from ledger.settle.rollups import SECOND, Builder
from ledger.store.client import Store
from tests.settle.house import NOON, House, call, span


@pytest.fixture
def builder(own_house: House) -> Builder:
    """One that takes an hour as soon as nothing is written any more."""
    return Builder(own_house.store, quiet=0, least=0, projects=[own_house.project], next_round=inf)


def built(store: Store, project: UUID) -> list[tuple[str, int]]:
    """Length of each rollup, and its hour after noon."""
    rows = store.select(
        "SELECT length, toUnixTimestamp(begins) AS begins FROM rollup_builds FINAL WHERE project_id = {p:UUID}"
        " ORDER BY length DESC, begins",
        p=project,
    )
    return [(row["length"], (row["begins"] - NOON // 1_000_000) // 3600) for row in rows]


def finish(builder: Builder) -> int:
    count = 0
    while more := builder.build():
        count += more
    return count


def test_settled_hours_are_built_and_then_their_day(own_house: House, builder: Builder) -> None:
    own_house.price()
    own_house.arrive(span(), call(at=1), call(2, 3, 0, at=7200))
    own_house.settle()

    assert finish(builder) == 3
    assert built(own_house.store, own_house.project) == [("hour", 0), ("hour", 2), ("day", -12)]
    assert finish(builder) == 0


def test_settling_again_makes_an_hour_due_again(own_house: House, builder: Builder) -> None:
    own_house.arrive(span(), call(at=1))
    own_house.settle()
    finish(builder)

    own_house.price()
    own_house.settle()

    assert finish(builder) == 2


def test_an_hour_that_is_open_or_was_changed_just_now_waits(own_house: House, builder: Builder) -> None:
    own_house.arrive(span(), call(at=1))
    own_house.settle()

    assert replace(builder, closed=time.time_ns() // SECOND - NOON // 1_000_000 - 3599).build() == 0
    assert replace(builder, quiet=600 * SECOND).build() == 0
    assert finish(builder) == 2


def test_only_large_projects_get_rollups(own_house: House) -> None:
    own_house.arrive(span(), call(at=1), call(number=3, at=2))
    own_house.settle()

    assert Builder(own_house.store, quiet=0, least=5).build() == 0
    assert Builder(own_house.store, quiet=0, least=2).build() == 1


def test_while_nothing_is_due_the_builder_seldom_looks(own_house: House, builder: Builder) -> None:
    assert builder.turn() == 0
    own_house.arrive(span(), call(at=1))
    own_house.settle()

    assert builder.turn() == 0
    builder.next_look = 0
    assert builder.turn() == 1


def test_portions_follow_the_time_that_they_take(own_house: House, builder: Builder) -> None:
    builder.adapt(3.0)
    assert builder.portion == 12
    builder.adapt(0.5)
    assert builder.portion == 12
    for _ in range(9):
        builder.adapt(0.1)
    assert builder.portion == 96
