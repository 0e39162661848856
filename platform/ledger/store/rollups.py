"""Building rollups: what the calls and traces of a closed hour come to, and of a day what its hours come to.

A build is written beside those before it under a number of its own, and counts from the moment a row of `rollup_builds`
says so: nobody sees half of one, and one that is broken off, or made by two at once, does no harm.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from ledger.store.client import Row, Store
from ledger.store.composition import DIGESTS, joined_part, rows_of_calls, rows_of_traces
from ledger.store.pieces import piece, pieces
from ledger.store.seam import HOUR, Built, choice, state

Length = Literal["hour", "day"]
Kind = Literal["call", "trace"]

TABLES: Mapping[Kind, str] = {"call": "calls", "trace": "traces"}

LEFT_OUT = frozenset({"users"})
"""Parts that are not kept: different users of hours can't be added up cheaply."""


@dataclass(frozen=True, slots=True)
class Due:
    """Hours or days of a project that are to be built, by their beginnings, and the mark that each has."""

    project: UUID
    length: Length
    marks: Mapping[int, int]


def large_projects(store: Store, least: int) -> list[UUID]:
    """The projects that have so many calls that rollups are worth their while."""
    return [row["project_id"] for row in store.query("large_projects", least=least)]


def hours_due(store: Store, projects: Sequence[UUID], closed: int, quiet: int, limit: int) -> list[Due]:
    """Hours that began before a moment (seconds) and have not been marked since another (nanoseconds)."""
    rows = store.query("hours_to_build", projects=list(projects), closed=closed, quiet=quiet, rows=limit)
    return by_project("hour", rows)


def days_due(store: Store, projects: Sequence[UUID], closed: int, limit: int) -> list[Due]:
    """Days that ended before a moment, and whose hours are built."""
    return by_project("day", store.query("days_to_build", projects=list(projects), closed=closed, rows=limit))


def by_project(length: Length, rows: Sequence[Row]) -> list[Due]:
    marks: dict[UUID, dict[int, int]] = {}
    for row in rows:
        marks.setdefault(row["project_id"], {})[row["begins"]] = row["mark"]
    return [Due(project, length, of_project) for project, of_project in marks.items()]


def build(store: Store, due: Due) -> None:
    """Write the sums, then let them count."""
    number = time.time_ns()
    values = hours_of(due) if due.length == "hour" else hours_built(store, due)
    for kind in TABLES:
        text = build_text(kind) if due.length == "hour" else add_up_text(kind)
        store.command(text, project=due.project, build=number, **values)
    count = len(due.marks)
    store.insert(
        "rollup_builds",
        {
            "project_id": [due.project] * count,
            "length": [due.length] * count,
            "begins": list(due.marks),
            "build": [number] * count,
            "mark": list(due.marks.values()),
        },
    )


def hours_of(due: Due) -> dict[str, object]:
    return {"hours": list(due.marks), "first": min(due.marks), "last": max(due.marks)}


def hours_built(store: Store, due: Due) -> dict[str, object]:
    """The builds of the days' hours. One that was made just now has a newer mark than its day, which is built again."""
    first, last = min(due.marks), max(due.marks) + 24 * HOUR
    found = state(store.query("rollup_state", project=due.project, since=first, until=last)).builds
    return choice([built for built in found if is_hour_of(built, due)])


def is_hour_of(built: Built, due: Due) -> bool:
    return built.length == "hour" and built.begins - built.begins % (24 * HOUR) in due.marks


def build_text(kind: Kind) -> str:
    """The same sums as those of reading, out of the same pieces."""
    stretch = piece("rollups", "hours")
    rows = rows_of_calls(stretch, tools=True) if kind == "call" else rows_of_traces(stretch)
    expressions = [piece("digests", part) if part in DIGESTS else piece(f"{kind}_parts", part) for part in parts(kind)]
    return piece("rollups", f"build_{TABLES[kind]}", names=names(kind), parts=listed(expressions), rows=rows)


def add_up_text(kind: Kind) -> str:
    expressions = listed(list(map(joined_part, parts(kind))))
    chosen = piece("rollups", "chosen")
    return piece("rollups", f"add_up_{TABLES[kind]}", names=names(kind), parts=expressions, chosen=chosen)


def parts(kind: Kind) -> list[str]:
    return sorted(pieces(f"{kind}_parts").keys() - LEFT_OUT)


def names(kind: Kind) -> str:
    return listed(parts(kind))


def listed(texts: Sequence[str]) -> str:
    """Each after a comma."""
    return "".join(f", {text}" for text in texts)


def drop_outdated(store: Store, before: int) -> int:
    """Forget builds that count no more and began before a moment (nanoseconds); returns how many rows those had."""
    outdated: int = store.query("outdated_builds", before=before)[0]["outdated"]
    if outdated:
        store.run("drop_calls_of_builds", before=before)
        store.run("drop_traces_of_builds", before=before)
    return outdated
