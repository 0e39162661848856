"""Evaluations that name the provider's response instead of a span: they wait here until its span has arrived."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import batched
from uuid import UUID

import orjson

from ledger.domain.evaluation import Evaluation
from ledger.domain.score import Score
from ledger.store.clauses import micros
from ledger.store.client import Columns, Store
from ledger.store.scores import write_scores

AT_ONCE = 500
MOST_WAITING = 5_000
"""Evaluations that one round looks at."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An evaluation without its call; the time of its arrival in microseconds since 1970."""

    project: UUID
    evaluation: Evaluation
    received_at: int


def take_evaluations(store: Store, arrived: Sequence[Waiting], token: str = "") -> int:
    """Writes the scores of those whose call is known, and lets the others wait; returns how many were joined."""
    left = [one for project in {one.project for one in arrived} for one in unjoined(store, project, arrived)]
    store.insert("unjoined_scores", columns(left), token)
    return len(arrived) - len(left)


def unjoined(store: Store, project: UUID, arrived: Sequence[Waiting]) -> list[Waiting]:
    """Joins those of a project that can be, and returns the others."""
    ours = [one for one in arrived if one.project == project]
    calls = calls_of(store, project, [one.evaluation.response_id for one in ours])
    known = [(one, calls[one.evaluation.response_id]) for one in ours if one.evaluation.response_id in calls]
    scores = [replace(one.evaluation.score, trace_id=trace, span_id=span) for one, (trace, span) in known]
    write_scores(store, project, scores)
    return [one for one in ours if one.evaluation.response_id not in calls]


def calls_of(store: Store, project: UUID, responses: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Trace and span of each response that the store knows."""
    found: dict[str, tuple[str, str]] = {}
    for some in batched(dict.fromkeys(responses), AT_ONCE):
        rows = store.query("calls_of_responses", project=project, responses=list(some))
        found |= {row["response_id"]: (row["trace"], row["span"]) for row in rows}
    return found


def join_waiting(store: Store) -> int:
    """Looks once more for the calls of all that wait; returns how many were joined."""
    waiting = [
        Waiting(
            row["project_id"],
            Evaluation(row["response_id"], Score(**orjson.loads(row["score"]))),
            micros(row["received_at"]),
        )
        for row in store.query("unjoined_scores", rows=MOST_WAITING)
    ]
    left = {one for project in {one.project for one in waiting} for one in unjoined(store, project, waiting)}
    joined = [one for one in waiting if one not in left]
    store.insert("unjoined_scores", columns(joined, deleted=1))
    return len(joined)


def columns(waiting: Sequence[Waiting], deleted: int = 0) -> Columns:
    return {
        "project_id": [one.project for one in waiting],
        "response_id": [one.evaluation.response_id for one in waiting],
        "id": [one.evaluation.score.id for one in waiting],
        "score": [orjson.dumps(asdict(one.evaluation.score)).decode() for one in waiting],
        "received_at": [one.received_at for one in waiting],
        "is_deleted": [deleted] * len(waiting),
    }
