"""How late outcomes come, as pages say it: recent days look worse covered than they will be."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from ledger.domain.maturity import Day, Maturity, Within
from ledger.store.client import Store
from ledger.store.maturity import maturity_of
from ledger.web.scope import Scope

ALL_COME = 0.99
"""A day of whose outcomes that share has come lacks nothing worth telling."""

HOUR = 3600


@dataclass(frozen=True, slots=True)
class Lateness:
    """What shares of outcomes come within what time, and the days that still lack some."""

    found: Maturity
    within: tuple[tuple[str, Within], ...]
    lacking: tuple[Day, ...]

    @classmethod
    def of(cls, found: Maturity) -> Self:
        return cls(
            found=found,
            within=tuple((spell(each), each) for each in found.within if each.share is not None),
            lacking=tuple(day for day in found.days if day.come is not None and day.come < ALL_COME),
        )


def spell(within: Within) -> str:
    """1 hour, 7 days"""
    hours = round(within.delay.total_seconds() / HOUR)
    number, unit = (hours // 24, "day") if hours % 24 == 0 else (hours, "hour")
    return f"{number} {unit}{'' if number == 1 else 's'}"


def lateness(store: Store, project: UUID, scope: Scope, now: datetime) -> Lateness | None:
    """Of all traces of the window, or of one route's; None without outcomes, and where other filters hold."""
    if scope.lacking("route") != scope.unfiltered():
        return None
    found = maturity_of(store, project, scope.window, now, scope.one("route"))
    return Lateness.of(found) if found.outcomes else None
