"""Ten thousand calls of many deployments arrive in disorder, and the ledger says what really happened."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ledger.domain.span import Span, version_of
from ledger.domain.usage import Usage
from ledger.settle.settlement import Settlement
from ledger.store.client import Row, Store
from ledger.store.prices import publish
from ledger.store.writing import Sending, announce, write_spans
from tests.settle.adversary import MODELS, PROFILES, Call, Traffic, mixed, profile, traffic
from tests.settle.house import GROUPS, NODE, NOON, SECOND, House, call, span
from tests.settle.oracle import Oracle

CALLS = 360
"""Of each profile: ten thousand in all."""
PARTS = 4
"""Each profile's spans come in so many parts, settled one after another."""
NAMES = [each.name for each in PROFILES]
MONEY = Decimal("0.0001")
"""The bill may be wrong by a hundredth of a percent."""
AT_RANDOM = {"few ids": 0.03}
"""Where ids are drawn from a few hundred, two calls that are alike and have one id are taken for one."""
DATE = re.compile(r"-\d{4}-\d\d-\d\d$")
ENTRIES = """
SELECT lower(hex(trace_id)) AS trace, lower(hex(span_id)) AS span, kind, scope, model, status, cost_status, cost, route,
    lower(hex(duplicate_of)) AS primary, weight, input_tokens, output_tokens,
    input_tokens + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) AS context
FROM calls
WHERE project_id = {project:UUID}
"""
TRACES = "SELECT * FROM traces WHERE project_id = {project:UUID}"
NOBODY = "0" * 48


@dataclass(frozen=True, slots=True, repr=False)
class Bill:
    """What the ledger says of a project, beside what really happened there."""

    truth: Traffic
    entries: list[Row]
    traces: list[Row]

    @property
    def counted(self) -> list[Row]:
        return [row for row in self.entries if row["cost_status"] != "duplicate"]

    @property
    def calls(self) -> list[Row]:
        return [row for row in self.counted if row["kind"] != "tool"]

    @property
    def tools(self) -> list[Row]:
        return [row for row in self.counted if row["kind"] == "tool"]

    @property
    def cost(self) -> Decimal:
        return sum((row["cost"] or 0 for row in self.calls), Decimal(0))

    @property
    def lost(self) -> Counter[tuple[object, ...]]:
        """Real calls that were taken for others."""
        return Counter(map(told, self.truth.calls)) - Counter(map(read, self.calls))

    @property
    def doubled(self) -> Counter[tuple[object, ...]]:
        """Reports that were counted though their call is counted already."""
        return Counter(map(read, self.calls)) - Counter(map(told, self.truth.calls))

    def __repr__(self) -> str:
        return (
            f"{self.truth.profile}: {len(self.truth.calls)} calls, {len(self.calls)} counted; "
            f"lost {self.lost.total()}: {self.lost.most_common(3)}; "
            f"counted twice {self.doubled.total()}: {self.doubled.most_common(3)}; "
            f"{self.truth.cost:f} USD, {self.cost:f} in the ledger"
        )


def told(call: Call) -> tuple[object, ...]:
    known = not call.usage.unknown
    return call.model, call.failed, call.usage.context if known else None, call.usage.output if known else None


def read(row: Row) -> tuple[object, ...]:
    known = row["input_tokens"] is not None and row["output_tokens"] is not None
    context, output = (row["context"], row["output_tokens"]) if known else (None, None)
    return DATE.sub("", row["model"]), row["status"] == "error", context, output


def arrive(store: Store, spans: Sequence[tuple[UUID, Span]]) -> None:
    """The writer writes a group with spans of several projects."""
    seq = next(GROUPS)
    received = NOON + seq * SECOND
    sendings = [
        Sending(project, one, version_of(one.end, received, at), received) for at, (project, one) in enumerate(spans)
    ]
    write_spans(store, sendings, [])
    announce(store, sendings, NODE, seq, uuid4().hex)


def settle(store: Store) -> None:
    settlement = Settlement(store)
    settlement.fill_unpriced()
    while settlement.settle_arrived():
        pass


def priced_project(store: Store) -> UUID:
    project = uuid4()
    publish(store, [model.price(project) for model in MODELS])
    return project


def bill(store: Store, project: UUID, truth: Traffic) -> Bill:
    return Bill(truth, store.select(ENTRIES, project=project), store.select(TRACES, project=project))


@pytest.fixture(scope="module")
def bills(store: Store) -> dict[str, Bill]:
    """Every profile in a project of its own, all arriving at once, settled part by part."""
    projects = {priced_project(store): traffic(each, CALLS, seed=1) for each in PROFILES}
    for part in range(PARTS):
        arrive(store, [(project, one) for project, sent in projects.items() for one in sent.spans[part::PARTS]])
        settle(store)
    return {sent.profile: bill(store, project, sent) for project, sent in projects.items()}


@pytest.fixture(params=NAMES)
def found(request: pytest.FixtureRequest, bills: dict[str, Bill]) -> Bill:
    return bills[request.param]


class TestEveryDeployment:
    def test_each_real_call_is_counted_and_none_is_taken_for_another(self, found: Bill) -> None:
        most = AT_RANDOM.get(found.truth.profile, 0) * len(found.truth.calls)

        assert found.lost.total() <= most, found

    def test_no_call_is_counted_twice(self, found: Bill) -> None:
        assert not found.doubled, found

    def test_the_money_is_that_of_the_bill(self, found: Bill) -> None:
        most = max(MONEY, Decimal(AT_RANDOM.get(found.truth.profile, 0)))

        assert abs(found.cost / found.truth.cost - 1) <= most, found

    def test_failures_are_those_that_happened(self, found: Bill) -> None:
        failures = sum(row["status"] == "error" for row in found.calls)

        assert failures == found.truth.failures, found

    def test_counts_are_weighted_by_what_the_client_sampled(self, found: Bill) -> None:
        most = AT_RANDOM.get(found.truth.profile, 0)

        assert sum(row["weight"] for row in found.calls) == pytest.approx(found.truth.weighted, rel=most), found

    def test_tool_calls_are_counted_on_the_outermost_span(self, found: Bill) -> None:
        failed = sum(row["status"] == "error" for row in found.tools)

        assert (len(found.tools), failed) == (found.truth.tools, found.truth.failed_tools)

    def test_a_duplicate_names_a_report_that_counts(self, found: Bill) -> None:
        counting = {row["trace"] + row["span"] for row in found.counted}
        named = {row["primary"] for row in found.entries if row["cost_status"] == "duplicate"}

        assert named <= counting
        assert all(row["primary"] == NOBODY for row in found.counted)

    def test_nothing_stays_pending(self, found: Bill) -> None:
        assert not [row for row in found.entries if row["cost_status"] == "pending"]

    def test_traces_come_to_what_their_calls_come_to(self, found: Bill) -> None:
        def sums(rows: list[Row]) -> tuple[int, int, int, Decimal]:
            money = sum((row["cost"] or 0 for row in rows), Decimal(0))
            return *(sum(row[name] for row in rows) for name in ("calls", "failures", "tool_calls")), money

        failures = sum(row["status"] == "error" for row in found.calls)
        assert sums(found.traces) == (len(found.calls), failures, len(found.tools), found.cost)

    def test_each_route_bears_what_it_spent(self, found: Bill) -> None:
        spent, booked = Counter[str](), Counter[str]()
        for real in found.truth.calls:
            spent[real.route] += real.cost or 0
        for row in found.calls:
            booked[row["route"]] += row["cost"] or 0

        most = max(MONEY, Decimal(AT_RANDOM.get(found.truth.profile, 0)))
        off = {route: (spent[route], booked[route]) for route in spent if abs(booked[route] / spent[route] - 1) > most}
        assert not off, f"{found.truth.profile}: by route, USD spent and booked: {off}"


class TestAll:
    def test_all_deployments_in_one_project_cost_what_they_cost_apart(self, store: Store) -> None:
        project, truth = priced_project(store), mixed(1_000, seed=2)
        arrive(store, [(project, one) for one in truth.spans])
        settle(store)

        found = bill(store, project, truth)
        assert found.lost.total() <= 2, found
        assert not found.doubled, found

    def test_two_projects_with_the_same_spans_are_billed_alike(self, store: Store) -> None:
        projects = [priced_project(store), priced_project(store)]
        truth = traffic(profile("copies"), 100, seed=3)
        arrive(store, [(project, one) for project in projects for one in truth.spans])
        settle(store)

        for project in projects:
            found = bill(store, project, truth)
            assert (found.cost, len(found.calls)) == (truth.cost, len(truth.calls)), found


class TestInParts:
    def test_an_attempt_is_counted_again_once_a_later_one_is_what_the_framework_told_of(self, house: House) -> None:
        failed = {"status": "error", "failure_kind": "timeout", "usage": Usage()}
        house.arrive(
            span(1, 1, at=0, end=NOON + 10 * SECOND),
            call(1, 2, at=0, end=NOON + 9 * SECOND, scope="framework", **failed),
            call(2, 3, parent=0, at=1, scope="client", **failed),
        )
        house.settle()
        house.arrive(call(3, 4, parent=0, at=5, scope="client", **failed))

        house.settle()

        assert sorted(counted(house)) == ["duplicate", "not_billable", "not_billable"]

    def test_a_second_attempt_long_after_the_first_is_still_what_the_framework_told_of(self, house: House) -> None:
        house.price()
        house.arrive(
            span(1, 1, at=0, end=NOON + 605 * SECOND),
            call(1, 2, at=0, end=NOON + 604 * SECOND, scope="framework"),
        )
        house.settle()
        house.arrive(call(3, 4, parent=0, at=601, end=NOON + 604 * SECOND - 1_000, scope="client"))

        house.settle()

        assert sorted(counted(house)) == ["duplicate", "priced"]

    def test_an_id_that_only_the_finished_span_tells_finds_the_report_that_was_there_before(self, house: House) -> None:
        house.price()
        house.arrive(call(9, 9, parent=0, at=93_600, response_id="r"))
        unfinished = call(1, 2, response_id="r")
        house.arrive(span(), replace(unfinished, end=unfinished.start, response_id="", usage=Usage()))
        house.settle()
        house.arrive(unfinished)
        house.store.command("OPTIMIZE TABLE call_entries FINAL")  # as it may happen at any moment

        house.settle()

        assert sorted(counted(house)) == ["duplicate", "priced"]

    def test_tokens_that_only_the_finished_span_tells_find_the_client_beside_it(self, house: House) -> None:
        house.price()
        house.arrive(call(9, 9, parent=0, scope="client"))
        unfinished = call(1, 2, scope="framework")
        house.arrive(span(), replace(unfinished, end=unfinished.start, usage=Usage()))
        house.settle()
        house.arrive(unfinished)
        house.store.command("OPTIMIZE TABLE call_entries FINAL")  # as it may happen at any moment

        house.settle()

        assert sorted(counted(house)) == ["duplicate", "priced"]

    def test_calls_behind_one_id_are_counted_once_it_turns_out_to_name_nothing(self, house: House) -> None:
        house.price()
        for number in (1, 2, 3):
            house.arrive(span(number), call(number, 2, response_id="0", at=number))
            house.settle()
        house.arrive(span(4), call(4, 2, response_id="0", at=4, usage=Usage(input=7, output=7)))

        house.settle()

        assert counted(house) == ["priced"] * 4

    def test_an_outage_that_two_instrumentors_tell_of_is_no_worse_than_it_was(self, house: House) -> None:
        failed = {"status": "error", "failure_kind": "rate_limit", "usage": Usage()}
        spans = []
        for task in range(1, OUTAGE + 1):
            at, end = 60 * task / OUTAGE, NOON + 60 * SECOND * task // OUTAGE + SECOND
            spans += [
                span(task, 1, at=at, end=end),
                call(task, 2, at=at, end=end, scope="framework", **failed),
                call(OUTAGE + task, 3, parent=0, at=at + 0.001, end=end - 1_000, scope="client", **failed),
            ]
        Random(6).shuffle(spans)
        for part in range(3):
            house.arrive(*spans[part::3])
            house.settle()

        assert Counter(counted(house)) == {"not_billable": OUTAGE, "duplicate": OUTAGE}


OUTAGE = 1_500
"""Calls that fail in one minute."""


def counted(house: House) -> list[str]:
    rows = house.store.select(ENTRIES, project=house.project)
    return [row["cost_status"] for row in rows if row["kind"] == "generation"]


def settled(row: Row) -> tuple[object, ...]:
    return row["trace"], row["span"], row["cost_status"], row["cost"], row["primary"], row["route"]


def sort(row: Row) -> tuple[object, ...]:
    return row["kind"], row["status"], row["cost_status"], row["cost"]


def figures(row: Row) -> tuple[object, ...]:
    return row["calls"], row["failures"], row["tool_calls"], row["cost"] or Decimal(0)


@settings(
    max_examples=2, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(seed=st.integers(0, 10_000), parts=st.integers(2, 6))
def test_order_and_batches_change_nothing_and_the_oracle_finds_the_same(store: Store, seed: int, parts: int) -> None:
    """A few calls of each deployment, once all together and once in parts, each in a project of its own."""
    small = [traffic(replace(each, fan=3), 5, seed) for each in PROFILES]
    whole = {priced_project(store): sent for sent in small}
    cut = {priced_project(store): sent for sent in small}
    arrive(store, [(project, one) for project, sent in whole.items() for one in sent.spans])
    settle(store)
    for part in range(parts):
        arrive(store, [(project, one) for project, sent in cut.items() for one in sent.spans[part::parts]])
        settle(store)

    for project, again in zip(whole, cut, strict=True):
        sent = whole[project]
        once, later = bill(store, project, sent), bill(store, again, sent)
        expected = Oracle(sent.spans, [model.price(project) for model in MODELS])
        sums = Counter(each.figures for each in expected.sums().values())
        assert Counter(map(sort, once.entries)) == expected.sorts(), once
        assert Counter(map(sort, later.entries)) == expected.sorts(), later
        assert Counter(map(figures, once.traces)) == Counter(map(figures, later.traces)) == sums, later
        assert sorted(map(settled, once.entries)) == sorted(map(settled, later.entries)), later
