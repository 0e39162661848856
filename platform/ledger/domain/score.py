"""A score in our own words: one answer to a question about an answer."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Source = Literal["human", "judge", "code", "user"]

SOURCES: tuple[Source, ...] = get_args(Source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What an evaluator or a person said about a trace, or about one span of it.

    Ids are lower-case hex; an empty `span_id` means the whole trace. `value` is a number, or yes or no (which count as
    1 and 0); None where the answer is a text, which stands in `label`. Without a `timestamp` a score has the time of
    its span. A score of the same `id` replaces the earlier one; without one it gets an id of its own.
    """

    trace_id: str
    span_id: str = ""
    name: str
    value: float | None = None
    label: str = ""
    reason: str = ""
    source: Source = "code"
    evaluator_version: str = ""
    segment: str = ""
    timestamp: datetime | None = None
    id: str = ""

    def __post_init__(self) -> None:
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError(f"score {self.name}: {self.value} is not a number that can be averaged")
