from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from ingest.conventions.sent import Origin, Sent
from ingest.conventions.table import MAPPING_VERSION, read
from ledger.audit.rereading import Progress, reread
from ledger.domain.span import Span
from ledger.domain.usage import Usage
from ledger.store import rereading, writing
from ledger.store.client import Row, Store
from ledger.store.feed import EVALS, arrived
from ledger.store.rereading import NODE, Trace, Window
from tests.settle.house import NOON, PROVIDER, SECOND, House

DAY = 86_400 * SECOND
ANSWER = '[{"role":"assistant","parts":[{"type":"text","content":"Mild."}],"finish_reason":"stop"}]'
AROUND = Window(NOON - DAY, NOON + DAY)


def sent(number: int, attributes: dict[str, Any], *, trace: int = 1, parent: int = 0, at: int = 0, **more: Any) -> Span:
    """A span as the mapping of today reads it."""
    start = NOON + at * SECOND
    return read(
        Sent(
            trace_id=f"{trace:032x}",
            span_id=f"{number:016x}",
            parent_id=f"{parent:016x}" if parent else "",
            name=f"step {number}",
            start=start,
            end=start + SECOND,
            attributes=attributes,
            origin=Origin({"service.name": "shop"}, "an.instrumentor", "1.0"),
            **more,
        )
    )


def call(number: int = 2, *, tokens: int = 1000, **more: Any) -> Span:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": PROVIDER,
        "gen_ai.request.model": "m-1",
        "gen_ai.usage.input_tokens": tokens,
        "gen_ai.usage.output_tokens": 100,
        "gen_ai.output.messages": ANSWER,
    }
    return sent(number, attributes | more.pop("attributes", {}), parent=more.pop("parent", 1), **more)


def root(**more: Any) -> Span:
    return sent(1, {"spanledger.route": "weather"} | more.pop("attributes", {}), **more)


def misread(span: Span, **wrong: Any) -> Span:
    """As an older mapping read it."""
    return replace(span, mapping_version=0, **wrong)


def fact(house: House, number: int = 2, trace: int = 1) -> Row:
    """A span as the store has it."""
    rows = house.store.select(
        "SELECT * FROM ledger WHERE project_id = {p:UUID} AND hex(trace_id) = {t:String} AND hex(span_id) = {s:String}",
        p=house.project,
        t=f"{trace:032X}",
        s=f"{number:016X}",
    )
    return rows[0]


def run(house: House, window: Window = AROUND) -> list[Progress]:
    return list(reread(house.store, window, house.project))


def corrected(house: House) -> int:
    return sum(progress.corrected for progress in run(house))


def asked_hash(house: House) -> int:
    """What is stored of the house's one tool."""
    tools = "SELECT input_hash FROM spans FINAL WHERE project_id = {project:UUID} AND kind = 'tool'"
    return int(house.store.select(tools, project=house.project)[0]["input_hash"])


def test_what_an_older_mapping_read_wrongly_is_corrected_and_settled_anew(house: House) -> None:
    house.price()
    house.arrive(root(), misread(call(), usage=Usage(), tier=""))
    house.settle()
    assert house.row(2)["cost_status"] == "unknown_usage"

    assert corrected(house) == 1
    house.settle()

    row = house.row(2)
    assert (row["input_tokens"], row["output_tokens"]) == (1000, 100)
    # 1,000 tokens at $2 and 100 at $10 a million.
    assert (row["cost_status"], row["cost"]) == ("priced", Decimal("0.003"))
    assert row["route"] == "weather"
    assert fact(house)["mapping_version"] == MAPPING_VERSION


def test_what_reads_the_same_stays_untouched(house: House) -> None:
    house.arrive(misread(root()), misread(call()), misread(call(3)))
    house.settle()
    before = house.ledger()

    assert corrected(house) == 0

    assert house.ledger() == before


def test_what_was_stored_before_inputs_of_tools_had_a_hash_gets_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.arguments": '{"city": "Oslo"}'}
    tool = misread(sent(2, asked, parent=1))
    with monkeypatch.context() as before:
        before.setattr(writing, "input_hash", lambda _: 0)
        house.arrive(root(), tool)
    assert asked_hash(house) == 0

    assert corrected(house) == 1

    assert asked_hash(house) == writing.input_hash(tool)
    assert corrected(house) == 0


def test_a_second_run_finds_nothing_more_to_correct(house: House) -> None:
    house.arrive(root(), misread(call(), model="wrong"))
    house.settle()

    assert corrected(house) == 1
    house.settle()
    after = house.ledger()

    assert corrected(house) == 0
    assert house.ledger() == after


def test_what_a_call_cost_stays_where_nothing_changed_that_it_follows_from(house: House) -> None:
    house.price()
    house.arrive(root(), misread(call(), tool="wrong"))
    house.settle()
    house.price(version=2)

    assert corrected(house) == 1
    house.settle()

    row = house.row(2)
    assert (row["tool"], row["cost_status"], row["price_version"]) == ("", "priced", 1)


def test_what_a_root_said_wrongly_for_all_is_taken_back_from_all(house: House) -> None:
    wrong: dict[str, Any] = {"session_id": "a project's name", "tags": {"plan": "wrong"}}
    filled_in = replace(call(), **wrong)  # as settling once wrote what a root says into the spans of its trace
    house.arrive(misread(root(), **wrong), filled_in, call(3))
    house.settle()
    assert house.row(3)["session_id"] == "a project's name"

    assert corrected(house) == 2
    house.settle()

    assert {row["session_id"] for row in house.ledger().values()} == {""}
    assert {len(row["tags"]) for row in house.ledger().values()} == {0}


def test_what_a_trace_filled_in_is_no_difference(house: House) -> None:
    house.arrive(misread(root(attributes={"session.id": "s-4", "spanledger.tag.plan": "pro"})), misread(call()))
    house.settle()
    assert house.row(2)["session_id"] == "s-4"

    assert corrected(house) == 0


def test_messages_and_their_previews_stay(house: House) -> None:
    house.arrive(root(), misread(call(), model="wrong", finish_reasons=()))

    assert corrected(house) == 1

    assert fact(house)["output_preview"] == "Mild."
    assert fact(house)["finish_reasons"] == ["stop"]
    kept = house.store.select(
        "SELECT output FROM bodies FINAL WHERE project_id = {p:UUID} AND output != ''", p=house.project
    )
    assert [row["output"] for row in kept] == [call().output]


def test_input_that_was_not_found_is_filled_in(house: House) -> None:
    told = call()
    attributes = told.attributes | {
        "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Hot?"}]}]'
    }
    house.arrive(root(), misread(told, attributes=attributes))

    assert corrected(house) == 1

    body = house.store.select(
        "SELECT input, attributes FROM bodies FINAL WHERE project_id = {p:UUID} AND input != ''", p=house.project
    )
    assert "Hot?" in body[0]["input"]
    assert "Hot?" not in body[0]["attributes"]


def test_only_the_window_is_read(house: House) -> None:
    house.arrive(misread(root(), tool="wrong"), misread(sent(1, {}, trace=2, at=3600), tool="wrong"))

    progress = run(house, Window(NOON, NOON + 3600 * SECOND))

    assert [(one.read, one.total, one.corrected) for one in progress] == [(1, 1, 1)]
    assert fact(house, 1, trace=2)["tool"] == "wrong"


def test_a_span_whose_attributes_are_gone_is_counted_and_left(house: House) -> None:
    house.arrive(root(), misread(call(), model="wrong"))
    house.store.command("DELETE FROM bodies WHERE project_id = {p:UUID}", p=house.project)

    progress = run(house)

    assert [(one.corrected, one.lost) for one in progress] == [(0, 2)]
    assert fact(house)["model"] == "wrong"


def test_progress_is_told_by_day(house: House) -> None:
    spans = [misread(sent(1, {}, trace=trace, at=trace * 3600), tool="wrong") for trace in (1, 13, 14)]
    house.arrive(*spans)

    progress = run(house)

    assert [(str(one.day), one.read, one.total, one.corrected) for one in progress] == [
        ("2026-11-01", 1, 1, 1),
        ("2026-11-02", 2, 2, 2),
    ]


def test_a_later_sending_still_wins(house: House) -> None:
    house.arrive(root(), misread(call(), model="wrong"))
    assert corrected(house) == 1

    house.arrive(replace(call(), model="later"))

    assert fact(house)["model"] == "later"


def test_evaluations_do_not_grade_again_what_was_only_counted_anew(house: House) -> None:
    house.arrive(root(), misread(call(), model="wrong"))
    assert corrected(house) == 1
    house.settle()

    assert NODE not in {arrival.node for arrival in arrived(house.store, EVALS, 1_000_000)}


def test_a_run_that_was_killed_before_its_last_word_is_made_good_by_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.price()
    house.arrive(root(), misread(call(), usage=Usage()))
    house.settle()
    announce, words = rereading.announce, count(1)

    def killed(store: Store, traces: Sequence[Trace]) -> Sequence[Trace]:
        """The first word is said, and heard by the settler; the second never."""
        if any(project == house.project for project, _ in traces) and next(words) == 2:
            raise KeyboardInterrupt
        found = announce(store, traces)
        house.settle()
        return found

    monkeypatch.setattr(rereading, "announce", killed)
    with pytest.raises(KeyboardInterrupt):
        run(house)
    monkeypatch.undo()
    house.settle()
    assert house.row(2)["cost_status"] == "unknown_usage"

    assert corrected(house) == 0
    house.settle()
    assert house.row(2)["cost_status"] == "priced"
