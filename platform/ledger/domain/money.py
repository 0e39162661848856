"""Money is exact: decimals in USD, from the price to the page."""

from decimal import Decimal

PLACES = Decimal("1e-12")


def plain(money: Decimal) -> Decimal:
    """Twelve decimals at most, without zeros behind the last digit that counts.

    Write it with `f"{money:f}"`: `str` uses an exponent for very small sums.
    """
    short = money.quantize(PLACES).normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short
