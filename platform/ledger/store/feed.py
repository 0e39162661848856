"""What has arrived in the store, in the order in which each writer wrote it, and how far its followers have come."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ledger.store.client import Store

SETTLER = "settler"
EVALS = "evals"
LEADERS = {EVALS: SETTLER}
"""Who must have been there first: evaluations look at settled spans."""
REASONS = {EVALS: ("spans", "reread")}
"""Why a trace must have been announced for who does not follow all: an outcome or a price changes nothing to grade."""


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


@dataclass(frozen=True, slots=True)
class Followed:
    """A node: how far the feed reaches there, how far the follower is, and how far it may go."""

    node: str
    done: int
    upto: int


def arrived(store: Store, follower: str, limit: int) -> list[Arrival]:
    """What the follower has not been through, oldest first: whole groups, about `limit` traces of each node."""
    found: list[Arrival] = []
    for node in unfinished(store, follower):
        found += of_node(store, node, limit, REASONS.get(follower, ()))
    return found


def waiting(store: Store, follower: str, limit: int) -> list[Step]:
    """The follower's next step at each node where something waits: whole groups, about `limit` traces."""
    steps = [next_step(store, node, limit) for node in unfinished(store, follower)]
    return [step for step in steps if step.upto > step.after]


def next_step(store: Store, node: Followed, limit: int) -> Step:
    row = store.query("waiting", node=node.node, after=node.done, limit=limit)[0]
    return Step(node.node, node.done, max(row["upto"], node.done), row["arrivals"])


def of_node(store: Store, node: Followed, limit: int, reasons: Sequence[str]) -> list[Arrival]:
    rows = store.columns("arrived", node=node.node, after=node.done, upto=node.upto, limit=limit, reasons=list(reasons))
    return [Arrival(*row) for row in zip(*rows.values(), strict=True)]


def unfinished(store: Store, follower: str) -> list[Followed]:
    """The nodes at which something waits that the follower may go to."""
    return [each for each in followed(store, follower) if each.upto > each.done]


def progress(store: Store, follower: str) -> dict[str, int]:
    """The last group of each node that the follower is through with; 0 where it has not begun."""
    return {each.node: each.done for each in followed(store, follower)}


def followed(store: Store, follower: str) -> list[Followed]:
    """All nodes, in one question. Who has a leader goes no further than it."""
    leader = LEADERS.get(follower)
    rows = store.query("followed", follower=follower, leader=leader or follower)
    return [Followed(row["node"], row["done"], min(row["ends"], row["led"]) if leader else row["ends"]) for row in rows]


def advance(store: Store, follower: str, node: str, group_seq: int) -> None:
    """The follower is through with this group and all before it. It never goes back."""
    store.insert("progress", {"follower": [follower], "node": [node], "group_seq": [group_seq]})
