"""Calls that have a price are priced anew by the book of now; the numbers are worked out by hand."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledger.accounts.models import Project
from ledger.domain.prices import Rates, Tier
from ledger.domain.usage import Usage
from ledger.domain.windows import Window
from ledger.prices.repricing import asked_for, reprice
from ledger.store.client import Store
from tests.settle.house import NOON, PROVIDER, House, call, span

DAY = 24 * 3600
MOMENT = datetime.fromtimestamp(NOON / 1_000_000, UTC)
WEEK = Window(MOMENT - timedelta(days=1), MOMENT + timedelta(days=6))


@dataclass
class Job:
    """Work in hand, as the jobs have it; ends as a killed worker does after so many days."""

    project: Project
    asked: dict[str, str]
    kept: dict[str, Any] = field(default_factory=dict)
    killed_after: int = 99
    progress: list[float] = field(default_factory=list)

    def keep(self, progress: float, **kept: object) -> None:
        self.kept |= kept
        self.progress.append(progress)
        if len(self.progress) > self.killed_after:
            raise KeyboardInterrupt


@pytest.fixture
def house(project: Project, store: Store) -> House:
    return House(store, project.pk)


def job(project: Project, provider: str = "", model: str = "", window: Window = WEEK, **more: Any) -> Job:
    return Job(project, asked_for(window, provider, model), **more)


def dearer(house: House, model: str = "m-1") -> None:
    """$4 a million in and $20 a million out: twice what the house's price is."""
    house.price(model, version=2, rates=Rates(input=Decimal(4), output=Decimal(20)))


def costs(house: House) -> dict[int, Decimal | None]:
    return {trace: entry["cost"] for (trace, number), entry in sorted(house.ledger().items()) if number == 2}


def three_days(house: House) -> None:
    house.price()
    for trace in (1, 2, 3):
        house.arrive(span(trace, at=trace * DAY), call(trace, at=trace * DAY))
    house.settle()


def test_calls_are_priced_anew_and_the_result_says_what_they_came_to(house, project):
    three_days(house)
    dearer(house)

    found = reprice(house.store, job(project))

    assert set(costs(house).values()) == {Decimal("0.006")}
    before, after = found["before"], found["after"]
    assert (before["cost"], after["cost"], after["calls"]) == ("0.009", "0.018", 3)
    assert after["by_model"] == [
        {"provider": PROVIDER, "model": "m-1", "calls": 3, "unpriced_calls": 0, "cost": "0.018"}
    ]


def test_without_a_repricing_calls_keep_their_price(house):
    three_days(house)
    dearer(house)

    house.settle()

    assert set(costs(house).values()) == {Decimal("0.003")}


def test_calls_outside_the_window_keep_their_price(house, project):
    three_days(house)
    dearer(house)
    second_day = Window(MOMENT + timedelta(days=2), MOMENT + timedelta(days=2, hours=1))

    reprice(house.store, job(project, window=second_day))

    assert costs(house) == {1: Decimal("0.003"), 2: Decimal("0.006"), 3: Decimal("0.003")}


def test_only_the_model_asked_for_is_priced_anew_under_all_its_names(house, project):
    for model in ("m-1", "m-2"):
        house.price(model)
    house.arrive(*(each for trace, model in enumerate(("m-1", "m-1-20260901", "m-2"), 1)
                   for each in (span(trace), call(trace, model=model))))  # fmt: skip
    house.settle()
    for model in ("m-1", "m-2"):
        dearer(house, model)

    found = reprice(house.store, job(project, PROVIDER, "m-1"))

    assert costs(house) == {1: Decimal("0.006"), 2: Decimal("0.006"), 3: Decimal("0.003")}
    assert [each["model"] for each in found["after"]["by_model"]] == ["m-1", "m-1-20260901"]


def test_tiers_are_those_of_each_call_and_not_of_their_sum(house, project):
    house.price()
    for trace, tokens in enumerate((60_000, 60_000, 120_000), 1):
        house.arrive(span(trace), call(trace, usage=Usage(input=tokens, output=0)))
    house.settle()
    house.price(version=2, tiers=(Tier(100_000, Rates(input=Decimal(5), output=Decimal(10))),))

    found = reprice(house.store, job(project))

    # $2 a million up to 100,000 tokens, $5 beyond: 0.12 + 0.12 + 0.6
    assert (found["before"]["cost"], found["after"]["cost"]) == ("0.48", "0.84")


def test_a_killed_repricing_goes_on_where_it_was_and_remembers_what_was_before(house, project):
    three_days(house)
    dearer(house)
    killed = job(project, killed_after=2)  # before, the first day; the second is done, but not noted
    with pytest.raises(KeyboardInterrupt):
        reprice(house.store, killed)

    resumed = job(project, kept=killed.kept)
    found = reprice(house.store, resumed)

    assert (found["before"]["cost"], found["after"]["cost"]) == ("0.009", "0.018")
    assert len(resumed.progress) < 4
    assert set(costs(house).values()) == {Decimal("0.006")}


def test_doing_it_again_changes_nothing(house, project):
    three_days(house)
    dearer(house)
    reprice(house.store, job(project))

    again = reprice(house.store, job(project))

    assert again["before"] == again["after"]


def test_another_projects_calls_keep_their_price(house, project, store):
    other = House(store)
    other.price()
    other.arrive(span(), call())
    other.settle()
    other.price(version=2, rates=Rates(input=Decimal(4), output=Decimal(20)))

    reprice(store, job(project))

    assert other.cost() == Decimal("0.003")


def test_where_only_the_clients_figure_was_known_a_repricing_finds_the_price(house, project):
    house.arrive(span(), call(reported_cost=Decimal("0.02")))
    house.settle()
    house.price()
    house.settle()
    assert house.row(2)["cost_status"] == "reported"

    found = reprice(house.store, job(project))

    assert (found["before"]["cost"], found["after"]["cost"]) == ("0.02", "0.003")
    row = house.row(2)
    assert (row["cost_status"], row["reported_cost"]) == ("priced", Decimal("0.02"))


def test_a_window_in_two_parts_comes_to_the_same_as_the_whole(house, project):
    three_days(house)
    dearer(house)
    middle = MOMENT + timedelta(days=2, seconds=1)  # the second day's call began a second before

    parts = [reprice(house.store, job(project, window=part))["after"]["cost"] for part in WEEK.split(middle)]

    assert sum(map(Decimal, parts)) == house.cost() == Decimal("0.018")
    again = reprice(house.store, job(project))
    assert again["before"]["cost"] == again["after"]["cost"] == "0.018"
