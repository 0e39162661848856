"""What an evaluator says: the type tells whether it is a yes or no, a number or a text. Each carries its reason."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Assertion:
    """Yes or no."""

    holds: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number that can be averaged; what isn't one is refused here, not in some later mean."""

    value: float
    reason: str

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"{self.value} is not a number that can be averaged")


@dataclass(frozen=True, slots=True)
class Label:
    """One of a few texts."""

    text: str
    reason: str


type Result = Assertion | Number | Label
