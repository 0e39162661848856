from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.domain.prices import Price, Rates
from ledger.settle.book import FIRST, LAST, Book
from ledger.store.settling import Called

MINE, OTHERS = UUID(int=1), UUID(int=2)
CALLED = Called(MINE, "openai", "o3")
CUT = datetime(2025, 6, 10, tzinfo=UTC)


def price(ident: str, **more: Any) -> Price:
    known = {"provider": "openai", "model": "o3", "pattern": {"equals": "o3"}, "rates": Rates(input=Decimal(1))}
    return Price(**({"id": ident} | known | more))


def spoken(book: Book, called: Called = CALLED) -> list[tuple[datetime, datetime, str]]:
    return [(tariff.begins, tariff.ends, tariff.price.id) for tariff in book.of(called)]


class TestTariffs:
    def test_prices_that_follow_each_other_share_no_moment_and_leave_none(self) -> None:
        book = Book([price("before", valid_to=CUT), price("after", valid_from=CUT)], 1)

        assert spoken(book) == [(FIRST, CUT, "before"), (CUT, LAST, "after")]

    def test_a_time_without_a_price_stays_empty(self) -> None:
        assert spoken(Book([price("later", valid_from=CUT)], 1)) == [(CUT, LAST, "later")]

    def test_a_project_price_covers_the_catalogues_while_it_lasts(self) -> None:
        own = price("own", valid_to=CUT, source="project", project_id=MINE)

        assert spoken(Book([price("listed"), own], 1)) == [(FIRST, CUT, "own"), (CUT, LAST, "listed")]

    def test_another_projects_price_is_left_out(self) -> None:
        assert spoken(Book([price("theirs", source="project", project_id=OTHERS)], 1)) == []

    def test_a_model_that_nobody_knows_has_none(self) -> None:
        assert spoken(Book([price("listed")], 1), Called(MINE, "openai", "o9")) == []
        assert spoken(Book([price("listed")], 1), Called(MINE, "azure", "o3")) == []

    def test_all_the_models_asked_for_are_answered(self) -> None:
        book = Book([price("o3"), price("o4", pattern={"equals": "o4"})], 1)

        found = book.tariffs([CALLED, Called(OTHERS, "openai", "o4"), Called(MINE, "openai", "o5")])

        assert [(tariff.called.project_id, tariff.price.id) for tariff in found] == [(MINE, "o3"), (OTHERS, "o4")]

    def test_a_call_that_names_no_provider_has_the_price_of_the_only_one_that_knows_its_model(self) -> None:
        book = Book(
            [
                price("o3"),
                price("o4", pattern={"equals": "o4"}),
                price("az", provider="azure", pattern={"equals": "o4"}),
            ],
            1,
        )

        assert spoken(book, Called(MINE, "", "o3")) == [(FIRST, LAST, "o3")]
        assert spoken(book, Called(MINE, "", "o4")) == []

    def test_a_release_of_a_model_has_its_price(self) -> None:
        assert spoken(Book([price("o3")], 1), Called(MINE, "openai", "o3-20250416")) == [(FIRST, LAST, "o3")]

    def test_a_price_that_was_taken_back_holds_at_no_time(self) -> None:
        gone = price("own", valid_to=FIRST, source="project", project_id=MINE)
        later = price("later", valid_from=CUT, valid_to=CUT, source="project", project_id=MINE)

        assert spoken(Book([price("listed"), gone, later], 1)) == [(FIRST, CUT, "listed"), (CUT, LAST, "listed")]
