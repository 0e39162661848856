from decimal import Decimal

import pytest
from pydantic import BaseModel

from ingest.elements import Wrong, elements
from ingest.errors import Malformed, TooLarge


class Coin(BaseModel):
    worth: Decimal


def test_the_good_are_taken_and_the_wrong_named_by_their_place() -> None:
    found = elements(b'[{"worth": 1}, 7, {"worth": "much"}, {"worth": 2}]', Coin, "coins", 10)

    assert [coin.worth for coin in found.taken] == [1, 2]
    assert [wrong.element for wrong in found.wrong] == [1, 2]
    assert found.wrong[1].message.startswith("worth: ")


def test_an_array_without_elements_is_a_request_without_anything_wrong() -> None:
    assert elements(b" [ ] ", Coin, "coins", 10).wrong == []


def test_where_none_is_good_the_request_is_malformed_by_its_first() -> None:
    with pytest.raises(Malformed, match=r"Coins are a JSON array of objects; element 0: worth"):
        elements(b'[{"worth": null}, {"worth": "x"}]', Coin, "coins", 10)


def test_what_was_sent_is_never_told_back() -> None:
    found = elements(b'[{"worth": 1}, {"worth": "sk-a-secret"}]', Coin, "coins", 10)

    assert found.wrong == [Wrong(1, "worth: Input should be a valid decimal")]


def test_too_many_are_too_large_even_if_they_are_wrong() -> None:
    with pytest.raises(TooLarge, match="10 coins"):
        elements(b"[" + b"1," * 10 + b"1]", Coin, "coins", 10)


def test_numbers_are_read_as_the_caller_wants_them() -> None:
    exact = elements(b'[{"worth": 123456.123456789012}]', Coin, "coins", 10, Decimal)

    assert exact.taken[0].worth == Decimal("123456.123456789012")


@pytest.mark.parametrize("raw", [b"", b"{", b"[1e99999999999999999999]", b"[" + b"9" * 5_000 + b"]", b"[" * 100_000])
def test_what_is_no_json_or_none_that_a_number_holds_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        elements(raw, Coin, "coins", 10, Decimal)
