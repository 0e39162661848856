"""A route's calls on other models: the numbers are worked out by hand, or by the domain call by call."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledger.accounts.models import Project
from ledger.domain.prices import EVERY_CONTEXT, Hours, Price, Rates, Tier, cost
from ledger.domain.score import Score
from ledger.domain.usage import Usage
from ledger.domain.windows import Window
from ledger.prices.whatif import Comparison, Question, compare
from ledger.store.client import Store
from ledger.store.prices import book
from ledger.store.scores import write_scores
from ledger.store.whatif import Route
from tests.settle.house import NOON, PROVIDER, SECOND, House, call, span

BEGUN = datetime.fromtimestamp(NOON / SECOND, UTC)
WEEK = Window(BEGUN - timedelta(days=1), BEGUN + timedelta(days=6))


@pytest.fixture
def house(project: Project, store: Store) -> House:
    return House(store, project.pk)


def on_route(house: House, *usages: Usage, model: str = "m-1", first: int = 1, **more: Any) -> None:
    for trace, usage in enumerate(usages, first):
        known = {"at": trace * 3600, "usage": usage, "model": model} | more
        house.arrive(span(trace, at=trace * 3600, route="refunds"), call(trace, **known))
    house.settle()


def asked(house: House, *models: str, **more: Any) -> Comparison:
    seen = [price for price in book(house.store) if price.project_id == house.project]
    return compare(
        Route(house.store, house.project, "refunds", WEEK), seen, Question(models, **({"ratios": {}} | more))
    )


def test_on_the_model_it_called_a_route_costs_what_it_cost(house):
    house.price(tiers=(Tier(1_000, Rates(input=Decimal(3), output=Decimal(30))),))
    on_route(house, Usage(input=1_000, output=100), Usage(input=600, cache_read=600, output=50))

    [same] = asked(house).tried

    assert same.bill.cost == house.cost()
    assert (same.name, same.real_calls, same.bill.calls) == (f"{PROVIDER}/m-1", 2, 2)


def test_each_call_is_priced_as_the_domain_prices_it_alone(house):
    house.price()
    other = house.price(
        "m-2",
        valid_from=BEGUN + timedelta(hours=2),
        rates=Rates(input=Decimal("1.1"), output=Decimal(7), input_audio=Decimal(30), request=Decimal("0.001")),
        tiers=(
            Tier(900, Rates(input=Decimal(5), cache_read=Decimal(1), output=Decimal(9))),
            Tier(EVERY_CONTEXT, Rates(input=Decimal("0.5"), output=Decimal(4)), "batch"),
            Tier(EVERY_CONTEXT, Rates(input=Decimal(8), output=Decimal(70)), hours=Hours(15 * 60, 16 * 60 + 1)),
        ),
    )
    house.price(
        "m-2",
        id=f"{PROVIDER}/early",
        valid_to=BEGUN + timedelta(hours=2),
        rates=Rates(input=Decimal(1), output=Decimal(1)),
    )
    usages = [Usage(input=n * 150, cache_read=n * 40, output=n, input_audio=n * 20) for n in range(1, 9)]
    on_route(house, *usages[:4])
    on_route(house, *usages[4:], first=5, tier="batch")

    [tried] = asked(house, "m-2").tried

    begun = [BEGUN + timedelta(hours=n) for n in range(1, 9)]
    services = [""] * 4 + ["batch"] * 4
    early = Price(id="e", provider="p", model="e", pattern={}, rates=Rates(input=Decimal(1), output=Decimal(1)))
    exact = [
        cost(usage, other if at >= BEGUN + timedelta(hours=2) else early, service, at)
        for usage, service, at in zip(usages, services, begun, strict=True)
    ]
    assert tried.bill.cost == sum(each for each in exact if each is not None)
    assert tried.bill.unpriced_calls == 0


def test_a_ratio_is_applied_to_each_call(house):
    house.price()
    house.price("m-2", tiers=(Tier(1_100, Rates(input=Decimal(4), output=Decimal(20))),))
    on_route(house, Usage(input=900, output=0), Usage(input=1_000, output=0))

    [tried] = asked(house, "m-2", ratios={"m-2": Decimal("1.2")}).tried

    # 1,080 tokens × $2 and 1,200 × $4, by the million
    assert tried.bill.cost == Decimal("0.00696")


def test_other_routes_duplicates_embeddings_and_unknown_usage_are_left_out(house):
    house.price()
    on_route(house, Usage(input=1_000, output=100), response_id="r")
    on_route(house, Usage(input=1_000, output=100), first=2, response_id="r")
    on_route(house, Usage(), first=3)
    on_route(house, Usage(input=1_000), first=4, kind="embedding")
    house.arrive(span(5, route="other"), call(5))
    house.settle()

    found = asked(house, "m-1")

    assert (found.tried[0].bill.calls, found.tried[0].bill.cost) == (1, Decimal("0.003"))
    assert [(each.calls, each.unknown_usage_calls) for each in found.real] == [(1, 1)]


def test_a_model_that_nobody_sells_is_said_to_be_unknown(house):
    house.price()
    on_route(house, Usage(input=1, output=1))

    found = asked(house, "m-1", "nobody-knows")

    assert [each.name for each in found.tried] == ["m-1"]
    assert "nobody-knows" in found.refused


def test_scores_of_real_calls_stand_beside_and_mark_who_is_undominated(house):
    for model, rate in (("m-1", 2), ("m-2", 1), ("m-3", 9)):
        house.price(model, rates=Rates(input=Decimal(rate), output=Decimal(rate)))
    for at, (model, value) in enumerate((("m-1", 1.0), ("m-1-20260901", 1.0), ("m-2", 0.0), ("m-2", 1.0)), 1):
        on_route(house, Usage(input=100, output=10), model=model, first=at)
        given = Score(id=f"{house.project}-{at}", trace_id=f"{at:032x}", span_id="", name="helpful", value=value,
                      source="human", timestamp=NOON)  # fmt: skip
        write_scores(house.store, house.project, [given])

    found = asked(house, "m-1", "m-2", "m-3")

    helpful = {each.name: each.scores.get("helpful") for each in found.tried}
    assert found.quality == "helpful"
    assert (helpful["m-1"].n, helpful["m-1"].mean, helpful["m-2"].mean, helpful["m-3"]) == (2, 1.0, 0.5, None)
    assert [each.undominated for each in found.tried] == [True, True, None]
    assert [each.real_calls for each in found.tried] == [2, 2, 0]
