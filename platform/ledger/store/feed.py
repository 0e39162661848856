"""What has arrived in the store, in the order in which each writer wrote it, and how far its followers have come."""

from dataclasses import dataclass
from uuid import UUID

from ledger.store.client import Store

SETTLER = "settler"
EVALS = "evals"
LEADERS = {EVALS: SETTLER}
"""Who must have been there first: evaluations look at settled spans."""
NO_LIMIT = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Arrival:
    """A trace of which one written group holds spans."""

    node: str
    group_seq: int
    project_id: UUID
    trace_id: bytes


@dataclass(frozen=True, slots=True)
class Step:
    """The groups of a node after one, up to and with another."""

    node: str
    after: int
    upto: int
    arrivals: int


def arrived(store: Store, follower: str, limit: int) -> list[Arrival]:
    """What the follower has not been through, oldest first: whole groups, about `limit` traces of each node."""
    found: list[Arrival] = []
    leader = LEADERS.get(follower)
    upto = progress(store, leader) if leader else {}
    for node, done in progress(store, follower).items():
        last = upto.get(node, 0) if leader else NO_LIMIT
        if last > done:
            found += of_node(store, node, done, last, limit)
    return found


def waiting(store: Store, follower: str, limit: int) -> list[Step]:
    """The follower's next step at each node where something waits: whole groups, about `limit` traces."""
    steps = [next_step(store, node, done, limit) for node, done in progress(store, follower).items()]
    return [step for step in steps if step.upto > step.after]


def next_step(store: Store, node: str, after: int, limit: int) -> Step:
    row = store.query("waiting", node=node, after=after, limit=limit)[0]
    return Step(node, after, row["upto"], row["arrivals"])


def of_node(store: Store, node: str, after: int, upto: int, limit: int) -> list[Arrival]:
    rows = store.columns("arrived", node=node, after=after, upto=upto, limit=limit)
    return [Arrival(*row) for row in zip(*rows.values(), strict=True)]


def progress(store: Store, follower: str) -> dict[str, int]:
    """The last group of each node that the follower is through with; 0 where it has not begun."""
    return {row["node"]: row["done"] for row in store.query("followed", follower=follower)}


def advance(store: Store, follower: str, node: str, group_seq: int) -> None:
    """The follower is through with this group and all before it. It never goes back."""
    store.insert("progress", {"follower": [follower], "node": [node], "group_seq": [group_seq]})
