"""Buckets of histograms: checked, and those of exponential ones given bounds like all others."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ingest.limits import BUCKETS

LARGEST_COUNT = 1 << 64


class BadBuckets(ValueError):
    """Counts and bounds do not fit each other, or are too many."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """One bucket more than bounds: the first counts what is not above the first bound, the last what is above all."""

    bounds: tuple[float, ...] = ()
    buckets: tuple[int, ...] = ()


@dataclass(slots=True)
class Exponential:
    """One side of an exponential histogram: bucket n reaches from base^(offset + n) to base^(offset + n + 1)."""

    offset: int = 0
    counts: list[int] = field(default_factory=list)


def explicit(bounds: Sequence[float], buckets: Sequence[int]) -> Histogram:
    """As sent, if it fits; a histogram without buckets has none."""
    if not bounds and not buckets:
        return Histogram()
    if len(buckets) != len(bounds) + 1:
        raise BadBuckets("one bucket more than bounds is needed")
    return checked(bounds, buckets)


def checked(bounds: Sequence[float], buckets: Sequence[int]) -> Histogram:
    rising = all(low < high for low, high in pairwise(bounds))
    if len(buckets) > BUCKETS or not rising or not all(map(math.isfinite, bounds)):
        raise BadBuckets("bounds must be finite and rise")
    if not all(0 <= count < LARGEST_COUNT for count in buckets):
        raise BadBuckets("counts are not negative")
    return Histogram(tuple(bounds), tuple(buckets))


def exponential(scale: int, zeros: int, positive: Exponential, negative: Exponential) -> Histogram:
    """The same counts between bounds that are written out, from the lowest to the highest."""
    if len(positive.counts) + len(negative.counts) > BUCKETS - 4:
        raise BadBuckets("too many buckets")
    below = [-bound for bound in reversed(edges(scale, negative))]
    above = edges(scale, positive)
    buckets = [0, *reversed(negative.counts)] if below else []
    buckets += [zeros, *positive.counts, 0] if above else [zeros]
    return checked(below + above, buckets)


def edges(scale: int, side: Exponential) -> list[float]:
    """The bounds of a side; none where it has no buckets."""
    if not side.counts:
        return []
    try:
        return [2.0 ** math.ldexp(side.offset + at, -scale) for at in range(len(side.counts) + 1)]
    except OverflowError as error:
        raise BadBuckets("a bound is larger than any number") from error
