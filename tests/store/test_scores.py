"""What was said about traces and spans."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from ledger.domain.score import Score
from ledger.store.client import Store
from ledger.store.scores import score_names, scores_of, write_scores
from tests.store.ledgers import DAY, NOON, answer, call, span, span_id, trace_id, write


def score(name: str = "good", value: float | None = 1, **more: object) -> Score:
    return Score(**({"trace_id": trace_id(1), "name": name, "value": value} | more))  # type: ignore[arg-type]


def test_a_score_comes_back_as_it_was_given(store: Store, project: UUID) -> None:
    given = Score(
        trace_id=trace_id(1),
        span_id=span_id(2),
        name="tone",
        value=0.25,
        label="warm\\'\0",
        reason="because\n",
        source="judge",
        evaluator_version="3",
        segment="refunds",
        timestamp=NOON + timedelta(microseconds=1),
        id="an id",
    )
    write_scores(store, project, [given])

    assert scores_of(store, project, trace_id(1)) == [given]


@pytest.mark.parametrize(("value", "kept"), [(True, 1.0), (False, 0.0), (3, 3.0), (None, None)])
def test_yes_and_no_are_1_and_0_and_a_text_has_no_number(
    store: Store, project: UUID, value: float | None, kept: float | None
) -> None:
    write_scores(store, project, [score(value=value, label="text")])

    assert [(each.value, each.label) for each in scores_of(store, project, trace_id(1))] == [(kept, "text")]


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="good"):
        score(value=float("nan"))


class TestTime:
    def test_a_score_has_the_time_of_its_span(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1), call(1, 2, 1, at=5))
        write_scores(store, project, [score("of span", span_id=span_id(2)), score("of trace")])

        times = {each.name: each.timestamp for each in scores_of(store, project, trace_id(1))}
        assert times == {"of span": NOON + timedelta(seconds=5), "of trace": NOON}

    def test_a_score_of_an_unknown_span_has_the_time_of_its_trace(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1))
        write_scores(store, project, [score(span_id=span_id(9))])

        assert [each.timestamp for each in scores_of(store, project, trace_id(1))] == [NOON]

    def test_a_score_that_comes_before_its_trace_has_the_time_at_which_it_came(
        self, store: Store, project: UUID
    ) -> None:
        before = datetime.now(UTC)
        write_scores(store, project, [score()])

        (kept,) = scores_of(store, project, trace_id(1))
        assert kept.timestamp is not None
        assert before <= kept.timestamp <= datetime.now(UTC)


class TestIds:
    def test_a_repeated_id_replaces_even_at_another_time_and_under_another_name(
        self, store: Store, project: UUID
    ) -> None:
        write(store, project, span(1, 1))
        write_scores(store, project, [score(value=0, id="a", timestamp=NOON)])
        write_scores(store, project, [score(value=1, id="a", timestamp=NOON + timedelta(hours=1))])
        write_scores(store, project, [score("fine", value=0.5, id="a", timestamp=NOON - timedelta(days=40))])
        write_scores(store, project, [score(value=0.75, id="a", timestamp=NOON)])

        assert [(each.name, each.value) for each in scores_of(store, project, trace_id(1))] == [("good", 0.75)]
        assert answer(store, project, "score.good,score.fine").total == {"score.good": 0.75, "score.fine": None}

    def test_of_one_id_twice_at_once_the_last_counts(self, store: Store, project: UUID) -> None:
        write_scores(store, project, [score(value=0, id="a"), score(value=1, id="a")])

        assert [each.value for each in scores_of(store, project, trace_id(1))] == [1.0]

    def test_scores_without_an_id_stand_beside_each_other(self, store: Store, project: UUID) -> None:
        write_scores(store, project, [score(value=0), score(value=1)])

        assert len(scores_of(store, project, trace_id(1))) == 2

    def test_an_id_of_another_project_replaces_nothing(self, store: Store, project: UUID) -> None:
        other = uuid4()
        write_scores(store, project, [score(value=0, id="a", timestamp=NOON)])
        write_scores(store, other, [score(value=1, id="a", timestamp=NOON + timedelta(hours=1))])

        assert [each.value for each in scores_of(store, project, trace_id(1))] == [0.0]

    def test_many_scores_are_written_at_once(self, store: Store, project: UUID) -> None:
        write_scores(store, project, [score(value=n, id=f"id {n}") for n in range(1_200)])

        assert len(scores_of(store, project, trace_id(1))) == 1_200


def test_names_come_most_frequent_first_and_only_those_with_numbers(store: Store, project: UUID) -> None:
    often = [score("often", timestamp=NOON), score("often", timestamp=NOON)]
    write_scores(store, project, [score("seldom", timestamp=NOON), *often, score("text", None, label="x")])

    assert score_names(store, project, DAY) == ["often", "seldom"]
