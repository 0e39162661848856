from decimal import Decimal

import pytest

from ledger.domain.money import plain


@pytest.mark.parametrize(
    ("money", "text"),
    [
        ("12.500000000000", "12.5"),
        ("1E+3", "1000"),
        ("0E-16", "0"),
        ("0.0000000000004999", "0"),
        ("0.0000000000006", "0.000000000001"),
        ("-2.50", "-2.5"),
    ],
)
def test_money_has_twelve_decimals_at_most_and_no_idle_zeros(money: str, text: str) -> None:
    assert f"{plain(Decimal(money)):f}" == text
