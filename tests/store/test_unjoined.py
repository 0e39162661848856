"""Evaluations that know the provider's response, and not the span that tells of it."""

from datetime import UTC, datetime
from uuid import UUID

from ledger.domain.evaluation import Evaluation
from ledger.domain.score import Score
from ledger.store.clauses import micros
from ledger.store.client import Store
from ledger.store.scores import scores_of
from ledger.store.unjoined import Waiting, calls_of, join_waiting, take_evaluations
from tests.store.ledgers import NOON, call, span_id, trace_id, write


def waiting(project: UUID, response: str = "r1", ident: str = "e1", value: float = 0.5) -> Waiting:
    score = Score(trace_id="", name="relevance", value=value, reason="because", source="judge", id=ident)
    return Waiting(project, Evaluation(response, score), micros(datetime.now(UTC)))


def test_of_several_spans_of_a_response_the_one_that_is_counted_has_it(store: Store, project: UUID) -> None:
    copy = call(1, 1, response_id="r1", cost_status="duplicate")
    write(store, project, copy, call(2, 2, at=5, response_id="r1"), call(3, 3, at=9, response_id="r1"))

    assert calls_of(store, project, ["r1", "r2"]) == {"r1": (trace_id(2), span_id(2))}


def test_a_known_call_has_its_score_at_once(store: Store, project: UUID) -> None:
    write(store, project, call(1, 2, response_id="r1"))

    assert take_evaluations(store, [waiting(project), waiting(project, "elsewhere", "e2")]) == 1
    (score,) = scores_of(store, project, trace_id(1))
    assert (score.span_id, score.value, score.reason, score.source) == (span_id(2), 0.5, "because", "judge")
    assert score.timestamp == NOON


def test_the_others_wait_until_their_call_has_come_and_are_joined_once(store: Store, project: UUID) -> None:
    take_evaluations(store, [waiting(project), waiting(project, "r2", "e2")], f"{project}:evaluations")
    join_waiting(store)
    assert scores_of(store, project, trace_id(1)) == []

    write(store, project, call(1, 2, response_id="r1"))

    assert join_waiting(store) == 1
    assert join_waiting(store) == 0
    assert [score.id for score in scores_of(store, project, trace_id(1))] == ["e1"]


def test_a_repeat_of_what_was_joined_replaces_it(store: Store, project: UUID) -> None:
    write(store, project, call(1, 2, response_id="r1"))
    take_evaluations(store, [waiting(project, value=0.1)])
    take_evaluations(store, [waiting(project, value=0.9)])

    assert [score.value for score in scores_of(store, project, trace_id(1))] == [0.9]
