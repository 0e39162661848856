"""What real clients sent comes to the true calls, failures, tokens and money, of which their stub model kept a list."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from ingest import otlp, otlp_json
from ingest.checked import Rejected
from ingest.conventions.table import read
from ledger.domain.prices import Rates
from ledger.domain.span import CALL_KINDS, Span
from ledger.store.client import Row
from tests.ingest.captured import COMBINATIONS, Captured, Combination
from tests.settle.house import House

PROVIDERS = {"gpt": "openai", "text": "openai", "claude": "anthropic", "gemini": "google"}
CLASSES = ("input", "cache_read", "cache_write", "output", "reasoning")
MAY_BE_READ = {
    ("mlflow-otlp", "gpt-5-mini", "reasoning_tokens"): 128,
    ("mlflow-otlp", "text-embedding-3-small", "input_tokens"): 24,
}
"""Not sent as usage, but found in the answer as the client wrote it down: more than its attributes say."""


@pytest.fixture(params=COMBINATIONS, ids=lambda combination: str(combination.name))
def combination(request: pytest.FixtureRequest) -> Combination:
    found: Combination = request.param
    return found


def spans_of(request: Captured) -> list[Span]:
    reader = otlp_json.spans if request.content_type == "application/json" else otlp.spans
    return [read(one) for one in reader(request.decoded) if not isinstance(one, Rejected)]


def with_prices(house: House, combination: Combination) -> None:
    """The corpus's own prices, for each family of models with and without a date behind it."""
    for family, rates in combination.expected["test_prices_usd_per_mtok"].items():
        provider = PROVIDERS[family.partition("-")[0]]
        house.price(
            family,
            id=f"{provider}/{family}",
            provider=provider,
            pattern={"regex": rf"^{family}(-\d{{4}}-\d\d-\d\d|-\d{{8}}|-\d{{3}})?$"},
            rates=Rates(**{name: Decimal(str(rate)) for name, rate in rates.items()}),
        )


def totals(house: House, combination: Combination) -> dict[str, Counter[str]]:
    """What the ledger says of each family of models."""
    families = combination.expected["answers"]["totals"]
    found: dict[str, Counter[str]] = {family: Counter() for family in families}
    for row in house.ledger().values():
        if row["kind"] in CALL_KINDS:
            found[max((one for one in families if row["model"].startswith(one)), key=len)].update(counted(row))
    return found


def counted(row: Row) -> Counter[str]:
    if row["cost_status"] == "duplicate":
        return Counter()
    said = {f"{name}_tokens": row[f"{name}_tokens"] or 0 for name in CLASSES}
    unknown = row["cost_status"] == "unknown_usage"
    return Counter(said | {"calls": 1, "failures": int(row["status"] == "error"), "unknown_usage_calls": int(unknown)})


def true(combination: Combination, family: str, said: Counter[str]) -> Counter[str]:
    """The truth as far as it was sent; what was never sent counts as nothing."""
    known: dict[str, Any] = combination.expected["answers"]["totals"][family]
    figures = {name: known[name] or 0 for name in ("calls", "failures", "unknown_usage_calls")}
    figures |= {f"{name}_tokens": known[f"{name}_tokens"] or 0 for name in CLASSES}
    more = {name: MAY_BE_READ.get((combination.name, family, name), 0) for name in figures}
    return Counter({name: amount + (more[name] if said[name] > amount else 0) for name, amount in figures.items()})


def check(house: House, combination: Combination) -> None:
    found = totals(house, combination)
    assert {family: +said for family, said in found.items()} == {
        family: +true(combination, family, said) for family, said in found.items()
    }
    assert house.cost() == Decimal(combination.expected["answers"]["cost_usd_at_test_prices"])


def test_calls_failures_tokens_and_cost_are_the_true_ones(combination: Combination, house: House) -> None:
    with_prices(house, combination)
    house.arrive(*(span for request in combination.traces for span in spans_of(request)))

    house.settle()

    check(house, combination)


def test_they_are_the_same_where_every_span_comes_by_itself(combination: Combination, house: House) -> None:
    with_prices(house, combination)
    spans = [span for request in combination.traces for span in spans_of(request)]
    for portion in (spans[1::2], spans[::2]):
        house.arrive(*portion)
        house.settle()

    check(house, combination)
