from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from ledger.domain.prices import EVERY_CONTEXT, Hours, Price, Rates, Tier
from ledger.store.client import Store
from ledger.store.prices import book, edition, publish


def price(**more: object) -> Price:
    known: dict[str, object] = {
        "id": f"testai/{uuid4().hex}",
        "provider": "testai",
        "model": "m-1",
        "pattern": {"or": [{"equals": "m-1"}, {"and": [{"starts_with": "m"}, {"ends_with": "é'"}]}]},
        "valid_from": datetime(2025, 6, 10, tzinfo=UTC),
        "rates": Rates(
            input=Decimal("0.0375"), output=Decimal("1e-10"), output_image=Decimal(30), request=Decimal("0.012")
        ),
        "tiers": (
            Tier(200_000, Rates(input=Decimal("2.5"))),
            Tier(EVERY_CONTEXT, Rates(input_audio=Decimal(3)), "batch", Hours(990, 30)),
        ),
    }
    return Price(**(known | more))  # type: ignore[arg-type]


def found(store: Store, ident: str) -> list[Price]:
    return [each for each in book(store) if each.id == ident]


class TestBook:
    def test_a_price_comes_back_as_it_was_published(self, store: Store) -> None:
        listed = price()
        own = price(source="project", project_id=uuid4(), valid_to=datetime(2026, 1, 1, tzinfo=UTC), tiers=())

        publish(store, [listed, own])

        assert found(store, listed.id) == [listed]
        assert found(store, own.id) == [own]

    def test_the_newest_version_counts_whatever_came_last(self, store: Store) -> None:
        newer = price(version=2)

        publish(store, [newer])
        publish(store, [replace(newer, version=1)])

        assert found(store, newer.id) == [newer]

    def test_publishing_again_adds_nothing(self, store: Store) -> None:
        listed = price()

        publish(store, [listed])
        publish(store, [listed])

        assert found(store, listed.id) == [listed]

    def test_two_projects_may_call_their_prices_the_same(self, store: Store) -> None:
        mine = price(source="project", project_id=UUID(int=1))
        theirs = replace(mine, project_id=UUID(int=2))

        publish(store, [mine, theirs])

        assert found(store, mine.id) == [mine, theirs]

    def test_rates_are_kept_to_ten_decimals(self, store: Store) -> None:
        slip = price(rates=Rates(input=Decimal("0.29999999999999998")), tiers=())

        publish(store, [slip])

        assert found(store, slip.id)[0].rates.input == Decimal("0.3")


class TestEdition:
    def test_grows_with_everything_published(self, store: Store) -> None:
        before = edition(store)

        publish(store, [price()])

        assert edition(store) > before

    def test_of_nothing_published_stays(self, store: Store) -> None:
        before = edition(store)

        publish(store, [])

        assert edition(store) == before
