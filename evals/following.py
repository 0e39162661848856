"""Grading live traffic: what has arrived and is settled gets the suite's scores."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import batched
from uuid import UUID

from evals.grading import grade
from evals.suite import Suite
from ledger.store.client import Store
from ledger.store.evaluations import generations_of
from ledger.store.feed import EVALS, Arrival, advance, arrived
from ledger.store.scores import write_scores

TRACES_AT_ONCE = 200


def grade_arrived(store: Store, suite: Suite) -> Iterator[int]:
    """Grade what has arrived since the last time; yields the number of generations after each portion.

    Progress is kept only after the scores are: who is stopped in between grades the same again, with the same result.
    """
    while arrivals := arrived(store, EVALS, TRACES_AT_ONCE):
        for project, traces in by_project(arrivals).items():
            for portion in batched(traces, TRACES_AT_ONCE):
                yield grade_traces(store, suite, project, portion)
        for node, group_seq in last_groups(arrivals).items():
            advance(store, EVALS, node, group_seq)


def grade_traces(store: Store, suite: Suite, project: UUID, traces: Sequence[str]) -> int:
    generations = generations_of(store, project, traces)
    write_scores(store, project, [score for generation in generations for score in grade(suite, generation)])
    return len(generations)


def by_project(arrivals: Sequence[Arrival]) -> dict[UUID, list[str]]:
    """Each project's traces, each once."""
    found: defaultdict[UUID, dict[str, None]] = defaultdict(dict)
    for arrival in arrivals:
        found[arrival.project_id][arrival.trace_id.hex()] = None
    return {project: list(traces) for project, traces in found.items()}


def last_groups(arrivals: Sequence[Arrival]) -> dict[str, int]:
    """The last group of each node: its arrivals come whole and in order."""
    return {arrival.node: arrival.group_seq for arrival in arrivals}
