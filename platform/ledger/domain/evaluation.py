"""A score whose sender knows the provider's answer, but not the span that tells of it."""

from dataclasses import dataclass

from ledger.domain.score import Score


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The score belongs to the call with this response id; its own trace is empty until that call is found."""

    response_id: str
    score: Score
