from decimal import Decimal

from ledger.domain.prices import EVERY_CONTEXT, Price, Rates, Tier
from ledger.domain.usage import Usage
from ledger.web.arithmetic import Line, lines

RATES = Rates(input=Decimal("2.50"), cache_read=Decimal("1.25"), output=Decimal(10))


def price(**more):
    return Price(id="openai/gpt-4o", provider="openai", model="gpt-4o", pattern={}, rates=RATES, **more)


def test_each_class_with_tokens_is_a_product():
    assert lines(Usage(input=824, cache_read=1024, output=61), price()) == [
        Line("Input", 824, Decimal("2.50"), Decimal("0.00206")),
        Line("Cache read", 1024, Decimal("1.25"), Decimal("0.00128")),
        Line("Output", 61, Decimal(10), Decimal("0.00061")),
    ]


def test_a_long_context_is_shown_at_the_rates_it_was_charged_at():
    tiered = price(tiers=(Tier(1000, Rates(input=Decimal(5), output=Decimal(20))),))

    assert lines(Usage(input=2000, output=0), tiered) == [Line("Input", 2000, Decimal(5), Decimal("0.01"))]


def test_without_a_price_the_tokens_remain():
    assert lines(Usage(input=100, output=5), None) == [Line("Input", 100, None, None), Line("Output", 5, None, None)]


def test_usage_that_nobody_said_has_no_lines():
    assert lines(Usage(), price()) == []


def test_sound_and_a_fee_for_the_call_have_lines_of_their_own():
    rates = Rates(input=Decimal(1), output=Decimal(2), input_audio=Decimal(30), request=Decimal("0.012"))
    sonic = Price(id="s", provider="p", model="s", pattern={}, rates=rates)

    assert lines(Usage(input=100, output=5, input_audio=40), sonic) == [
        Line("Input", 60, Decimal(1), Decimal("0.00006")),
        Line("Output", 5, Decimal(2), Decimal("0.00001")),
        Line("Input, sound", 40, Decimal(30), Decimal("0.0012")),
        Line("Request, USD each", 1, Decimal("0.012"), Decimal("0.012")),
    ]


def test_a_batch_call_is_shown_at_the_rates_of_batch():
    batched = price(tiers=(Tier(EVERY_CONTEXT, Rates(input=Decimal("1.25"), output=Decimal(5)), "batch"),))

    assert lines(Usage(input=2000, output=0), batched, "batch") == [
        Line("Input", 2000, Decimal("1.25"), Decimal("0.0025"))
    ]
