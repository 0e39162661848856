"""How sure a figure is."""

from math import sqrt

Z = 1.959963984540054
"""The normal distribution's bound for 95 %."""


def wilson(successes: float, n: float) -> tuple[float, float] | None:
    """The 95 % interval of a share, after Wilson: holds for few cases and near 0 and 1. None without cases."""
    if n <= 0:
        return None
    share, spread = successes / n, Z * Z / n
    middle = (share + spread / 2) / (1 + spread)
    half = Z * sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
