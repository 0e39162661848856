"""Money is exact: decimals in USD, from the price to the page."""

import re
from decimal import Decimal

PLACES = Decimal("1e-12")
MOST = Decimal("999999.999999999999")
"""An amount that is told is no further from 0: the store keeps eighteen digits, twelve of them decimals."""

LONGEST = 64
WRITTEN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,9})?", re.ASCII)


class NotMoney(ValueError):
    """What was told is no amount of USD, or none that can be kept to the last digit."""


def read_money(said: object) -> Decimal:
    """An amount as somebody tells it: a text or a number, taken as it is written; raises NotMoney."""
    text = str(said) if isinstance(said, str | int | Decimal) and not isinstance(said, bool) else ""
    if len(text) > LONGEST or not WRITTEN.fullmatch(text):
        raise NotMoney("an amount of USD is a decimal number, such as 4.50, or a text that holds one")
    amount = Decimal(text)
    if amount.copy_abs() > MOST:
        raise NotMoney(f"an amount lies between -{MOST:,} and {MOST:,} USD")
    if amount != amount.quantize(PLACES):
        raise NotMoney("an amount has 12 decimals at most: round it, and send it as a text")
    return plain(amount) + 0  # never -0


def plain(money: Decimal) -> Decimal:
    """Twelve decimals at most, without zeros behind the last digit that counts.

    Write it with `f"{money:f}"`: `str` uses an exponent for very small sums.
    """
    short = money.quantize(PLACES).normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short
