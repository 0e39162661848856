from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ledger.accounts.models import Project
from ledger.domain.prices import Price, Rates, price_for
from ledger.prices.book import prices_seen_by, set_price
from ledger.prices.catalogue import Listed
from ledger.prices.models import PriceRow
from ledger.prices.seeding import take_over
from ledger.store.client import Store, connect
from ledger.store.errors import StoreUnavailable
from ledger.store.prices import book

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def price(rate: str, begins: datetime | None = None, provider: str = "openai", model: str = "house-model") -> Price:
    return Price(
        id=f"project/{provider}/{model}@{begins}",
        provider=provider,
        model=model,
        pattern={"equals": model},
        valid_from=begins,
        rates=Rates(input=Decimal(rate), output=Decimal(rate)),
    )


def published(store: Store, project: Project) -> list[Price]:
    return [each for each in book(store) if each.project_id == project.pk]


def test_a_projects_price_is_published_before_it_counts_as_set(store, project):
    set_price(store, project, price("2.5"), NOW)

    assert [(each.version, each.rates.input) for each in published(store, project)] == [(1, Decimal("2.5"))]


def test_setting_a_price_again_makes_its_next_version_and_keeps_the_one_before(store, project):
    set_price(store, project, price("2.5"), NOW)
    set_price(store, project, price("3"), NOW)

    rows = PriceRow.objects.filter(project=project).order_by("version")
    assert [(row.version, row.input, row.superseded_at) for row in rows] == [
        (1, Decimal("2.5"), NOW),
        (2, Decimal(3), None),
    ]
    assert [each.version for each in published(store, project)] == [2]


def test_a_price_with_another_beginning_is_another_price(store, project):
    set_price(store, project, price("2.5"), NOW)
    set_price(store, project, price("3", begins=NOW), NOW)

    mine = published(store, project)
    before = price_for(mine, "openai", "house-model", NOW - timedelta(days=1))
    after = price_for(mine, "openai", "house-model", NOW + timedelta(days=1))
    assert before is not None
    assert after is not None
    assert (before.rates.input, after.rates.input) == (Decimal("2.5"), Decimal(3))


def test_a_price_that_cannot_be_published_is_not_set(project):
    nobody = connect("http://user:password@127.0.0.1:9/spanledger")

    with pytest.raises(StoreUnavailable):
        set_price(nobody, project, price("2.5"), NOW)

    assert not PriceRow.objects.filter(project=project).exists()


def test_the_price_that_applies_comes_first(store, project):
    set_price(store, project, price("2.5"), NOW)
    set_price(store, project, price("3", begins=NOW), NOW)

    before = prices_seen_by(project, "openai", "house-model", NOW - timedelta(days=1))
    after = prices_seen_by(project, "openai", "house-model", NOW)

    assert [each.rates.input for each in before] == [Decimal("2.5"), Decimal(3)]
    assert [each.rates.input for each in after] == [Decimal(3), Decimal("2.5")]


def test_a_project_does_not_see_the_prices_of_another(store, project):
    set_price(store, project, price("2.5"), NOW)
    others = Project.objects.create(name="Others")

    assert prices_seen_by(others, "openai", "house-model", NOW) == []


def listed(rate: str) -> Listed:
    return Listed(price(rate, model="catalogue-model"), note="")


def test_taking_the_same_catalogue_over_again_changes_nothing(db):
    take_over([listed("1")], NOW)

    assert take_over([listed("1.0")], NOW) == []


def test_a_catalogue_price_that_changed_gets_a_version_and_one_that_vanished_stays(db):
    gone = Listed(price("9", model="gone"), note="")
    take_over([listed("1"), gone], NOW)

    take_over([listed("2")], NOW + timedelta(days=1))

    current = PriceRow.objects.current().filter(project=None)
    assert {(row.model, row.version, row.input) for row in current} == {
        ("catalogue-model", 2, Decimal(2)),
        ("gone", 1, Decimal(9)),
    }


def test_a_row_reads_back_as_the_price_it_was_made_of(db):
    given = price("0.0000000001")
    PriceRow.of(given).save()

    assert PriceRow.objects.get().price() == given
