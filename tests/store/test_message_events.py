"""What log records say of spans, beside what the spans say themselves."""

import re
from collections.abc import Sequence
from uuid import UUID, uuid4

from ledger.domain.message_event import DETAILS, EXCEPTION, MessageEvent
from ledger.domain.span import Event
from ledger.store.client import Store, named
from ledger.store.message_events import Arrived, spans_saying, write_events
from ledger.store.traces import SpanDetail, read_trace
from tests.store.ledgers import call, span_id, trace_id, write

NOON = 1_790_000_000_000_000


def event(name: str = "gen_ai.user.message", span: int = 1, **more: object) -> MessageEvent:
    known = {"trace_id": trace_id(1), "span_id": span_id(span), "id": uuid4().hex, "time": NOON, "position": 1}
    return MessageEvent(**known | {"name": name} | more)  # type: ignore[arg-type]


def say(store: Store, project: UUID, *events: MessageEvent, token: str = "") -> None:
    write_events(store, [Arrived(project, one, NOON) for one in events], token)


def spans(store: Store, project: UUID) -> Sequence[SpanDetail]:
    found = read_trace(store, project, trace_id(1))
    assert found is not None
    return found.spans


def test_messages_come_in_order_of_time_then_of_their_place_in_the_request(store: Store, project: UUID) -> None:
    write(store, project, call(1, 1))
    say(
        store,
        project,
        event(input='["third"]', time=NOON + 1),
        event(input='["second"]', position=2),
        event(input='["first"]', position=1),
    )

    assert spans(store, project)[0].input == ["first", "second", "third"]


def test_of_several_accounts_of_a_whole_call_the_last_one_counts(store: Store, project: UUID) -> None:
    write(store, project, call(1, 1))
    whole = [event(DETAILS, input=f'["{at}"]', time=NOON + at) for at in (2, 1)]
    say(store, project, *whole, event(input='["single"]', time=NOON + 9))

    assert spans(store, project)[0].input == ["2"]


def test_exceptions_stand_among_the_spans_own_events_in_order_of_time(store: Store, project: UUID) -> None:
    own = [{"time": NOON, "name": "a", "attributes": {}}, {"time": NOON + 9, "name": "z", "attributes": {}}]
    write(store, project, call(1, 1, events=own))
    say(store, project, event(EXCEPTION, time=NOON + 5, attributes={"exception.type": "X"}))

    found = spans(store, project)[0].events
    assert [one.name for one in found] == ["a", EXCEPTION, "z"]
    assert found[1] == Event(NOON + 5, EXCEPTION, {"exception.type": "X"})


def test_each_span_has_its_own_events(store: Store, project: UUID) -> None:
    write(store, project, call(1, 1), call(1, 2, at=1), call(1, 3, at=2))
    say(store, project, event(input='["one"]'), event(span=3, output='["three"]'))

    assert [(one.input, one.output) for one in spans(store, project)] == [
        (["one"], None),
        (None, None),
        (None, ["three"]),
    ]


def test_under_one_token_the_same_events_are_taken_once(store: Store, project: UUID) -> None:
    one = event(input='["once"]')
    for _ in range(2):
        say(store, project, one, token=f"{project}:messages")

    rows = store.select("SELECT count() AS n FROM message_events WHERE project_id = {p:UUID}", p=project)
    assert rows[0]["n"] == 1


def test_only_spans_with_words_of_their_own_are_saying_something(store: Store, project: UUID) -> None:
    write(store, project, call(1, 1, input_preview="asked"), call(1, 2, output_preview="said"), call(1, 3))
    keys = [(trace_id(1), span_id(number)) for number in range(1, 5)]

    assert spans_saying(store, project, keys) == {
        keys[0]: (True, False),
        keys[1]: (False, True),
        keys[2]: (False, False),
    }


def test_asking_what_spans_say_reads_their_granules_alone(store: Store, project: UUID) -> None:
    columns = "(project_id, start_time, trace_id, span_id, version)"
    rows = "SELECT {p:UUID}, toDateTime64('2026-10-01', 6, 'UTC') + number, unhex(leftPad(hex(number), 32, '0'))"
    for table in ("spans", "span_keys"):
        sql = f"INSERT INTO {table} {columns} {rows}, unhex(leftPad(hex(number), 16, '0')), 1 FROM numbers(100000)"
        store.command(sql, p=project)

    explained = store.select(
        f"EXPLAIN indexes = 1 {named('spans_saying')}", project=project, keys=trace_id(7) + span_id(7)
    )

    lines = [row["explain"].strip() for row in explained]
    granules = [re.findall(r"Granules: (\d+)/(\d+)", line)[0] for line in lines if line.startswith("Granules")]
    assert min(int(read) for read, _ in granules) <= 2
    assert max(int(of) for _, of in granules) >= 12
