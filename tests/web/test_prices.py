from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ledger.domain.errors import BadParameter
from ledger.domain.prices import Hours, Price, Rates, Tier
from ledger.web.prices import Asked, ShownPrice, fits

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def price(**given):
    usual = {"id": "p", "provider": "openai", "model": "gpt-4o", "pattern": {"equals": "gpt-4o"}}
    return Price(**usual | {"rates": Rates(input=Decimal("2.5"), output=Decimal(10))} | given)


def asked(**words):
    return Asked.read(words, NOW)


def test_an_address_that_says_nothing_asks_for_what_is_in_force_now():
    past = price(valid_to=datetime(2026, 1, 1, tzinfo=UTC))

    assert fits(asked(), price())
    assert not fits(asked(), past)
    assert fits(asked(at="2025-12-31"), past)
    assert fits(asked(at="any"), past)


def test_the_source_can_be_chosen():
    own = price(source="project")

    assert [fits(asked(source="project"), each) for each in (own, price())] == [True, False]


def test_a_provider_is_known_by_any_of_its_names():
    assert asked(provider="gemini").provider == "google"


@pytest.mark.parametrize(
    "words", [{"source": "nobody"}, {"at": "soon"}, {"start": "-1"}], ids=lambda each: next(iter(each))
)
def test_an_address_that_cannot_be_read_is_refused(words):
    with pytest.raises(BadParameter):
        asked(**words)


def test_rates_without_a_column_are_said_in_words():
    rates = Rates(input=Decimal("2.5"), cache_write_1h=Decimal(6), request=Decimal("0.01"))

    shown = ShownPrice.of(price(rates=rates))

    assert shown.rates == (("Input", Decimal("2.5")), ("Cache read", None), ("Cache write", None), ("Output", None))
    assert shown.beside == "cache write, kept 1 h $6.00, each request $0.01"


def test_a_tier_says_when_it_holds_and_what_it_charges():
    tiers = (
        Tier(200_000, Rates(input=Decimal(5), output=Decimal("22.5"))),
        Tier(-1, Rates(input=Decimal("1.25")), "batch", Hours(990, 30)),
    )

    long, batch = ShownPrice.of(price(tiers=tiers)).tiers

    assert (long.when, long.rates) == ("above 200,000 tokens of context", "input $5.00, output $22.50")
    assert (batch.when, batch.rates) == ("as batch, from 16:30 to 00:30 UTC", "input $1.25")
