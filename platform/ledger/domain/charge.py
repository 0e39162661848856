"""What a task cost beside tokens, in our own words."""

from dataclasses import dataclass
from decimal import Decimal

from ledger.domain.outcome import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One cost of a task that no model call has: a search fee, a sandbox's seconds, a person's minutes.

    A charge of the same `id` replaces the earlier one, also when it is told about another subject.
    """

    subject: Subject
    subject_id: str
    kind: str
    amount: Decimal
    id: str

    @property
    def place(self) -> tuple[str, str, str]:
        """Where it stands: there is one in each place."""
        return self.subject, self.subject_id, self.id
