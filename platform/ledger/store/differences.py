"""Where the ledger's cost and what a client says of its own calls are apart."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from ledger.domain.money import plain
from ledger.domain.windows import Window
from ledger.store.client import Store


@dataclass(frozen=True, slots=True)
class Difference:
    """Of one model: the calls whose cost both sides know, how many are more than 1 % apart, and what those come to.

    `trace` and `span` are the call that is furthest off.
    """

    provider: str
    model: str
    compared: int
    differing: int
    ours: Decimal
    theirs: Decimal
    trace: str
    span: str

    @property
    def change(self) -> Decimal:
        """What the client says beyond the ledger."""
        return self.theirs - self.ours


def differences(store: Store, project: UUID, window: Window, limit: int) -> list[Difference]:
    """The models whose calls differ, the largest sum of money first."""
    rows = store.query("differing_costs", project=project, since=window.since, until=window.until, rows=limit)
    money = ("ours", "theirs")
    return [Difference(**row | {name: plain(row[name]) for name in money}) for row in rows]
