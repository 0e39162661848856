from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.domain.errors import (
    BadFilter,
    BadLimit,
    BadParameter,
    TooMany,
    UnknownDimension,
    UnknownInterval,
    UnknownMeasure,
)
from ledger.domain.questions import (
    MOST_ROWS,
    Dimension,
    Filter,
    Measure,
    Question,
    Threshold,
    read_filters,
    read_question,
    read_trace_filters,
)
from ledger.domain.windows import read_window

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def ask(measures: str = "calls", **more: Any) -> Question:
    return read_question(measures, NOW, **more)


def test_a_question_is_read_from_the_texts_of_a_url() -> None:
    asked = ask(
        "calls, cost,score.is good,calls", by="model,tag.plan", interval="hour", filters=["route:=:a:b"], limit="7"
    )

    assert asked == Question(
        window=read_window(None, None, NOW),
        measures=(Measure("calls"), Measure("cost"), Measure("score.is good")),
        by=(Dimension("model"), Dimension("tag.plan")),
        interval="hour",
        filters=(Filter(Dimension("route"), "=", ("a:b",)),),
        limit=7,
    )


def test_what_is_left_out_asks_for_everything_at_once() -> None:
    assert ask() == Question(read_window(None, None, NOW), (Measure("calls"),), (), "none", (), MOST_ROWS)


class TestMeasures:
    @pytest.mark.parametrize("name", ["kosts", "", ",", "score.", "score_count.", "cost'--", "COST"])
    def test_an_unknown_measure_is_refused_with_those_that_there_are(self, name: str) -> None:
        with pytest.raises(UnknownMeasure, match=r"failure_rate.*score\.<name>") as refused:
            ask(name)

        assert refused.value.parameter == "measures"

    def test_a_figure_says_what_it_is(self) -> None:
        units = [measure.unit for measure in ask("calls,cost,failure_rate,latency_p95,score.x,score_count.x").measures]

        assert units == ["count", "money", "ratio", "milliseconds", "ratio", "count"]

    def test_a_scores_name_may_hold_points(self) -> None:
        assert [measure.score for measure in ask("score.a.b,score_count.a.b,calls").measures] == ["a.b", "a.b", ""]


class TestDimensions:
    @pytest.mark.parametrize("name", ["modell", "tag", "tag.", "user_id", "model; DROP TABLE spans"])
    def test_an_unknown_dimension_is_refused_with_those_that_there_are(self, name: str) -> None:
        with pytest.raises(UnknownDimension, match=r"model, provider.*tag\.<key>") as refused:
            ask(by=name)

        assert refused.value.parameter == "by"

    def test_a_tag_may_have_any_key(self) -> None:
        assert [dimension.tag for dimension in ask(by="tag.a.b['x'],model").by] == ["a.b['x']", ""]


class TestFilters:
    def test_commas_in_the_values_of_a_list_are_written_as_2c(self) -> None:
        (found,) = read_filters(["model:in:a,b%2Cc,d%2ce"])

        assert found.values == ("a", "b,c", "d,e")

    def test_other_values_are_taken_as_they_are(self) -> None:
        assert [found.values for found in read_filters(["model:=:a,b%2C", "tag.x:~:", "user:!=:::"])] == [
            ("a,b%2C",),
            ("",),
            ("::",),
        ]

    @pytest.mark.parametrize("text", ["", "model", "model:=", "model:==:x", "model:>:1", "model: = :x"])
    def test_a_filter_that_cannot_be_read_is_refused(self, text: str) -> None:
        with pytest.raises(BadParameter) as refused:
            read_filters([text])

        assert refused.value.parameter == "filter"

    def test_a_filter_on_an_unknown_dimension_is_named_as_a_filter(self) -> None:
        with pytest.raises(UnknownDimension, match='filter="price"'):
            read_filters(["price:=:1"])

    def test_traces_are_filtered_by_quantities_too(self) -> None:
        assert read_trace_filters(["cost:>:0.5", "score.a.b:<:-1e3", "model:=:x"]) == (
            Threshold("cost", ">", 0.5),
            Threshold("score.a.b", "<", -1000.0),
            Filter(Dimension("model"), "=", ("x",)),
        )

    @pytest.mark.parametrize(
        "text", ["cost:=:1", "cost:>:", "calls:>:many", "duration_ms:<:nan", "cost:>:inf", "score.:>:1"]
    )
    def test_a_quantity_is_compared_with_a_number_by_more_or_less(self, text: str) -> None:
        with pytest.raises(BadFilter):
            read_trace_filters([text])


@pytest.mark.parametrize("text", ["0", "-1", "10001", "1.5", "٣", "", "1" * 5000, "1e3"])
def test_a_limit_is_a_whole_number_in_bounds(text: str) -> None:
    with pytest.raises(BadLimit, match="from 1 to 10,000"):
        ask(limit=text)


def test_an_unknown_interval_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UnknownInterval, match="none, minute, hour, day"):
        ask(interval="week")


def test_a_question_has_bounds() -> None:
    with pytest.raises(TooMany, match="6 at most"):
        ask(by=",".join(f"tag.{n}" for n in range(7)))
    with pytest.raises(TooMany, match="filter"):
        ask(filters=["model:=:x"] * 33)
    with pytest.raises(TooMany, match="measures"):
        ask(",".join(f"score.{n}" for n in range(65)))


def test_a_message_shows_only_the_beginning_of_a_long_value() -> None:
    with pytest.raises(UnknownMeasure) as refused:
        ask("x" * 65536)

    assert len(str(refused.value)) < 1000
