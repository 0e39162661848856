"""What the entry of a trace says once it is settled."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from ledger.domain.prices import Rates
from ledger.domain.usage import Usage
from ledger.settle.settlement import Settlement
from ledger.store.settling import Repricing
from tests.settle.house import GROUPS, NODE, NOON, SECOND, House, call, span

PRICE_OF_A_CALL = Decimal("0.003")


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp((NOON + round(seconds * SECOND)) / SECOND, UTC)


class TestEntries:
    def test_a_trace_is_its_root_and_the_sum_of_its_calls(self, house: House) -> None:
        house.price()
        house.arrive(
            span(name="answer", kind="agent", agent="helper", route="support", session_id="s-1"),
            call(number=2, at=1),
            call(number=3, at=2, usage=Usage(), status="error", failure_kind="timeout"),
            span(number=4, parent=1, at=3, kind="tool", tool="search"),
        )

        house.settle()

        trace = house.trace()
        assert [trace[name] for name in ("name", "kind", "route", "session_id")] == [
            "answer",
            "agent",
            "support",
            "s-1",
        ]
        assert [trace[name] for name in ("status", "failure_kind")] == ["ok", ""]
        assert [trace[name] for name in ("spans", "calls", "failures", "tool_calls")] == [4, 2, 1, 1]
        assert [trace[name] for name in ("cost", "input_tokens", "output_tokens")] == [PRICE_OF_A_CALL, 1000, 100]
        assert trace["cache_read_tokens"] is None
        assert (trace["start_time"], trace["last"], trace["ended"]) == (at(0), at(3), at(4))
        assert {step["tool"] or step["agent"] or step["model"] for step in trace["steps"]} == {
            "m-1",
            "search",
            "helper",
        }

    def test_a_report_counted_elsewhere_counts_nothing(self, house: House) -> None:
        house.price()
        house.arrive(span(), call(response_id="r"), call(7, number=3, parent=0, response_id="r"))

        house.settle()

        assert (house.trace(7)["calls"], house.trace(7)["cost"], house.trace(7)["steps"]) == (0, None, [])

    def test_a_failed_root_fails_its_trace_and_its_calls_say_so(self, house: House) -> None:
        house.arrive(span(status="error"), call(status="error", failure_kind="timeout", at=1), span(number=3, parent=1))

        house.settle()

        assert (house.trace()["status"], house.trace()["failure_kind"]) == ("error", "timeout")
        assert house.row(2)["trace_failed"]

    def test_a_trace_moves_with_its_root(self, house: House) -> None:
        house.arrive(call(at=5))
        house.settle()
        house.arrive(span(route="support"))

        house.settle()

        assert house.traces().keys() == {1}
        assert (house.trace()["start_time"], house.trace()["first"]) == (at(0), at(0))

    def test_a_root_sent_again_at_another_time_leaves_no_second_trace(self, house: House) -> None:
        root = span()
        house.arrive(root, call(at=5))
        house.settle()
        moved = replace(root, start=root.start - 7200 * SECOND, end=root.end + 1)
        house.arrive(moved, moved_from=[root])

        house.settle()

        assert house.traces().keys() == {1}
        assert house.trace()["start_time"] == at(-7200)

    def test_hours_are_marked_where_entries_come_and_go(self, house: House) -> None:
        root = span(at=-7200)
        house.arrive(root, call(at=5))
        house.settle()
        before = marks(house)
        house.arrive(replace(root, start=NOON, end=NOON + 2 * SECOND), moved_from=[root])

        house.settle()

        after = marks(house)
        assert before.keys() == after.keys() == {at(-7200), at(0)}
        assert all(after[hour] > before[hour] for hour in before)

    def test_a_judges_calls_are_known_as_such(self, house: House) -> None:
        house.arrive(span(kind="evaluator"), call(), span(2), call(2))

        house.settle()

        assert [house.row(2, trace)["for_evaluation"] for trace in (1, 2)] == [True, False]


def marks(house: House) -> dict[datetime, int]:
    sql = "SELECT hour, max(mark) AS mark FROM dirty_hours WHERE project_id = {project:UUID} GROUP BY hour"
    return {row["hour"]: row["mark"] for row in house.store.select(sql, project=house.project)}


class TestCacheSavings:
    def test_are_what_the_context_would_have_cost_as_fresh_input_less_what_it_did(self, house: House) -> None:
        house.price(
            rates=Rates(input=Decimal(2), cache_read=Decimal("0.5"), cache_write=Decimal(3), output=Decimal(10))
        )
        house.arrive(
            call(number=2, usage=Usage(input=10, cache_read=1000, output=1)),
            call(number=3, usage=Usage(input=10, cache_write=1000, output=1)),
            call(number=4),
            call(number=5, model="unknown", usage=Usage(input=10, cache_read=1000, output=1)),
        )

        house.settle()

        # 1,000 tokens at $2 less $0.5 a million, at $2 less $3, none, and nobody knows
        saved = [house.row(number)["cache_savings"] for number in (2, 3, 4, 5)]
        assert saved == [Decimal("0.0015"), Decimal("-0.001"), Decimal(0), None]


class TestWorth:
    def test_outcomes_and_charges_of_a_trace_stand_in_its_entry(self, house: House) -> None:
        house.arrive(span(), call())
        outcome(house, "trace", f"{1:032x}", success=True, value="4.50")
        outcome(house, "trace", f"{1:032x}", name="rating", success=True)
        charge(house, "trace", f"{1:032x}", "0.01")
        charge(house, "trace", f"{1:032x}", "0.02")

        house.settle()

        trace = house.trace()
        assert (trace["success"], trace["revenue"], trace["charges"]) == (True, Decimal("4.50"), Decimal("0.03"))
        assert trace["outcome_at"] == at(60)

    def test_one_outcome_that_failed_fails_the_task(self, house: House) -> None:
        house.arrive(span(), call())
        outcome(house, "trace", f"{1:032x}", success=True)
        outcome(house, "trace", f"{1:032x}", name="rating", success=False)

        house.settle()

        assert (house.trace()["success"], house.trace()["revenue"]) == (False, None)
        assert (house.trace()["status"], house.trace()["failure_kind"]) == ("error", "task_failed")
        assert house.row(2)["trace_failed"]

    def test_an_outcome_that_comes_later_settles_its_trace_anew(self, house: House) -> None:
        house.arrive(span(), call())
        house.settle()
        outcome(house, "trace", f"{1:032x}", success=False)
        announced(house, 1)

        house.settle()

        assert house.row(2)["trace_failed"]

    def test_a_sessions_outcome_counts_in_its_last_trace_alone(self, house: House) -> None:
        outcome(house, "session", "s-1", success=True, value="3")
        charge(house, "session", "s-1", "0.5")
        house.arrive(span(1, session_id="s-1"), span(2, session_id="s-1", at=10), span(3, session_id="s-2", at=20))

        house.settle()

        assert [house.trace(number)["revenue"] for number in (1, 2, 3)] == [None, Decimal(3), None]
        assert [house.trace(number)["charges"] for number in (1, 2, 3)] == [None, Decimal("0.5"), None]

    def test_a_sessions_outcome_moves_on_with_the_session(self, house: House) -> None:
        outcome(house, "session", "s-1", success=False)
        house.arrive(span(1, session_id="s-1"), call(1, at=1))
        house.settle()
        house.arrive(span(2, session_id="s-1", at=7 * 86400), call(2, at=7 * 86400 + 1))

        house.settle()

        assert [house.trace(number)["success"] for number in (1, 2)] == [None, False]
        assert [house.row(2, number)["trace_failed"] for number in (1, 2)] == [False, True]

    def test_of_a_session_over_many_weeks_that_comes_at_once_one_trace_has_the_outcome(self, house: House) -> None:
        outcome(house, "session", "s-1", success=True)
        house.arrive(*(span(number, session_id="s-1", at=number * 7 * 86400) for number in (3, 1, 2)))

        house.settle()

        assert [house.trace(number)["success"] for number in (1, 2, 3)] == [None, None, True]


class TestReprice:
    def test_prices_what_it_is_about_anew_and_keeps_the_rest(self, house: House) -> None:
        house.price()
        house.price("m-2")
        house.arrive(call(1, at=-1), call(2), call(3, model="m-2"), call(4, at=60))
        house.settle()
        house.price(version=2, rates=Rates(input=Decimal(20), output=Decimal(100)))
        house.price("m-2", version=2, rates=Rates(input=Decimal(20), output=Decimal(100)))

        steps = list(Settlement(house.store).reprice(Repricing(house.project, at(0), at(60), model="m-1")))

        assert [house.row(2, trace)["price_version"] for trace in (1, 2, 3, 4)] == [1, 2, 1, 1]
        assert house.row(2, 2)["cost"] == house.trace(2)["cost"] == 10 * PRICE_OF_A_CALL
        assert [(step.done, step.total) for step in steps] == [(0, 1), (1, 1)]

    def test_goes_through_portions_where_there_is_much_time_between(self, house: House) -> None:
        house.price()
        house.arrive(*(call(number, at=number * 3 * 86400) for number in (1, 2, 3)))
        house.settle()
        house.price(version=2)

        steps = list(Settlement(house.store).reprice(Repricing(house.project, at(0), at(30 * 86400))))

        assert [step.done for step in steps] == [0, 1, 2, 3]
        assert {house.row(2, trace)["price_version"] for trace in (1, 2, 3)} == {2}


def outcome(
    house: House, subject: str, subject_id: str, *, success: bool, value: str | None = None, name: str = "outcome"
) -> None:
    said = {"name": name, "id": "", "success": success, "value": None if value is None else Decimal(value)}
    tell(house, "outcomes", subject, subject_id, said)


def charge(house: House, subject: str, subject_id: str, amount: str) -> None:
    tell(house, "charges", subject, subject_id, {"id": uuid4().hex, "kind": "search", "amount": Decimal(amount)})


def tell(house: House, table: str, subject: str, subject_id: str, said: dict[str, object]) -> None:
    known = {"project_id": house.project, "subject": subject, "subject_id": subject_id}
    times = {"received_at": at(60), "updated_at": at(60) + timedelta(seconds=1)}
    house.store.insert(table, {name: [value] for name, value in (known | times | said).items()})


def announced(house: House, trace: int) -> None:
    arrival = {"node": NODE, "group_seq": next(GROUPS), "project_id": house.project}
    row = arrival | {"trace_id": trace.to_bytes(16), "reason": "outcome"}
    house.store.insert("arrivals", {name: [value] for name, value in row.items()})
