"""From the door through spool and writer into a real store: messages, evaluations and data points, each once."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import UUID

import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Gauge, Metric, NumberDataPoint

from ingest import logs, metric_points
from ingest.answers import PROTOBUF
from ingest.batch import Batch
from ingest.reading import reading
from ingest.records import Records
from ingest.redaction.redactor import Redactor
from ingest.spool import Spool
from ingest.tally import Ledger, ledger, rejected
from ingest.writer import Writer
from ledger.domain.questions import read_question
from ledger.domain.span import Value
from ledger.domain.windows import Window
from ledger.store.capacity import points
from ledger.store.client import Store
from ledger.store.errors import QueryRefused
from ledger.store.metrics import measure
from ledger.store.scores import scores_of
from ledger.store.traces import SpanDetail, read_trace
from tests.ingest import requests
from tests.ingest.captured import COMBINATIONS, Combination
from tests.ingest.house import House as Running
from tests.ingest.house import own_database
from tests.ingest.records import START, Plain, metrics, record, redactor
from tests.ingest.records import logs as logs_request

NOW = START // 1000
CALL: dict[str, requests.Plain] = {"gen_ai.operation.name": "chat", "gen_ai.response.id": "r1"}
RESULT: dict[str, Plain] = {"gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": 0.5}
BY_RESPONSE = RESULT | {"gen_ai.response.id": "r1"}


class Addresses(Protocol):
    url: str


type Read = Callable[[bytes, str, Redactor], Records]


class House:
    """A spool and its writer, in this process."""

    def __init__(self, spool: Spool, store: Store, project: UUID) -> None:
        self.spool, self.store, self.project = spool, store, project
        self.at = time.time_ns() // 1000
        self.writer = Writer(spool, store)

    def append(self, batch: Batch) -> None:
        asyncio.run(self.spool.append(batch))

    def spans(self, body: bytes) -> None:
        found = reading(body, PROTOBUF, redactor())
        self.at += 1
        self.append(Batch(self.project, "key", self.at, found.parts, found.rejected))

    def records(self, read: Read, body: bytes) -> None:
        found = read(body, PROTOBUF, redactor())
        self.at += 1
        self.append(Batch(self.project, "key", self.at, found.parts, noted=found.rejected))

    def logs(self, body: bytes) -> None:
        self.records(logs.reading, body)

    def metrics(self, body: bytes) -> None:
        self.records(metric_points.reading, body)

    def write(self) -> None:
        for _ in range(20):
            with suppress(QueryRefused):
                if not self.writer.step():
                    return
        raise AssertionError("the spool is not empty")

    def look(self) -> None:
        self.writer.beside.look_at = 0
        self.writer.beside.look()

    @property
    def counts(self) -> Ledger:
        return ledger(self.spool.path.parent, self.project)

    def span(self, number: int = 1, trace: int = 1) -> SpanDetail:
        found = read_trace(self.store, self.project, f"{trace:032x}")
        assert found is not None
        return next(span for span in found.spans if span.span_id == f"{number:016x}")

    def rows(self, table: str) -> int:
        sql = f"SELECT count() AS n FROM {table} FINAL WHERE project_id = {{project:UUID}}"
        return int(self.store.select(sql, project=self.project)[0]["n"])


@pytest.fixture
def house(spool_folder: Path, store: Store, project: UUID) -> Iterator[House]:
    spool = Spool(spool_folder)
    yield House(spool, store, project)
    spool.close()


def text(role: str, content: str) -> dict[str, Value]:
    return {"role": role, "parts": [{"type": "text", "content": content}]}


CONVERSATION = logs_request(
    record("gen_ai.choice", at=30, body={"message": {"content": "21 degrees"}}),
    record("gen_ai.user.message", at=20, body={"content": "Weather?"}),
    record("gen_ai.system.message", at=10, body={"content": "be terse"}),
)
SAID_IN: Value = [text("system", "be terse"), text("user", "Weather?")]
SAID_OUT: Value = [text("assistant", "21 degrees")]


class TestMessages:
    @pytest.mark.parametrize("order", ["before", "after", "together"])
    def test_a_spans_conversation_is_that_of_its_events_in_order_of_time_whichever_comes_first(
        self, house: House, order: str
    ) -> None:
        span = requests.body(requests.span(attributes=CALL))
        sent: list[Callable[[], None]] = [lambda: house.logs(CONVERSATION), lambda: house.spans(span)]
        for send in sent if order == "before" else reversed(sent):
            send()
            if order != "together":
                house.write()
        house.write()

        assert (house.span().input, house.span().output) == (SAID_IN, SAID_OUT)

    def test_what_the_span_says_itself_counts_and_is_not_stored_twice(self, house: House) -> None:
        own = '[{"role": "user", "parts": [{"type": "text", "content": "own"}]}]'
        house.spans(requests.body(requests.span(attributes=CALL | {"gen_ai.input.messages": own})))
        house.logs(CONVERSATION)
        house.write()

        assert (house.span().input, house.span().output) == ([text("user", "own")], SAID_OUT)
        assert house.rows("message_events") == 1

    def test_a_span_that_comes_later_with_its_own_content_wins(self, house: House) -> None:
        house.logs(CONVERSATION)
        house.write()
        own = '[{"role": "user", "parts": [{"type": "text", "content": "own"}]}]'
        house.spans(requests.body(requests.span(attributes=CALL | {"gen_ai.input.messages": own})))
        house.write()

        assert (house.span().input, house.span().output) == ([text("user", "own")], SAID_OUT)

    def test_the_details_of_a_call_stand_for_its_single_messages(self, house: House) -> None:
        house.spans(requests.body(requests.span(attributes=CALL)))
        told: dict[str, Plain] = {"gen_ai.input.messages": '[{"role": "user", "content": "whole"}]'}
        house.logs(CONVERSATION)
        house.logs(logs_request(record("gen_ai.client.inference.operation.details", attributes=told)))
        house.write()

        assert (house.span().input, house.span().output) == ([text("user", "whole")], SAID_OUT)

    def test_sent_twice_in_one_group_or_two_it_is_said_once(self, house: House) -> None:
        house.spans(requests.body(requests.span(attributes=CALL)))
        house.logs(CONVERSATION)
        house.logs(CONVERSATION)
        house.write()
        house.logs(CONVERSATION)
        house.write()

        assert house.span().input == SAID_IN
        assert house.rows("message_events") == 3

    def test_an_exception_is_an_event_of_its_span(self, house: House) -> None:
        house.spans(requests.body(requests.span(attributes=CALL)))
        told: dict[str, Plain] = {"exception.type": "ReadTimeout"}
        house.logs(logs_request(record("gen_ai.client.operation.exception", at=7, attributes=told)))
        house.write()

        (event,) = house.span().events
        assert (event.time, event.name) == (NOW + 7, "gen_ai.client.operation.exception")
        assert event.attributes == {"exception.type": "ReadTimeout"}

    def test_another_projects_messages_are_not_shown(self, house: House) -> None:
        house.spans(requests.body(requests.span(attributes=CALL)))
        found = logs.reading(CONVERSATION, PROTOBUF, redactor())
        house.append(Batch(UUID(int=house.project.int ^ 1), "key", NOW, found.parts))
        house.write()

        assert house.span().input is None


class TestEvaluations:
    def test_a_result_is_a_score_of_its_span_once_however_often_it_is_sent(self, house: House) -> None:
        house.spans(requests.body(requests.span(attributes=CALL)))
        for _ in range(2):
            house.logs(logs_request(record("gen_ai.evaluation.result", attributes=RESULT)))
            house.write()

        (score,) = scores_of(house.store, house.project, f"{1:032x}")
        assert (score.span_id, score.name, score.value) == (f"{1:016x}", "relevance", 0.5)
        assert score.timestamp == datetime.fromtimestamp(NOW / 1e6, UTC)

    @pytest.mark.parametrize("order", ["after", "before", "both"])
    def test_a_result_finds_its_call_by_the_response_id(self, house: House, order: str) -> None:
        span = requests.body(requests.span(5, 7, attributes=CALL))
        sent = logs_request(record("gen_ai.evaluation.result", 0, 0, attributes=BY_RESPONSE))
        if order != "before":
            house.spans(span)
            house.write()
        if order != "after":
            house.logs(sent)
            house.write()
        house.spans(span)
        house.logs(sent)
        house.write()
        house.look()

        (score,) = scores_of(house.store, house.project, f"{7:032x}")
        assert (score.span_id, score.name, score.value) == (f"{5:016x}", "relevance", 0.5)

    def test_one_whose_call_comes_later_waits_and_is_joined_once(self, house: House) -> None:
        house.logs(logs_request(record("gen_ai.evaluation.result", 0, 0, attributes=BY_RESPONSE)))
        house.write()
        house.look()
        assert house.rows("unjoined_scores") == 1

        house.spans(requests.body(requests.span(5, 7, attributes=CALL)))
        house.write()
        house.look()

        assert house.rows("unjoined_scores") == 0
        (score,) = scores_of(house.store, house.project, f"{7:032x}")
        assert score.value == 0.5

    def test_another_projects_call_of_the_same_response_is_not_its_call(self, house: House) -> None:
        found = reading(requests.body(requests.span(5, 7, attributes=CALL)), PROTOBUF, redactor())
        house.append(Batch(UUID(int=house.project.int ^ 1), "key", NOW, found.parts))
        house.logs(logs_request(record("gen_ai.evaluation.result", 0, 0, attributes=BY_RESPONSE)))
        house.write()
        house.look()

        assert house.rows("unjoined_scores") == 1


def gauge(*values: float, name: str = "vllm:num_requests_running") -> bytes:
    told = [NumberDataPoint(time_unix_nano=START + 1000 * at, as_double=value) for at, value in enumerate(values)]
    return metrics(Metric(name=name, gauge=Gauge(data_points=told)))


WINDOW = Window(
    datetime.fromtimestamp(NOW / 1e6, UTC) - timedelta(hours=1),
    datetime.fromtimestamp(NOW / 1e6, UTC) + timedelta(hours=1),
)


class TestPoints:
    def test_points_sent_twice_are_there_once(self, house: House) -> None:
        for _ in range(2):
            house.metrics(gauge(1, 2))
            house.metrics(gauge(1, 2))
            house.write()

        found = points(house.store, house.project, "vllm:num_requests_running", WINDOW)
        assert [(point.time, point.value) for point in found] == [(NOW, 1), (NOW + 1, 2)]

    def test_tokens_told_by_metrics_are_never_added_to_those_of_spans(self, house: House) -> None:
        house.spans(requests.body(requests.span(attributes=CALL | {"gen_ai.usage.input_tokens": 120})))
        house.metrics(gauge(7_000, name="gen_ai.client.token.usage"))
        house.write()

        asked = read_question("input_tokens", WINDOW.until, since=WINDOW.since.isoformat())
        assert list(measure(house.store, house.project, asked).total.values()) == [120]


class TestOnDisk:
    def test_the_ledger_counts_spans_alone_and_the_rejected_list_names_records_too(self, house: House) -> None:
        house.spans(requests.body(requests.span()))
        house.logs(logs_request(record("gen_ai.user.message", 0, body={"content": "x"}), *[record("other")] * 3))
        house.metrics(gauge(1))
        house.write()

        assert house.counts == Ledger(received=1, stored=1)
        (item,) = rejected(house.spool.path.parent, house.project)
        assert (item.reason, item.count) == ("message_without_span", 1)

    def test_what_the_store_refuses_is_listed_and_holds_up_nothing(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        insert = house.store.insert

        def refusing(table: str, columns: dict[str, list[object]], token: str = "") -> None:
            if table == "metric_points" and 13.0 in columns["value"]:
                raise QueryRefused(53, "a bad row", "INSERT")
            insert(table, columns, token)

        monkeypatch.setattr(house.store, "insert", refusing)
        house.metrics(gauge(1, 2, 13, 4, 5))
        house.spans(requests.body(requests.span()))
        house.write()

        assert len(points(house.store, house.project, "vllm:num_requests_running", WINDOW)) == 4
        assert house.counts == Ledger(received=1, stored=1)
        (item,) = rejected(house.spool.path.parent, house.project)
        assert (item.reason, item.count) == ("points_refused_by_store", 1)

    def test_a_damaged_record_is_listed_and_holds_up_nothing(self, house: House) -> None:
        house.logs(CONVERSATION)
        house.metrics(gauge(1))
        house.spool.connection.execute("UPDATE records SET payload = zeroblob(9) WHERE content = 'messages'")
        house.write()

        assert house.rows("metric_points") == 1
        (item,) = rejected(house.spool.path.parent, house.project)
        assert item.reason == "messages_unreadable_in_spool"

    @pytest.mark.parametrize("table", ["message_events", "metric_points"])
    def test_a_group_that_was_half_written_is_completed_without_doubles(
        self, house: House, table: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        house.spans(requests.body(requests.span(attributes=CALL)))
        house.logs(CONVERSATION)
        house.metrics(gauge(1, 2))
        with monkeypatch.context() as patch:
            patch.setattr("ingest.writer.announce", died)
            with pytest.raises(Died):
                house.writer.step()
        Writer(house.spool, house.store).step()

        sql = f"SELECT count() AS n FROM {table} WHERE project_id = {{project:UUID}}"
        expected = {"message_events": 3, "metric_points": 2}[table]
        assert house.store.select(sql, project=house.project)[0]["n"] == expected


@pytest.mark.parametrize("place", ["decided", "inserted", "written"])
def test_a_writer_that_is_killed_doubles_and_loses_nothing(
    place: str, tmp_path: Path, postgres: str, clickhouse: Addresses, store: Store, project: UUID
) -> None:
    running = Running(tmp_path, own_database(postgres), clickhouse.url)
    try:
        running.start_ingest()
        key = running.key(project)
        sent = [
            ("/v1/traces", requests.body(requests.span(attributes=CALL))),
            ("/v1/logs", CONVERSATION),
            ("/v1/logs", logs_request(record("gen_ai.evaluation.result", attributes=RESULT))),
            ("/v1/metrics", gauge(1, 2)),
        ]
        assert [running.post(body, key, path).status_code for path, body in sent] == [200] * 4
        running.start_writer("--die-at", place)
        assert running.writer is not None
        assert running.writer.wait(30) != 0
        running.start_writer()
        running.drain(project)
        running.wait(lambda: len(scores_of(store, project, f"{1:032x}")) == 1, "the score to be there")
    finally:
        running.stop()

    sql = "SELECT count() AS n FROM {table:Identifier} WHERE project_id = {project:UUID}"
    rows = {
        table: store.select(sql, project=project, table=table)[0]["n"] for table in ("message_events", "metric_points")
    }
    assert rows == {"message_events": 3, "metric_points": 2}


class Died(Exception):
    """The writer was killed here."""


def died(*_: object) -> None:
    raise Died


WITH_RECORDS = [
    combo for combo in COMBINATIONS if any(one.path in ("/v1/logs", "/v1/metrics") for one in combo.requests)
]


@pytest.mark.parametrize("combination", WITH_RECORDS, ids=lambda combo: str(combo.name))
def test_captured_clients_are_kept_once_and_spans_keep_their_own_content(
    combination: Combination, house: House
) -> None:
    takes = {"/v1/traces": house.spans, "/v1/logs": house.logs, "/v1/metrics": house.metrics}
    reads: dict[str, Read] = {"/v1/logs": logs.reading, "/v1/metrics": metric_points.reading}
    kept = dict.fromkeys(reads, 0)
    for one in combination.requests:
        if one.path in reads:
            kept[one.path] += reads[one.path](one.decoded, PROTOBUF, redactor()).kept
    for _ in range(2):
        for one in combination.requests:
            takes[one.path](one.decoded)
        house.write()

    assert house.rows("metric_points") == kept["/v1/metrics"]
    # Google's spans say all that its events say; OpenAI's, with content off, say nothing.
    expected = 0 if combination.name == "google-genai-otel" else kept["/v1/logs"]
    assert house.rows("message_events") == expected
    assert house.counts.received == house.counts.stored + house.counts.merged
