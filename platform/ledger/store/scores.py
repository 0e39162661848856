"""Scores of traces and spans."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import batched
from uuid import UUID, uuid4

from ledger.domain.score import Score
from ledger.domain.windows import Window
from ledger.store.clauses import bounds
from ledger.store.client import Store

AT_ONCE = 500
"""Scores whose ids are asked for in one question."""

MOST_SCORES = 10_000

NO_SPAN = "0" * 16


@dataclass(frozen=True, slots=True)
class GivenScore:
    """A score that was given in a window, and between what values."""

    name: str
    least: float
    greatest: float

    @property
    def is_share(self) -> bool:
        """Yes or no, or graded between them."""
        return self.least >= 0 and self.greatest <= 1


type Place = tuple[str, datetime]
"""Name and time: together with the id they are the key of a score's row."""


def write_scores(store: Store, project: UUID, scores: Sequence[Score]) -> None:
    """Keep scores; one of a known id replaces what was said under that id, whatever its time or name was."""
    for batch in batched(last_of_each(scores), AT_ONCE):
        write_batch(store, project, batch)


def last_of_each(scores: Iterable[Score]) -> list[Score]:
    """Each with an id; of those with the same id the last."""
    named = (score if score.id else replace(score, id=uuid4().hex) for score in scores)
    return list({score.id: score for score in named}.values())


def write_batch(store: Store, project: UUID, scores: Sequence[Score]) -> None:
    """The new rows, and empty ones where an id lay elsewhere before."""
    now = datetime.now(UTC)
    before = places(store, project, scores)
    timed = timestamped(store, project, scores, now)
    moved = [
        replace(score, name=before[score.id][0], timestamp=before[score.id][1])
        for score in timed
        if score.id in before and before[score.id] != (score.name, score.timestamp)
    ]
    rows = [(score, 0) for score in timed] + [(score, 1) for score in moved]
    store.insert("scores", columns(project, rows, now))
    store.insert("score_keys", keys(project, timed, now))


def places(store: Store, project: UUID, scores: Sequence[Score]) -> dict[str, Place]:
    rows = store.query("score_places", project=project, ids=[score.id for score in scores])
    return {row["id"]: (row["name"], row["timestamp"]) for row in rows}


def timestamped(store: Store, project: UUID, scores: Sequence[Score], now: datetime) -> list[Score]:
    """Each with a time: its own, else its span's, else its trace's, else now where neither has arrived."""
    begun = starts(store, project, [score for score in scores if score.timestamp is None])
    return [
        replace(score, timestamp=score.timestamp or begun.get((score.trace_id, score.span_id)) or trace_start)
        for score in scores
        for trace_start in [begun.get((score.trace_id, ""), now)]
    ]


def starts(store: Store, project: UUID, scores: Sequence[Score]) -> dict[tuple[str, str], datetime]:
    """When the spans of these scores began, and under an empty span id when their traces did."""
    if not scores:
        return {}
    traces = sorted({score.trace_id for score in scores})
    spans = sorted({score.span_id for score in scores if score.span_id})
    rows = store.query("starts", project=project, traces=traces, spans=spans)
    return {(row["trace"], row["span"]): row["start"] for row in rows}


def columns(project: UUID, rows: Sequence[tuple[Score, int]], now: datetime) -> dict[str, list[object]]:
    scores = [score for score, _ in rows]
    return {
        "project_id": [project] * len(rows),
        "name": [score.name for score in scores],
        "timestamp": [score.timestamp for score in scores],
        "id": [score.id for score in scores],
        "trace_id": [bytes.fromhex(score.trace_id) for score in scores],
        "span_id": [bytes.fromhex(score.span_id or NO_SPAN) for score in scores],
        "value": [None if score.value is None else float(score.value) for score in scores],
        "label": [score.label for score in scores],
        "reason": [score.reason for score in scores],
        "source": [score.source for score in scores],
        "evaluator_version": [score.evaluator_version for score in scores],
        "segment": [score.segment for score in scores],
        "updated_at": [now] * len(rows),
        "is_deleted": [deleted for _, deleted in rows],
    }


def keys(project: UUID, scores: Sequence[Score], now: datetime) -> dict[str, list[object]]:
    return {
        "project_id": [project] * len(scores),
        "id": [score.id for score in scores],
        "name": [score.name for score in scores],
        "timestamp": [score.timestamp for score in scores],
        "updated_at": [now] * len(scores),
    }


def scores_of(store: Store, project: UUID, trace_id: str) -> list[Score]:
    """What was said about a trace and its spans, by name, then by time; MOST_SCORES at most."""
    rows = store.query("scores_of", project=project, trace=trace_id, rows=MOST_SCORES)
    return [
        Score(
            trace_id=row["trace"],
            span_id="" if row["span"] == NO_SPAN else row["span"],
            name=row["name"],
            value=row["value"],
            label=row["label"],
            reason=row["reason"],
            source=row["source"],
            evaluator_version=row["evaluator_version"],
            segment=row["segment"],
            timestamp=row["timestamp"],
            id=row["id"],
        )
        for row in rows
    ]


def score_names(store: Store, project: UUID, window: Window, limit: int = 20) -> list[str]:
    """Names of the scores given in a window, most frequent first."""
    limits = bounds(window)
    rows = store.query("score_names", project=project, since=limits["since"], until=limits["until"], rows=limit)
    return [row["name"] for row in rows]


def given_scores(store: Store, project: UUID, window: Window, limit: int) -> list[GivenScore]:
    """The scores given in a window, most frequent first."""
    limits = bounds(window)
    rows = store.query("given_scores", project=project, since=limits["since"], until=limits["until"], rows=limit)
    return [GivenScore(row["name"], row["least"], row["greatest"]) for row in rows]
