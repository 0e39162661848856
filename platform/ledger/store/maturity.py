"""How late the outcomes of traces came, as the ledger has it."""

from datetime import datetime
from uuid import UUID

from ledger.domain.maturity import EDGES, Alike, Maturity, maturity
from ledger.domain.windows import Window
from ledger.store.clauses import bounds
from ledger.store.client import Store


def maturity_of(store: Store, project: UUID, window: Window, now: datetime, route: str | None = None) -> Maturity:
    """Of the traces that began in a window, on one route or on all: how late outcomes come, what days still lack.

    A delay runs from the trace's end to the first outcome. Traces count once each, whatever they stand for.
    """
    limits = bounds(window)
    rows = store.query(
        "outcome_delays",
        project=project,
        since=limits["since"],
        until=limits["until"],
        every_route=route is None,
        route=route or "",
        now=round(now.timestamp() * 1_000_000),
        edges=[round(edge.total_seconds() * 1_000_000) for edge in EDGES],
    )
    return maturity([Alike(row["day"], row["age"], row["delay"], row["traces"]) for row in rows])
