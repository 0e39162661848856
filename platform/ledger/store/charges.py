"""What tasks cost beside tokens, as it was told."""

from collections.abc import Sequence
from uuid import UUID

from ledger.domain.charge import Charge
from ledger.store.client import Columns, Row, Store
from ledger.store.told import Emptied, Keys, Told, Turn, announce, lines, standing

REASON = "charge"


def write_charges(store: Store, told: Sequence[Told[Charge]], turn: Turn) -> None:
    """Keeps charges and announces their traces; the keys last, so that a replay knows what the first try knew."""
    keys = standing(store, "charge_places", told)
    written = list(lines(told, keys))
    rows = [row(line) for line in written]
    store.insert("charges", {name: [each[name] for each in rows] for name in rows[0]} if rows else {}, turn.token)
    announce(store, written, turn, REASON)
    ids = {(one.project, one.thing.id) for one in told}
    store.insert("charge_keys", key_columns({key: keys[key] for key in ids}), f"{turn.token}:keys")


def row(line: Told[Charge] | Emptied) -> Row:
    if isinstance(line, Emptied):
        subject, subject_id, known = line.place
        return {
            "project_id": line.project, "subject": subject, "subject_id": subject_id, "id": known,
            "kind": "", "amount": 0, "received_at": line.at, "updated_at": line.at, "is_deleted": 1,
        }  # fmt: skip
    charge = line.thing
    return {
        "project_id": line.project, "subject": charge.subject, "subject_id": charge.subject_id, "id": charge.id,
        "kind": charge.kind, "amount": charge.amount,
        "received_at": line.received_at, "updated_at": line.received_at, "is_deleted": 0,
    }  # fmt: skip


def key_columns(keys: Keys) -> Columns:
    return {
        "project_id": [project for project, _ in keys],
        "id": [known for _, known in keys],
        "subject": [stands.place[0] for stands in keys.values()],
        "subject_id": [stands.place[1] for stands in keys.values()],
        "updated_at": [stands.since for stands in keys.values()],
    }


def charges_of(store: Store, project: UUID, subject: str, subject_id: str) -> list[Charge]:
    """What a trace or a session cost beside tokens, by kind, then by id."""
    rows = store.query("charges_of", project=project, subject=subject, subject_id=subject_id)
    return [Charge(**each) for each in rows]
