"""Lists of traces, and one trace with all its spans."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from ledger.domain.errors import BadCursor, UnknownSort
from ledger.domain.questions import DIMENSIONS, read_trace_filters
from ledger.domain.score import Score
from ledger.domain.span import Event, Link
from ledger.domain.usage import Usage
from ledger.domain.windows import Window
from ledger.store.client import Store
from ledger.store.scores import write_scores
from ledger.store.traces import Ending, Loop, TraceDetail, TraceItem, list_traces, read_sort, read_trace
from tests.store.ledgers import DAY, NOON, call, send, span, span_id, tool, trace_id, write

HOSTILE = ["' OR 1=1 --", "\\", "100%", "nul\0", "x" * 65536]


def found(store: Store, project: UUID, *filters: str, window: Window = DAY, **more: Any) -> list[int]:
    """Numbers of the traces in a list."""
    page = list_traces(store, project, window, read_trace_filters(filters), **more)
    return [int(item.trace_id, 16) for item in page.items]


def only(store: Store, project: UUID) -> TraceItem:
    (item,) = list_traces(store, project, DAY).items
    return item


def detail(store: Store, project: UUID, trace: int = 1, cursor: str | None = None) -> TraceDetail:
    read = read_trace(store, project, trace_id(trace), cursor)
    assert read is not None
    return read


def tell(store: Store, project: UUID, subject: str, subject_id: str, name: str, **more: Any) -> None:
    told = {"subject": subject, "subject_id": subject_id, "name": name, "received_at": NOON, "updated_at": NOON}
    store.insert("outcomes", {"project_id": [project]} | {name: [value] for name, value in (told | more).items()})


class TestItems:
    def test_a_trace_is_told_by_its_root_and_summed_over_its_calls(self, store: Store, project: UUID) -> None:
        root = span(1, 1, name="answer", kind="agent", ms=2500, route="support", user_id="u", session_id="s")
        first = call(1, 2, 1, cost="0.25", input_tokens=10, output_tokens=2, environment="prod")
        second = call(1, 3, 1, cost="0.5", model="o3", input_tokens=1, reasoning_tokens=7)
        write(store, project, root, first, second, call(1, 4, 1, cost="9", cost_status="duplicate", model="again"))

        assert only(store, project) == TraceItem(
            trace_id=trace_id(1),
            name="answer",
            route="support",
            start=NOON,
            duration_ms=2500.0,
            status="ok",
            failure_kind="",
            cost=Decimal("0.75"),
            calls=2,
            models=("gpt-4o", "o3"),
            usage=Usage(input=11, output=2, reasoning=7),
            user_id="u",
            session_id="s",
            environment="prod",
        )

    def test_without_a_root_a_trace_is_told_by_its_earliest_span(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 2, 99, at=5, name="later"), span(1, 3, 99, at=1, name="earlier", ms=30))

        item = only(store, project)
        assert (item.name, item.start, item.duration_ms) == ("earlier", NOON + timedelta(seconds=1), 30.0)

    def test_a_failed_trace_has_the_kind_of_its_root_else_of_the_first_step_that_failed(
        self, store: Store, project: UUID
    ) -> None:
        failed = {"status": "error"}
        write(store, project, span(1, 1, **failed), call(1, 2, 1, at=2, failure_kind="timeout", **failed))
        write(store, project, call(1, 3, 1, at=1, failure_kind="rate_limit", **failed))

        assert only(store, project).failure_kind == "rate_limit"

    def test_a_trace_that_ended_well_has_no_failure_kind(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1), call(1, 2, 1, failure_kind="rate_limit", status="error"))

        assert only(store, project).failure_kind == ""

    def test_the_cost_of_a_trace_without_a_priced_call_is_unknown(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1))

        assert only(store, project).cost is None


class TestOrder:
    def test_newest_come_first(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1, at=1), span(3, 1, at=3), span(2, 1, at=2))

        assert found(store, project) == [3, 2, 1]

    def test_dearest_come_first_and_unknown_costs_last(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1, cost="0"), call(2, 1), call(3, 1, cost="0.000000000001"), call(4, 1, cost="2"))

        assert found(store, project, sort="cost") == [4, 3, 1, 2]

    def test_longest_come_first(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1, ms=5), span(2, 1, ms=7000), span(3, 1, ms=60))

        assert found(store, project, sort="duration") == [2, 3, 1]

    @pytest.mark.parametrize("sort", ["start", "cost", "duration"])
    def test_pages_follow_each_other_without_gap_or_repeat_even_at_equal_times(
        self, store: Store, project: UUID, sort: Any
    ) -> None:
        write(store, project, *(call(n, 1, at=n // 4, cost=f"0.{n % 3}", ms=n % 3) for n in range(1, 24)))
        write(store, project, call(24, 1, at=1), call(25, 1, at=-40_000))

        whole = found(store, project, sort=sort)
        assert sorted(whole) == list(range(1, 26))
        assert walked(store, project, sort) == whole

    def test_a_cursor_that_is_not_ours_is_refused(self, store: Store, project: UUID) -> None:
        ours = list_traces(store, project, DAY, cursor=f"start~0~1~{trace_id(1)}")
        assert ours.items == ()

        for cursor in ("x", "start~0~1", f"cost~0~1~{trace_id(1)}", f"start~0~{10**16 - 1}~{trace_id(1)}", "'; --"):
            with pytest.raises(BadCursor, match="cursor"):
                list_traces(store, project, DAY, cursor=cursor)

    def test_an_order_that_there_is_not_is_refused_with_those_that_there_are(self) -> None:
        with pytest.raises(UnknownSort, match="start, cost, duration"):
            read_sort("price")


def walked(store: Store, project: UUID, sort: Any) -> list[int]:
    page = list_traces(store, project, DAY, sort=sort, limit=4)
    items = list(page.items)
    while page.cursor:
        page = list_traces(store, project, DAY, sort=sort, limit=4, cursor=page.cursor)
        items += page.items
    return [int(item.trace_id, 16) for item in items]


class TestWindow:
    def test_a_trace_lies_in_the_window_in_which_its_root_began(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1, at=-60), call(1, 2, 1, at=60))
        before, after = DAY.split(NOON)

        assert found(store, project, window=before) == [1]
        assert found(store, project, window=after) == []

    def test_old_traces_of_a_long_window_are_found(self, store: Store, project: UUID) -> None:
        days = [0, 2, 20]
        write(store, project, *(span(day + 1, 1, at=-86_400 * day) for day in days))

        month = Window(DAY.since - timedelta(days=30), DAY.until)
        assert found(store, project, window=month) == [1, 3, 21]
        assert found(store, project, window=month, limit=2) == [1, 3]

    def test_another_projects_traces_are_not_in_the_list(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1))
        other = uuid4()
        write(store, other, span(1, 1, name="theirs"), span(2, 1))

        assert only(store, project).name == "step"


class TestFilters:
    @pytest.mark.parametrize("name", [*DIMENSIONS, "tag.plan"])
    def test_every_dimension_filters_traces(self, store: Store, project: UUID, name: str) -> None:
        column = {"user": "user_id", "session": "session_id"}.get(name, name)
        said = {"status": "error"}.get(name, "x")
        marked: dict[str, Any] = {"tags": {"plan": said}} if name == "tag.plan" else {column: said}
        write(store, project, call(1, 1, **marked), call(2, 2))

        assert found(store, project, f"{name}:=:{said}") == [1]
        assert found(store, project, f"{name}:!=:{said}") == [2]

    def test_traces_are_found_by_their_tools(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1), tool(1, 2, 1, tool="search"), call(1, 3, 1), span(2, 1))

        assert found(store, project, "tool:=:search", "model:=:gpt-4o") == [1]

    def test_each_filter_may_be_met_by_another_step(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1), call(1, 2, 1, model="a"), call(1, 3, 1, model="b"), call(2, 1, model="a"))

        assert found(store, project, "model:=:a", "model:=:b") == [1]

    def test_quantities_are_compared_strictly(self, store: Store, project: UUID) -> None:
        write(store, project, call(1, 1, cost="0.01", ms=500), call(2, 1, cost="0.02", ms=500.001), call(3, 1, ms=1))

        assert found(store, project, "cost:>:0.01") == [2]
        assert found(store, project, "cost:<:0.02") == [1]
        assert found(store, project, "duration_ms:>:500") == [2]
        assert found(store, project, "calls:<:2", "calls:>:0", "duration_ms:<:500") == [3]

    def test_traces_are_found_by_their_scores(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1), span(2, 1), span(3, 1))
        given = [Score(trace_id=trace_id(n), name="good", value=n / 10, timestamp=NOON) for n in (1, 2)]
        write_scores(store, project, [*given, Score(trace_id=trace_id(3), name="bad", value=1)])

        assert found(store, project, "score.good:>:0.1") == [2]
        assert found(store, project, "score.good:<:0.2", "score.good:>:0") == [1]

    def test_a_text_is_looked_for_in_names_and_in_what_was_said(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1, name="Refund order"), span(2, 1), span(3, 1))
        write(
            store, project, call(2, 2, 1, input_preview="I want a REFUND"), call(3, 2, 1, output_preview="é: refunded")
        )

        assert found(store, project, q="refund") == [3, 2, 1]
        assert found(store, project, q="É: ref") == [3]

    @pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value)[:12])
    def test_hostile_texts_stay_data(self, store: Store, project: UUID, value: str) -> None:
        write(store, project, call(1, 1, name=value, model=value, tags={value: value}), call(2, 2))

        assert found(store, project, f"model:=:{value}", f"tag.{value}:=:{value}", q=value) == [1]
        assert found(store, project, f"score.{value}:>:0") == []


class TestDetail:
    def test_a_span_has_all_that_was_sent_and_all_that_was_settled(self, store: Store, project: UUID) -> None:
        event = {"time": 1_700_000_000_000_000, "name": "retry", "attributes": {"n": 1}}
        link = {"trace_id": trace_id(5), "span_id": span_id(6), "attributes": {}}
        write(
            store,
            project,
            call(
                1,
                2,
                7,
                ms=1500.25,
                cost="0.00012",
                ttft_us=80_500,
                status="error",
                failure_kind="timeout",
                error_type="ReadTimeout",
                error_message="no answer",
                request_model="gpt-4o-latest",
                response_id="r1",
                finish_reasons=["stop"],
                input_tokens=1,
                cache_read_tokens=2,
                cache_write_tokens=3,
                cache_write_1h_tokens=1,
                output_tokens=4,
                reasoning_tokens=2,
                reported_cost=Decimal("0.5"),
                duplicate_of=bytes.fromhex(trace_id(8) + span_id(9)),
                input='[{"role": "user", "content": "hi"}]',
                output="[not json",
                attributes={"n": 1, "x": 1.5, "yes": True, "list": ["a"]},
                resource={"service.name": "shop"},
                events=[event],
                links=[link],
            ),
        )

        (read,) = detail(store, project).spans
        assert (read.span_id, read.parent_id, read.duration_ms, read.ttft_ms) == (span_id(2), span_id(7), 1500.25, 80.5)
        assert read.error is not None
        assert (read.error.kind, read.error.type, read.error.message) == ("timeout", "ReadTimeout", "no answer")
        assert (read.request_model, read.response_id, read.finish_reasons) == ("gpt-4o-latest", "r1", ("stop",))
        assert read.usage == Usage(1, 2, 3, 1, 4, 2)
        assert (read.cost, read.cost_status, read.reported_cost) == (Decimal("0.00012"), "priced", Decimal("0.5"))
        assert read.duplicate_of == (trace_id(8), span_id(9))
        assert (read.input, read.output) == ([{"role": "user", "content": "hi"}], "[not json")
        assert read.attributes == {"n": 1, "x": 1.5, "yes": True, "list": ["a"]}
        assert read.resource == {"service.name": "shop"}
        assert read.events == (Event(1_700_000_000_000_000, "retry", {"n": 1}),)
        assert read.links == (Link(trace_id(5), span_id(6), {}),)

    def test_what_is_not_known_is_none(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1))

        whole = detail(store, project)
        assert (whole.cost, whole.charges, whole.outcome, whole.usage) == (None, None, None, Usage())
        (read,) = whole.spans
        assert (read.parent_id, read.ttft_ms, read.error, read.cost) == ("", None, None, None)
        assert (read.duplicate_of, read.input, read.output) == (None, None, None)

    def test_a_trace_is_summed_over_all_its_spans_and_carries_its_roots_words(
        self, store: Store, project: UUID
    ) -> None:
        root = span(1, 1, name="root", route="r", release="v2", customer="acme", tags={"plan": "pro"})
        write(store, project, root, call(1, 2, 1, cost="1.5", input_tokens=4), call(1, 3, 1, cost="2"))

        whole = detail(store, project)
        assert (whole.name, whole.route, whole.release, whole.customer) == ("root", "r", "v2", "acme")
        assert (whole.tags, whole.calls, whole.span_count) == ({"plan": "pro"}, 2, 3)
        assert (whole.cost, whole.usage) == (Decimal("3.5"), Usage(input=4))

    def test_spans_come_in_order_of_time_with_a_parent_before_its_children(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 3, 2, ms=5), span(1, 4, 1, at=1), span(1, 2, 1, ms=50), span(1, 1, ms=2000))

        assert [each.span_id for each in detail(store, project).spans] == [span_id(n) for n in (1, 2, 3, 4)]

    def test_orphans_are_kept_and_a_trace_without_a_root_can_be_read(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 2, 77, name="orphan"), span(1, 3, 78, at=1))

        whole = detail(store, project)
        assert (whole.name, [each.parent_id for each in whole.spans]) == ("orphan", [span_id(77), span_id(78)])

    def test_a_long_trace_comes_in_pages_of_500_spans_with_the_sums_of_all(self, store: Store, project: UUID) -> None:
        write(store, project, *(call(1, n, n > 1, at=n // 100, cost="0.001", input=f"{n}") for n in range(1, 1_102)))

        pages = [first := detail(store, project), second := detail(store, project, cursor=first.cursor)]
        pages.append(last := detail(store, project, cursor=second.cursor))
        assert [len(page.spans) for page in pages] == [500, 500, 101]
        assert last.cursor is None
        assert {page.cost for page in pages} == {Decimal("1.101")}
        read = [each for page in pages for each in page.spans]
        assert sorted(int(each.span_id, 16) for each in read) == list(range(1, 1_102))
        assert all(each.input == str(int(each.span_id, 16)) for each in read)

    def test_a_span_that_was_sent_again_shows_what_was_said_last(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1, input="first"))
        write(store, project, span(1, 1, at=30, version=2, input="second"))
        write(store, project, span(1, 1, version=2, is_deleted=1, input="first"))

        (read,) = detail(store, project).spans
        assert (read.start, read.input) == (NOON + timedelta(seconds=30), "second")

    def test_a_trace_can_be_read_before_it_is_settled(self, store: Store, project: UUID) -> None:
        root = span(1, 1, name="root", route="r", status="error", session_id="s", tags={"plan": "pro"})
        failing = call(1, 3, 1, at=1, status="error", failure_kind="timeout", route="own")
        send(store, project, call(1, 2, 1, cost="1", input_tokens=7), failing, root)

        whole = detail(store, project)
        assert (whole.name, whole.route, whole.status, whole.failure_kind) == ("root", "r", "error", "timeout")
        assert (whole.session_id, whole.tags, whole.span_count) == ("s", {"plan": "pro"}, 3)
        assert (whole.calls, whole.cost, whole.usage, whole.outcome) == (2, None, Usage(input=7), None)
        assert [each.cost_status for each in whole.spans] == ["not_billable", "pending", "pending"]
        assert [each.route for each in whole.spans] == ["r", "r", "own"]
        assert list_traces(store, project, DAY).items == ()

    def test_what_was_said_in_a_call_is_there_before_and_after_it_is_settled(self, store: Store, project: UUID) -> None:
        said = call(1, 1, cost="1", output="said")
        send(store, project, said)
        (before,) = detail(store, project).spans
        write(store, project, said)

        (after,) = detail(store, project).spans
        assert (before.cost, before.cost_status, before.output) == (None, "pending", "said")
        assert (after.cost, after.cost_status, after.output) == (Decimal(1), "priced", "said")

    def test_a_trace_tells_how_it_ended_what_it_cost_beside_tokens_and_where_it_went_in_circles(
        self, store: Store, project: UUID
    ) -> None:
        told = {"success": False, "revenue": "4.50", "charges": "0.01", "outcome_at": NOON}
        write(store, project, span(1, 1, session_id="s", loop_tool="search", loop_calls=3, **told))
        tell(store, project, "trace", trace_id(1), "solved", success=False, value=None)
        tell(store, project, "session", "s", "sold", success=True, value=Decimal("4.5"))
        tell(store, project, "session", "another", "sold", success=True, value=Decimal(9))

        whole = detail(store, project)
        assert (whole.charges, whole.loop) == (Decimal("0.01"), Loop("search", 3))
        assert whole.outcome is not None
        assert (whole.outcome.success, whole.outcome.value, whole.outcome.received_at) == (False, Decimal("4.5"), NOON)
        assert [(each.subject, each.name, each.value) for each in whole.outcome.told] == [
            ("session", "sold", Decimal("4.5")),
            ("trace", "solved", None),
        ]
        item = only(store, project)
        assert (item.charges, item.loop) == (whole.charges, whole.loop)
        assert item.outcome == Ending(success=False, value=Decimal("4.5"), received_at=NOON)
        assert (item.status, item.failure_kind) == ("error", "task_failed")

    def test_scores_of_the_trace_and_its_spans_come_along(self, store: Store, project: UUID) -> None:
        write(store, project, span(1, 1))
        write_scores(store, project, [Score(trace_id=trace_id(1), span_id=span_id(1), name="good", value=True)])

        assert [(score.name, score.value) for score in detail(store, project).scores] == [("good", 1.0)]

    def test_what_another_project_has_under_the_same_id_is_not_shown(self, store: Store, project: UUID) -> None:
        other = uuid4()
        write(store, other, span(1, 1, input="secret"))
        assert read_trace(store, project, trace_id(1)) is None

        write(store, project, span(1, 2, at=5))
        assert [each.span_id for each in detail(store, project).spans] == [span_id(2)]

    @pytest.mark.parametrize("text", ["", "x", trace_id(1)[:-1], trace_id(1) + "0", trace_id(10).upper(), *HOSTILE])
    def test_what_is_no_trace_id_finds_nothing(self, store: Store, project: UUID, text: str) -> None:
        assert read_trace(store, project, text) is None

    @pytest.mark.parametrize("cursor", ["x", "1~2", f"1~{2**63}~{span_id(1)}", f"{10**16 - 1}~1~{span_id(1)}"])
    def test_a_cursor_that_is_not_ours_is_refused(self, store: Store, project: UUID, cursor: str) -> None:
        with pytest.raises(BadCursor):
            read_trace(store, project, trace_id(1), cursor)


def test_a_list_is_three_queries_at_most_and_a_trace_seven(
    store: Store, project: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(store, project, span(1, 1))
    asked: list[str] = []
    select = Store.select
    monkeypatch.setattr(Store, "select", lambda self, sql, **more: asked.append(sql) or select(self, sql, **more))

    list_traces(store, project, Window(DAY.since - timedelta(days=30), DAY.until))
    assert len(asked) == 3
    asked.clear()
    read_trace(store, project, trace_id(1))
    assert len(asked) == 7
