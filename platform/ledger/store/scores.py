"""Scores of traces and spans."""

from collections.abc import Sequence
from uuid import UUID

from ledger.domain.score import Score
from ledger.store.client import Store


def write_scores(store: Store, project: UUID, scores: Sequence[Score]) -> None:
    """Keep scores; one of a known id replaces what was said under that id, whatever its time or name was."""
    raise NotImplementedError


def scores_of(store: Store, project: UUID, trace_id: str) -> list[Score]:
    """What was said about a trace and its spans, by name, then by time."""
    raise NotImplementedError
