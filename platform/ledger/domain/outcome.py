"""How a task ended and what that was worth, in our own words."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

Subject = Literal["trace", "session"]
"""What something is told about: one task, or all tasks of a conversation together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One thing that is known of how a task ended; of one subject and name the newest holds.

    A trace id is lower-case hex. `value` is what the end was worth, in USD: None where nobody said. `known_at` is when
    it was known, perhaps long before it was told; None: when it came. An outcome of the same `id` replaces the earlier
    one, also when it is told about another subject.
    """

    subject: Subject
    subject_id: str
    name: str = ""
    success: bool
    value: Decimal | None = None
    id: str = ""
    known_at: datetime | None = None

    @property
    def place(self) -> tuple[str, str, str]:
        """Where it stands: there is one in each place."""
        return self.subject, self.subject_id, self.name
