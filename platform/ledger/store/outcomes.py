"""How tasks ended, as it was told."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from ledger.domain.outcome import Outcome
from ledger.store.client import Columns, Row, Store
from ledger.store.told import Emptied, Keys, Lines, Place, Told, Turn, announce, lines, portions, standing

REASON = "outcome"

type First = Mapping[tuple[UUID, Place], int]
"""When the first outcome of a place came."""


def write_outcomes(store: Store, told: Sequence[Told[Outcome]], turn: Turn) -> None:
    """Keeps outcomes and announces their traces; the keys last, so that a replay knows what the first try knew."""
    keys = standing(store, "outcome_places", told)
    written = list(lines(told, keys))
    store.insert("outcomes", columns(written, first(store, told)), turn.token)
    announce(store, written, turn, REASON)
    ids = {(one.project, one.thing.id) for one in told if one.thing.id}
    store.insert("outcome_keys", key_columns({key: keys[key] for key in ids}), f"{turn.token}:keys")


def first(store: Store, told: Sequence[Told[Outcome]]) -> First:
    """When something was first known in these places: a later correction does not make an outcome late."""
    found: dict[tuple[UUID, Place], int] = {}
    for project in {one.project for one in told}:
        subjects = dict.fromkeys(one.thing.subject_id for one in told if one.project == project)
        for some in portions(subjects):
            rows = store.query("outcomes_first", project=project, subjects=some)
            found |= {(project, tuple(row["place"])): row["first"] for row in rows}
    for one in told:
        key = one.project, one.thing.place
        found[key] = min(known_at(one), found.get(key, one.received_at))
    return found


def known_at(one: Told[Outcome]) -> int:
    """When it was known, in microseconds since 1970; no later than it came, whatever the sender's clock says."""
    said = one.thing.known_at
    return one.received_at if said is None else min(one.received_at, round(said.timestamp() * 1_000_000))


def columns(written: Lines[Outcome], earliest: First) -> Columns:
    rows = [row(line, earliest) for line in written]
    return {name: [each[name] for each in rows] for name in rows[0]} if rows else {}


def row(line: Told[Outcome] | Emptied, earliest: First) -> Row:
    if isinstance(line, Emptied):
        subject, subject_id, name = line.place
        return {
            "project_id": line.project, "subject": subject, "subject_id": subject_id, "name": name, "id": "",
            "success": False, "value": None, "received_at": line.at, "updated_at": line.at, "is_deleted": 1,
        }  # fmt: skip
    outcome = line.thing
    return {
        "project_id": line.project, "subject": outcome.subject, "subject_id": outcome.subject_id, "name": outcome.name,
        "id": outcome.id, "success": outcome.success, "value": outcome.value,
        "received_at": earliest[line.project, outcome.place], "updated_at": line.received_at, "is_deleted": 0,
    }  # fmt: skip


def key_columns(keys: Keys) -> Columns:
    return {
        "project_id": [project for project, _ in keys],
        "id": [known for _, known in keys],
        "subject": [stands.place[0] for stands in keys.values()],
        "subject_id": [stands.place[1] for stands in keys.values()],
        "name": [stands.place[2] for stands in keys.values()],
        "updated_at": [stands.since for stands in keys.values()],
    }


def outcomes_of(store: Store, project: UUID, subject: str, subject_id: str) -> list[Outcome]:
    """What is known of how a trace or a session ended, by name."""
    rows = store.query("outcomes_of", project=project, subject=subject, subject_id=subject_id)
    return [Outcome(**each) for each in rows]
