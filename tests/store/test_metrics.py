"""Figures of calls and traces, worked by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.questions import DIMENSIONS, MEASURES
from ledger.domain.score import Score
from ledger.domain.windows import Window
from ledger.store.client import Store, connect
from ledger.store.metrics import measure
from ledger.store.scores import write_scores
from tests.store.ledgers import DAY, NOON, answer, call, groups, question, span, span_id, tool, total, trace_id, write


class TestCalls:
    def test_embeddings_and_failed_calls_are_calls_and_other_spans_are_not(self, store: Store, project: UUID) -> None:
        write(
            store,
            project,
            span(1, 1, kind="agent"),
            call(1, 2, 1),
            call(1, 3, 1, kind="embedding"),
            call(1, 4, 1, status="error"),
            span(1, 5, 1, kind="tool"),
        )

        assert total(store, project, "calls,failures,failure_rate") == [3, 1, 0.333333333333]

    def test_a_further_report_of_a_call_counts_as_duplicate_only(self, store: Store, project: UUID) -> None:
        write(
            store,
            project,
            call(1, 1, cost="0.5", input_tokens=100),
            call(1, 2, 1, cost_status="duplicate", input_tokens=100, cost="0.5", status="error"),
        )

        figures = total(store, project, "calls,duplicate_calls,failures,input_tokens,cost")
        assert figures == [1, 1, 0, 100, Decimal("0.5")]

    def test_a_span_sent_twice_counts_once_as_it_is_now(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1, cost="1"))
        write(store, project, call(1, 1, cost="2", version=2))

        assert total(store, project, "calls,cost") == [1, Decimal(2)]

    def test_a_span_that_moved_is_not_counted_at_its_old_place(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1, cost="1"), call(1, 1, at=60, cost="1", version=2))
        write(store, project, call(1, 1, cost="1", version=2, is_deleted=1))

        assert total(store, project, "calls,cost") == [1, Decimal(1)]

    def test_calls_are_counted_by_what_is_unknown_of_them(self, store: Store, project: UUID) -> None:
        write(
            store,
            project,
            call(1, 1, cost_status="unpriced"),
            call(1, 2, 1, cost_status="unknown_usage"),
            call(1, 3, 1, cost_status="unknown_usage", status="error"),
            call(1, 4, 1, cost_status="pending"),
            call(1, 5, 1, cost="1"),
        )

        assert total(store, project, "calls,unpriced_calls,unknown_usage_calls,pending_calls") == [5, 1, 1, 1]


class TestTokens:
    def test_token_classes_are_summed_apart_and_reasoning_is_never_added(self, store: Store, project: UUID) -> None:
        first = {"input_tokens": 10, "cache_read_tokens": 20, "cache_write_tokens": 5}
        second = {"input_tokens": 1, "output_tokens": 7, "reasoning_tokens": 4}
        write(store, project, call(1, 1, output_tokens=3, **first), call(1, 2, 1, **second))

        tokens = "input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,reasoning_tokens"
        assert total(store, project, tokens) == [11, 20, 5, 10, 4]

    def test_tokens_nobody_said_are_null_and_not_0(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1, input_tokens=10), call(1, 2, 1))

        assert total(store, project, "input_tokens,output_tokens") == [10, None]

    def test_absurd_tokens_and_weights_break_no_question(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1, input_tokens=2**63 - 1, weight=float("nan"), cost="999999.999999999999"))
        write(store, project, call(1, 2, 1, input_tokens=1, weight=float("inf")), call(1, 3, 1, weight=-5.0))

        assert total(store, project, "calls,input_tokens,cost") == [3, 2**63, Decimal("999999.999999999999")]


class TestMoney:
    def test_cost_is_exact_and_over_the_known_calls(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1, cost="0.0000000001"), call(1, 2, 1, cost="0.2"), call(1, 3, 1))

        assert total(store, project, "cost,cost_per_call") == [Decimal("0.2000000001"), Decimal("0.10000000005")]

    def test_cost_is_null_where_no_call_has_a_known_cost(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1))

        assert total(store, project, "cost,cost_per_call,cost_per_trace,wasted_cost") == [None, None, None, None]

    def test_quotients_have_twelve_decimals(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1, cost="1"), call(1, 2, 1, cost="1"), call(1, 3, 1, cost="0"))

        assert total(store, project, "cost_per_call") == [Decimal("0.666666666667")]

    def test_cost_per_trace_spreads_all_cost_over_the_traces(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1), call(1, 2, 1, cost="0.3"), call(1, 3, 1, cost="0.2"), span(2, 4))

        assert total(store, project, "traces,cost_per_trace,calls_per_trace") == [2, Decimal("0.25"), 1.0]

    def test_cost_per_million_tokens_looks_at_calls_whose_cost_is_known(self, store: Store, project: UUID) -> None:
        known = call(1, 1, cost="0.5", input_tokens=100, cache_read_tokens=50, cache_write_tokens=50, output_tokens=50)
        write(store, project, known, call(1, 2, 1, input_tokens=1_000_000))

        assert total(store, project, "cost_per_million_tokens") == [Decimal(2000)]

    def test_wasted_cost_is_of_failed_calls_and_of_all_calls_in_failed_traces(
        self, store: Store, project: UUID
    ) -> None:
        write(
            store,
            project,
            span(1, 1, status="error"),
            call(1, 2, 1, cost="1"),
            call(1, 3, 1, cost="2", status="error"),
            span(2, 4),
            call(2, 5, 4, cost="4", status="error"),
            call(2, 6, 4, cost="8"),
        )

        assert total(store, project, "cost,wasted_cost") == [Decimal(15), Decimal(7)]

    def test_a_call_is_wasted_when_the_root_of_its_trace_lies_before_the_window(
        self, store: Store, project: UUID
    ) -> None:
        write(store, project, span(1, 1, at=-13 * 3600, status="error"), call(1, 2, 1, cost="3"))

        assert total(store, project, "traces,wasted_cost") == [0, Decimal(3)]

    def test_nothing_wasted_is_0_where_the_cost_is_known(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1, cost="1"))

        assert total(store, project, "wasted_cost") == [Decimal(0)]


class TestWorth:
    """Three tasks: one succeeded and was worth $4.50, one failed, of one nobody said how it ended."""

    def write(self, store: Store, project: UUID) -> None:
        good = {"success": True, "revenue": "4.50", "charges": "0.01"}
        write(store, project, span(1, 1, **good), call(1, 2, 1, cost="0.30", model="a"))
        write(store, project, span(2, 1, success=False), call(2, 2, 1, cost="0.20", model="b"))
        write(store, project, span(3, 1, charges="0.09"), call(3, 2, 1, cost="0.50", model="a"))

    def test_a_task_counts_with_its_outcome(self, store: Store, project: UUID) -> None:
        self.write(store, project)

        counted = "traces,outcomes,successes,success_rate,outcome_coverage,failed_traces"
        assert total(store, project, counted) == [3, 2, 1, 0.5, 0.666666666667, 1]

    def test_success_and_margin_look_at_tasks_with_an_outcome_only(self, store: Store, project: UUID) -> None:
        self.write(store, project)

        # 0.30 + 0.01 + 0.20 for one success; 4.50 less that
        sums = "cost,charges,revenue,cost_per_success,margin"
        assert total(store, project, sums) == [Decimal(x) for x in ("1", "0.1", "4.5", "0.51", "3.99")]

    def test_the_cost_of_a_task_is_that_of_its_calls_and_what_was_charged(self, store: Store, project: UUID) -> None:
        self.write(store, project)

        # (1.00 + 0.10) ÷ 3
        assert total(store, project, "cost_per_trace") == [Decimal("0.366666666667")]

    def test_what_a_task_cost_that_failed_by_its_outcome_was_wasted(self, store: Store, project: UUID) -> None:
        self.write(store, project)

        assert total(store, project, "wasted_cost") == [Decimal("0.2")]

    def test_without_outcomes_nothing_is_said_of_success_or_worth(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1), call(1, 2, 1, cost="1"))

        unknown = "revenue,margin,cost_per_success,success_rate,charges"
        assert total(store, project, unknown) == [None] * 5
        assert total(store, project, "outcomes,successes,outcome_coverage") == [0, 0, 0.0]

    def test_outcomes_without_a_value_have_no_margin(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1, success=True), call(1, 2, 1, cost="1"))

        assert total(store, project, "revenue,margin,cost_per_success") == [None, None, Decimal(1)]

    def test_without_a_success_there_is_no_cost_of_one(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1, success=False), call(1, 2, 1, cost="1"))

        assert total(store, project, "cost_per_success,successes") == [None, 0]

    def test_charges_are_a_cost_where_no_price_is_known(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1, charges="0.5", success=True, revenue="2"), call(1, 2, 1))

        assert total(store, project, "cost,cost_per_trace,margin") == [None, Decimal("0.5"), Decimal("1.5")]

    def test_a_loss_is_a_margin_below_0(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1, success=True, revenue="0.25"), call(1, 2, 1, cost="1"))

        assert total(store, project, "margin") == [Decimal("-0.75")]

    def test_by_model_a_task_brings_all_its_worth_where_it_has_a_call_and_once_in_the_total(
        self, store: Store, project: UUID
    ) -> None:
        root = span(1, 1, success=True, revenue="9", charges="1")
        write(store, project, root, call(1, 2, 1, cost="2", model="a"), call(1, 3, 1, cost="3", model="b"))

        found = answer(store, project, "revenue,charges,margin,cost", by="model")
        whole = [Decimal(9), Decimal(1), Decimal(3)]
        assert {row.group["model"]: list(row.figures.values()) for row in found.rows} == {
            "a": [*whole, Decimal(2)],
            "b": [*whole, Decimal(3)],
        }
        assert list(found.total.values()) == [*whole, Decimal(5)]


class TestSavings:
    def test_what_caching_saved_is_summed_where_it_is_known(self, store: Store, project: UUID) -> None:
        known = [Decimal("0.004"), Decimal("-0.001"), None]
        write(store, project, *(call(1, n + 1, n > 0, cost="1", cache_savings=known[n]) for n in range(3)))
        write(store, project, call(1, 9, 1, cost_status="duplicate", cache_savings=Decimal(7)))

        assert total(store, project, "cache_savings") == [Decimal("0.003")]

    def test_savings_nobody_can_know_are_null(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1))

        assert total(store, project, "cache_savings,evaluation_cost") == [None, None]

    def test_what_judges_cost_is_a_part_of_the_cost(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1, cost="1"), call(1, 2, 1, cost="0.25", for_evaluation=True))

        assert total(store, project, "cost,evaluation_cost") == [Decimal("1.25"), Decimal("0.25")]
        write(store, project, call(1, 2, 1, cost="0.25", version=2))
        assert total(store, project, "evaluation_cost") == [Decimal(0)]


class TestTools:
    def test_runs_of_tools_are_counted_apart_from_calls_and_each_once(self, store: Store, project: UUID) -> None:
        write(
            store,
            project,
            call(1, 1),
            tool(1, 2, 1, tool="search"),
            tool(1, 3, 1, tool="search", status="error"),
            tool(1, 4, 3, tool="search", status="error", cost_status="duplicate"),
            tool(1, 5, 1, tool="pay"),
        )

        assert total(store, project, "calls,failures,tool_calls,tool_failures,duplicate_calls") == [1, 0, 3, 1, 0]
        assert groups(store, project, "tool_calls,tool_failures", by="tool") == {
            "search": [2, 1],
            "pay": [1, 0],
            None: [0, 0],
        }

    def test_tools_make_no_groups_where_only_calls_are_asked_for(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1), tool(1, 2, 1, tool="search"))

        assert groups(store, project, "calls", by="model") == {"gpt-4o": [1]}


class TestTime:
    def test_latency_is_of_successful_calls_only(self, store: Store, project: UUID) -> None:
        durations = [100 * (n + 1) for n in range(10)]
        write(store, project, *(call(1, n + 1, ms=ms) for n, ms in enumerate(durations)))
        write(store, project, call(1, 20, ms=60_000, status="error"), span(1, 21, ms=90_000))

        # between the 5th and 6th; 0.95 × 9 = 8.55 between the 9th and 10th; 0.99 × 9 = 8.91
        assert total(store, project, "latency_p50,latency_p95,latency_p99") == [550.0, 955.0, 991.0]

    def test_time_to_first_token_is_of_the_calls_that_say_it(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1, ttft_us=100_000), call(1, 2, ttft_us=300_000), call(1, 3))
        write(store, project, call(1, 4, ttft_us=900_000, status="error"))

        assert total(store, project, "ttft_p50,ttft_p95") == [200.0, 290.0]

    def test_latency_without_a_successful_call_is_null(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1, status="error"))

        assert total(store, project, "latency_p50,latency_p99,ttft_p50") == [None, None, None]


class TestTraces:
    def test_a_trace_failed_if_its_root_ended_in_error(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1, status="error"), call(1, 2, 1), span(2, 3), call(2, 4, 3, status="error"))

        assert total(store, project, "traces,failed_traces,trace_failure_rate") == [2, 1, 0.5]

    def test_a_trace_counts_in_the_hour_and_under_the_route_of_its_root(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1, at=-60, route="shop"), call(1, 2, 1, at=60, route="shop.search"))

        found = answer(store, project, "traces,calls", by="route", interval="hour").rows
        assert [(row.time, row.group["route"], *row.figures.values()) for row in found] == [
            (NOON - timedelta(hours=1), "shop", 1, 0),
            (NOON, "shop.search", 0, 1),
        ]

    def test_a_trace_without_a_root_counts_at_its_first_span(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 2, 9, at=-60, route="a"), call(1, 3, 9, at=60, route="b"))

        assert groups(store, project, "traces", by="route", interval="hour") == {"a": [1]}

    def test_by_model_a_trace_counts_where_it_has_a_call_and_once_in_the_total(
        self, store: Store, project: UUID
    ) -> None:
        write(store, project, span(1, 1), call(1, 2, 1, model="a"), call(1, 3, 1, model="b"), span(2, 4))

        found = answer(store, project, "traces", by="model")
        assert {row.group["model"]: row.figures["traces"] for row in found.rows} == {"a": 1, "b": 1}
        assert found.total == {"traces": 1}

    def test_traces_with_a_model_are_those_with_a_call_of_it(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1), call(1, 2, 1, model="a"), call(1, 3, 1, model="b"), span(2, 4))

        assert total(store, project, "traces", filters=["model:=:a", "provider:=:openai"]) == [1]

    def test_users_are_counted_once_however_many_traces_they_have(self, store: Store, project: UUID) -> None:
        write(
            store, project, span(1, 1, user_id="ann"), span(2, 2, user_id="ann"), span(3, 3, user_id="bob"), span(4, 4)
        )

        assert total(store, project, "users,traces") == [2, 4]

    @pytest.mark.parametrize(("users", "off"), [(10_000, 0.0), (40_000, 0.01), (300_000, 0.01)])
    def test_users_are_exact_up_to_ten_thousand_and_within_a_percent_above(
        self, store: Store, project: UUID, users: int, off: float
    ) -> None:
        store.command(
            "INSERT INTO trace_entries (project_id, start_time, trace_id, version, user_id, route)"
            " SELECT {project:UUID}, {noon:DateTime64(6, 'UTC')}, sipHash128(number), 1,"
            " toString(number % {users:UInt32}), if(number % 2, 'a', 'b') FROM numbers({traces:UInt32})",
            project=project,
            noon=NOON,
            users=users,
            traces=users * 3 // 2,
        )

        found = answer(store, project, "users", by="route")
        assert found.total["users"] == pytest.approx(users, rel=off)
        assert sum(row.figures["users"] or 0 for row in found.rows) == pytest.approx(users * 1.0, rel=0.02)

    def test_a_root_that_names_no_user_takes_the_first_that_a_span_names(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1), call(1, 2, 1, at=2, user_id="late"), call(1, 3, 1, at=1, user_id="early"))

        assert groups(store, project, "traces", by="user", filters=["user:!=:late"]) == {"early": [1]}


class TestScores:
    def test_a_score_is_a_mean_of_numbers_where_true_is_1(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1), call(1, 2, 1), call(1, 3, 1))
        give(store, project, "helpful", [(1, True), (2, True), (3, False)])

        assert total(store, project, "score.helpful,score.other,calls") == [0.666666666667, None, 3]

    def test_a_score_of_a_call_counts_under_its_model_and_one_of_a_trace_under_all_of_them(
        self, store: Store, project: UUID
    ) -> None:
        write(store, project, span(1, 1), call(1, 2, 1, model="a"), call(1, 3, 1, model="b"))
        give(store, project, "good", [(2, 1.0), (3, 0.0)])
        write_scores(store, project, [Score(trace_id=trace_id(1), name="whole", value=0.5)])

        found = answer(store, project, "score.good,score.whole", by="model")
        assert {row.group["model"]: list(row.figures.values()) for row in found.rows} == {"a": [1, 0.5], "b": [0, 0.5]}
        assert list(found.total.values()) == [0.5, 0.5]

    def test_scores_are_counted_by_name(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1, weight=3.0), call(1, 2, 1))
        give(store, project, "helpful", [(1, True), (2, False)])

        names = "score_count.helpful,score_count.other,score.helpful"
        assert total(store, project, names) == [2, 0, 0.75]

    def test_a_score_waits_until_its_trace_is_settled(self, store: Store, project: UUID) -> None:
        write_scores(store, project, [Score(trace_id=trace_id(1), name="good", value=1, timestamp=NOON)])
        assert total(store, project, "score.good,score_count.good") == [None, 0]

        write(store, project, call(1, 1))
        assert total(store, project, "score.good,score_count.good") == [1.0, 1]

    def test_a_score_counts_at_its_own_time(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1))
        late = NOON + timedelta(hours=3)
        write_scores(store, project, [Score(trace_id=trace_id(1), name="good", value=1, timestamp=late)])

        found = answer(store, project, "score.good", by="model", interval="hour")
        assert [(row.time, row.group["model"]) for row in found.rows] == [(late, "gpt-4o")]

    def test_scores_are_filtered_by_what_their_call_or_trace_is(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1, route="a"), call(2, 2, route="b", model="other"))
        give(store, project, "good", [(1, 1.0)])
        write_scores(store, project, [Score(trace_id=trace_id(2), name="good", value=0)])

        assert total(store, project, "score.good", filters=["route:=:a"]) == [1.0]
        assert total(store, project, "score.good", filters=["route:=:b"]) == [0.0]
        assert total(store, project, "score.good", filters=["model:=:other"]) == [0.0]


def give(store: Store, project: UUID, name: str, values: list[tuple[int, float]]) -> None:
    """Scores of spans of the first trace."""
    given = [Score(trace_id=trace_id(1), span_id=span_id(n), name=name, value=value) for n, value in values]
    write_scores(store, project, given)


class TestGroups:
    @pytest.mark.parametrize("name", [*DIMENSIONS, "tag.plan"])
    def test_every_dimension_groups_and_filters_calls_and_traces(self, store: Store, project: UUID, name: str) -> None:
        column = {"user": "user_id", "session": "session_id"}.get(name, name)
        said = {"status": "error"}.get(name, "x")
        marked: dict[str, Any] = {"tags": {"plan": said}} if name == "tag.plan" else {column: said}
        write(store, project, call(1, 1, **marked), call(2, 2))
        other = {"status": "ok", "model": "gpt-4o", "provider": "openai"}.get(name)

        assert groups(store, project, "calls,traces", by=name) == {said: [1, 1], other: [1, 1]}
        assert total(store, project, "calls,traces", filters=[f"{name}:=:{said}"]) == [1, 1]

    def test_groups_come_by_the_first_measure_with_unknown_last(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1, model="dear", cost="2"), call(1, 2, 1, model="unknown"))
        write(store, project, call(1, 3, 1, model="cheap", cost="1"))

        assert list(groups(store, project, "cost", by="model")) == ["dear", "cheap", "unknown"]

    def test_the_limit_cuts_groups_and_leaves_the_total_whole(self, store: Store, project: UUID) -> None:
        write(store, project, *(call(1, n, n > 1, model=f"m{n}", cost=str(n)) for n in (1, 2, 3)))

        found = answer(store, project, "cost", by="model", limit=2)
        assert [row.group["model"] for row in found.rows] == ["m3", "m2"]
        assert (found.total, found.truncated) == ({"cost": Decimal(6)}, True)
        assert not answer(store, project, "cost", by="model", limit=3).truncated

    def test_a_ratio_of_the_total_comes_from_the_totals_parts(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1, model="a", status="error"), *(call(1, n, 1, model="b") for n in (2, 3, 4)))

        found = answer(store, project, "failure_rate", by="model")
        assert found.total == {"failure_rate": 0.25}

    @pytest.mark.parametrize(("interval", "times"), [("minute", 3), ("hour", 2), ("day", 1)])
    def test_intervals_begin_at_whole_minutes_hours_and_days(
        self, store: Store, project: UUID, interval: str, times: int
    ) -> None:
        write(store, project, call(1, 1), call(1, 2, 1, at=90), call(1, 3, 1, at=3700))

        rows = answer(store, project, "calls", interval=interval).rows
        assert len(rows) == times
        assert rows[0].time == (NOON if interval != "day" else datetime(2026, 11, 1, tzinfo=UTC))

    def test_an_empty_window_has_a_total_of_nothing(self, store: Store, project: UUID) -> None:
        found = answer(store, project, "calls,cost,failure_rate,latency_p50,users", by="model")

        assert found.rows == ()
        assert list(found.total.values()) == [0, None, None, None, 0]

    def test_from_is_inside_the_window_and_to_is_not(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1), call(2, 2, at=60))

        assert total(store, project, "calls,traces", window=Window(NOON, NOON + timedelta(minutes=1))) == [1, 1]

    def test_all_measures_are_answered_together(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1, cost="1"))

        assert len(total(store, project, ",".join([*MEASURES, "score.a"]))) == len(MEASURES) + 1


class TestSampling:
    def test_a_sampled_call_counts_for_those_it_stands_for(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1, weight=4.0, cost="0.5", input_tokens=10), call(2, 2, cost="1", status="error"))

        found = answer(store, project, "calls,traces,failure_rate,input_tokens,cost,cost_per_call")
        assert list(found.total.values()) == [5, 5, 0.2, 40, Decimal(3), Decimal("0.6")]
        assert found.estimated

    def test_a_sampled_call_weighs_in_the_median(self, store: Store, project: UUID) -> None:
        write(store, project, *(call(n, n, ms=100, weight=9.0) for n in (1, 2, 3)))
        write(store, project, *(call(n, n, ms=500) for n in (4, 5, 6)))

        assert total(store, project, "latency_p50") == [100.0]

    def test_calls_that_stand_for_themselves_are_not_estimated(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1))

        assert not answer(store, project, "calls").estimated


class TestFilters:
    def test_filters_compare_contain_and_choose(self, store: Store, project: UUID) -> None:
        write(store, project, *(call(n, n, model=model) for n, model in enumerate(["gpt-4o", "gpt-4o-mini", "o3"], 1)))

        assert total(store, project, "calls", filters=["model:!=:o3"]) == [2]
        assert total(store, project, "calls", filters=["model:~:mini"]) == [1]
        assert total(store, project, "calls", filters=["model:in:o3,gpt-4o"]) == [2]
        assert total(store, project, "calls", filters=["model:~:gpt", "model:!=:gpt-4o"]) == [1]

    def test_an_empty_value_finds_what_was_not_said(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1, route="a"), call(2, 2))

        assert total(store, project, "calls,traces", filters=["route:=:"]) == [1, 1]

    @pytest.mark.parametrize(
        "value",
        [
            "u1' or 1=1 --",
            "\\",
            "\\' OR 1=1 --",
            '"; DROP TABLE spans; --',
            "100%_",
            "a\nb\tc\rd",
            "nul\0inside",
            "{project:UUID}",
            "$keys",
            "\\N",
            "é😀\u202e",
            "x" * 65536,
        ],
        ids=lambda value: ascii(value)[:20],
    )
    def test_hostile_values_and_tag_keys_stay_data(self, store: Store, project: UUID, value: str) -> None:
        write(store, project, call(1, 1, user_id=value, tags={value: value}), call(2, 2, user_id="u1"))

        for op in ("=", "in", "~"):
            text = value.replace(",", "%2C")
            assert total(store, project, "calls,traces", filters=[f"user:{op}:{text}"]) == [1, 1]
        assert groups(store, project, "calls,traces", by="user") == {value: [1, 1], "u1": [1, 1]}

    @pytest.mark.parametrize(
        "key", ["it's", "\\", "a.b[0].__proto__", "{0.__class__}", '"', "k" * 65536, "nul\0", "a b"]
    )
    def test_hostile_tag_keys_stay_data(self, store: Store, project: UUID, key: str) -> None:
        write(store, project, call(1, 1, tags={key: "v"}), call(2, 2))

        assert groups(store, project, "calls,traces", by=f"tag.{key}") == {"v": [1, 1], None: [1, 1]}


class TestWalls:
    @settings(max_examples=15, deadline=None)
    @given(st.data())
    def test_no_filter_reaches_another_projects_rows(self, store: Store, data: st.DataObject) -> None:
        mine, theirs = uuid4(), uuid4()
        write(store, mine, span(1, 1), call(1, 2, 1, model="mine", user_id="u"))
        write(store, theirs, span(1, 1, status="error", user_id="them"), call(1, 2, 1, model="theirs", cost="5"))
        write_scores(store, theirs, [Score(trace_id=trace_id(1), span_id=span_id(2), name="good", value=1)])
        name = data.draw(st.sampled_from([*DIMENSIONS, "tag.x"]))
        op = data.draw(st.sampled_from(["=", "!=", "in", "~"]))
        value = data.draw(st.sampled_from(["", "theirs", "them", "error", "' or 1=1 --"]))

        found = answer(
            store, mine, "calls,cost,failed_traces,users,score.good", by="model", filters=[f"{name}:{op}:{value}"]
        )
        assert {row.group["model"] for row in found.rows} <= {"mine", None}
        assert found.total["cost"] is None
        assert found.total["failed_traces"] == 0
        assert found.total["score.good"] is None

    @settings(max_examples=15, deadline=None)
    @given(st.integers(0, 24 * 60))
    def test_splitting_a_window_changes_no_sum(self, store: Store, minutes: int) -> None:
        sums = ADDITIVE
        whole = answer(store, traffic(store), sums).total
        parts = [
            answer(store, traffic(store), sums, window=part).total
            for part in DAY.split(DAY.since + timedelta(minutes=minutes))
        ]

        assert {name: sum(part[name] or 0 for part in parts) for name in whole} == whole

    @settings(max_examples=15, deadline=None)
    @given(
        st.sampled_from(["route", "status", "environment", "user", "tag.plan"]),
        st.sampled_from(["none", "hour", "day"]),
    )
    def test_parts_sum_to_the_whole(self, store: Store, by: str, interval: str) -> None:
        found = answer(store, traffic(store), ADDITIVE, by=by, interval=interval)

        sums = {name: sum(row.figures[name] or 0 for row in found.rows) for name in found.total}
        assert sums == {name: figure or 0 for name, figure in found.total.items()}

    @settings(max_examples=8, deadline=None)
    @given(st.randoms(use_true_random=False))
    def test_the_order_in_which_spans_arrive_makes_no_difference(self, store: Store, random: Any) -> None:
        spans = [each for n in range(1, 12) for each in one_of_many(n)]
        random.shuffle(spans)
        cut = random.randrange(len(spans))
        project = uuid4()
        write(store, project, *spans[:cut])
        write(store, project, *spans[cut:])

        found = answer(store, project, ",".join(MEASURES), by="model", interval="hour")
        first = answer(store, few(store), ",".join(MEASURES), by="model", interval="hour")
        assert (found.rows, found.total) == (first.rows, first.total)

    def test_a_question_is_one_query_and_one_more_for_scores(
        self, store: Store, project: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        select = Store.select
        monkeypatch.setattr(Store, "select", lambda self, sql, **more: asked.append(sql) or select(self, sql, **more))

        measure(store, project, question(",".join(MEASURES), by="model,tag.x", interval="hour"))
        assert len(asked) == 2  # the project's size, and the answer
        measure(store, project, question("calls,score.a,score.b", by="model"))
        assert len(asked) == 4

    def test_the_reader_that_may_not_write_can_ask(self, clickhouse: Any, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1))
        reader = connect(clickhouse.reader_url)

        assert total(reader, project, "calls,wasted_cost,score.a", filters=["model:=:gpt-4o"]) == [1, None, None]


ADDITIVE = (
    "calls,failures,traces,failed_traces,input_tokens,cost,wasted_cost,"
    "duplicate_calls,charges,revenue,outcomes,successes"
)
TRAFFIC: list[UUID] = []
FEW: list[UUID] = []


def few(store: Store) -> UUID:
    """A project with a little of the same, in order."""
    if not FEW:
        FEW.append(uuid4())
        write(store, FEW[0], *(each for n in range(1, 12) for each in one_of_many(n)))
    return FEW[0]


def traffic(store: Store) -> UUID:
    """A project with a day of traces of all kinds, some without a root, written once."""
    if not TRAFFIC:
        TRAFFIC.append(uuid4())
        write(store, TRAFFIC[0], *(each for n in range(1, 60) for each in one_of_many(n)))
    return TRAFFIC[0]


def one_of_many(n: int) -> list[dict[str, Any]]:
    start = (n * 1361) % 80_000 - 43_000
    told = {"success": n % 2 == 0, "revenue": f"{n}.5", "charges": f"0.0{n}"} if n % 4 else {}
    said = {
        "route": f"r{n % 3}",
        "environment": ["", "prod"][n % 2],
        "user_id": f"u{n % 5}",
        "tags": {"plan": f"{n % 2}"},
    }
    root = [] if n % 5 == 0 else [span(n, 1, at=start, status="error" if n % 3 == 0 else "ok", **told, **said)]
    calls = [
        call(n, 2 + k, 1, at=start + 700 * k, cost=f"0.{n}{k + 1}", input_tokens=n, status="error" if k == 2 else "ok")
        for k in range(n % 4)
    ]
    return root + calls + [call(n, 9, 1, at=start + 60, cost_status="duplicate")]
