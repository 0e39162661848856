from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ledger.accounts.models import Project
from ledger.domain.prices import EVERY_CONTEXT, RATED, Hours, Price, Rates, Tier, price_for
from ledger.prices.book import NoSuchPrice, history, prices_seen_by, set_price, withdraw_price
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
    set_price(store, project, price("2.5"), "ann", NOW)

    assert [(each.version, each.rates.input) for each in published(store, project)] == [(1, Decimal("2.5"))]


def test_setting_a_price_again_makes_its_next_version_and_keeps_the_one_before(store, project):
    set_price(store, project, price("2.5"), "ann", NOW)
    set_price(store, project, price("3"), "ann", NOW)

    rows = PriceRow.objects.filter(project=project).order_by("version")
    assert [(row.version, row.input, row.superseded_at) for row in rows] == [
        (1, Decimal("2.5"), NOW),
        (2, Decimal(3), None),
    ]
    assert [each.version for each in published(store, project)] == [2]


def test_a_price_with_another_beginning_is_another_price(store, project):
    set_price(store, project, price("2.5"), "ann", NOW)
    set_price(store, project, price("3", begins=NOW), "ann", NOW)

    mine = published(store, project)
    before = price_for(mine, "openai", "house-model", NOW - timedelta(days=1))
    after = price_for(mine, "openai", "house-model", NOW + timedelta(days=1))
    assert before is not None
    assert after is not None
    assert (before.rates.input, after.rates.input) == (Decimal("2.5"), Decimal(3))


def test_a_price_that_cannot_be_published_is_not_set(project):
    nobody = connect("http://user:password@127.0.0.1:9/spanledger")

    with pytest.raises(StoreUnavailable):
        set_price(nobody, project, price("2.5"), "ann", NOW)

    assert not PriceRow.objects.filter(project=project).exists()


def test_the_price_that_applies_comes_first(store, project):
    set_price(store, project, price("2.5"), "ann", NOW)
    set_price(store, project, price("3", begins=NOW), "ann", NOW)

    before = prices_seen_by(project, "openai", "house-model", NOW - timedelta(days=1))
    after = prices_seen_by(project, "openai", "house-model", NOW)

    assert [each.rates.input for each in before] == [Decimal("2.5"), Decimal(3)]
    assert [each.rates.input for each in after] == [Decimal(3), Decimal("2.5")]


def test_a_project_does_not_see_the_prices_of_another(store, project):
    set_price(store, project, price("2.5"), "ann", NOW)
    others = Project.objects.create(name="Others")

    assert prices_seen_by(others, "openai", "house-model", NOW) == []


def test_history_says_who_set_what_and_until_when_it_stood(store, project):
    set_price(store, project, price("2.5"), "ann", NOW)
    set_price(store, project, price("3"), "bob", NOW + timedelta(days=1))

    assert [(row.version, row.set_by, row.superseded_at) for row in history(project, "openai", "house-model")] == [
        (2, "bob", None),
        (1, "ann", NOW + timedelta(days=1)),
    ]
    assert history(project, "anthropic", "") == []


def test_a_price_taken_back_holds_at_no_time_and_stays_in_history(store, project):
    set_price(store, project, price("2.5"), "ann", NOW)

    withdraw_price(store, project, price("2.5").id, "bob", NOW)

    assert price_for(published(store, project), "openai", "house-model", NOW) is None
    assert prices_seen_by(project, "openai", "house-model", NOW) == []
    assert [(row.set_by, row.price().withdrawn) for row in history(project, "", "")] == [("bob", True), ("ann", False)]


def test_only_a_price_of_its_own_can_a_project_take_back(store, project):
    take_over([listed("1")], NOW)

    with pytest.raises(NoSuchPrice):
        withdraw_price(store, project, listed("1").price.id, "bob", NOW)


def test_a_row_reads_back_whatever_a_price_can_say(db):
    every = Rates(**{name: Decimal("0.0000000001") for name in RATED})
    tiers = (Tier(EVERY_CONTEXT, every, "batch", Hours(990, 30)), Tier(200_000, Rates(input=Decimal(2))))
    given = replace(price("1"), rates=every, tiers=tiers)

    PriceRow.of(given).save()

    assert PriceRow.objects.get().price() == given


def test_tiers_written_before_there_were_services_read_as_tiers_by_context(db):
    row = PriceRow.of(price("1"))
    row.tiers = [{"above": 200_000, "rates": {"input": "2", "output": None}}]

    assert row.price().tiers == (Tier(200_000, Rates(input=Decimal(2))),)


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
