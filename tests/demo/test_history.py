"""The history: how much there is, what it holds, that it is the same each time, that it waits until it can be read."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ledger.demo import history
from ledger.demo.connection import Connection, NotConnected, Unanswered

UNTIL = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def told():
    return list(history.tasks(UNTIL))


@pytest.fixture
def client():
    with httpx.Client(timeout=5) as client:
        yield client


@pytest.fixture
def connection(stack):
    return Connection(endpoint=stack.url, web_url=stack.url, api_key="key")


def calls(told):
    return [span for task in told for span in task.spans if span.attributes["spanledger.kind"] in history.CALL_KINDS]


class TestStory:
    def test_it_is_the_same_at_every_run(self, told):
        again = list(history.tasks(UNTIL))

        assert [task.spans for task in again] == [task.spans for task in told]

    def test_there_are_a_thousand_calls_of_three_routes_and_two_models_each(self, told):
        models = {}
        for span in calls(told):
            models.setdefault(span.attributes["spanledger.route"], set()).add(span.attributes["gen_ai.request.model"])

        assert len(calls(told)) >= 1000
        assert len([route for route in models if len(models[route]) >= 2]) >= 3

    def test_it_covers_thirty_days_up_to_now(self, told):
        starts = [datetime.fromtimestamp(task.spans[0].start / 10**9, UTC) for task in told]
        days = {start.date() for start in starts}

        assert len(days) >= 30
        assert min(starts) >= UNTIL - timedelta(days=31)
        assert max(span.end for task in told for span in task.spans) / 10**9 < UNTIL.timestamp()

    def test_weekends_and_nights_are_quiet(self, told):
        starts = [datetime.fromtimestamp(task.spans[0].start / 10**9, UTC) for task in told]
        weekdays = Counter(start.weekday() for start in starts)
        hours = Counter(start.hour for start in starts)

        assert weekdays[6] < weekdays[2] * 0.7
        assert hours[3] < hours[10] * 0.3

    def test_failures_of_several_kinds_cut_answers_and_unknown_usage_are_in_it(self, told):
        found = calls(told)
        errors = {span.error[0] for span in found if span.error}
        reasons = {reason for span in found for reason in span.attributes.get("gen_ai.response.finish_reasons", [])}
        mute = [span for span in found if not span.error and "gen_ai.usage.input_tokens" not in span.attributes]

        assert len(errors) >= 4
        assert reasons >= {"stop", "length", "content_filter", "tool_calls"}
        assert mute
        assert 0.01 < len([span for span in found if span.error]) / len(found) < 0.1

    def test_every_span_lies_inside_its_parent(self, told):
        for task in told:
            by_id = {span.span_id: span for span in task.spans}
            assert len(by_id) == len(task.spans)
            for span in task.spans:
                assert span.start <= span.end
                if span.parent_id:
                    parent = by_id[span.parent_id]
                    assert parent.start <= span.start
                    assert span.end <= parent.end


class TestWorth:
    def test_three_routes_say_how_their_tasks_ended_and_one_never_does(self, told):
        endings = Counter()
        for task in told:
            endings[task.spans[0].attributes["spanledger.route"]] += len(task.worth.endings)

        assert endings["inbox.triage"] == 0
        assert all(endings[route] > 100 for route in ("support.answer", "search.products", "invoices.extract"))

    def test_most_succeed_some_fail_and_what_they_are_worth_pays_for_them(self, told):
        endings = [ending for task in told for ending in task.worth.endings if ending.name != "order"]
        succeeded = sum(ending.success for ending in endings)
        values = sum(ending.value or 0 for task in told for ending in task.worth.endings)
        paid = sum(charge.amount for task in told for charge in task.worth.charges)

        assert 0.8 < succeeded / len(endings) < 0.95
        assert 0 < paid < values

    def test_searches_in_the_web_are_paid_at_once_and_people_when_they_had_the_work(self, told):
        paid = [charge for task in told for charge in task.worth.charges]

        assert {charge.kind for charge in paid} == {"web_search", "support_agent", "clerk"}
        assert all((charge.kind == "web_search") == (charge.after == timedelta()) for charge in paid)

    def test_some_ends_of_the_last_days_are_still_open(self, told):
        late = [
            task
            for task in told
            for ending in task.worth.endings
            if task.ended + ending.after > UNTIL and ending.name == ""
        ]

        assert 10 < len(late) < 80
        assert min(task.ended for task in late) > UNTIL - timedelta(days=12)


class TestSending:
    def test_it_arrives_whole_and_is_noted(self, stack, connection, client, tmp_path):
        note = tmp_path / "demo.json"

        history.write(connection, client, note)

        exports = [
            ExportTraceServiceRequest.FromString(body) for body in stack.bodies("/v1/traces") if body[:1] != b"{"
        ]
        spans = [
            span
            for export in exports
            for resource in export.resource_spans
            for scope in resource.scope_spans
            if scope.scope.name == "spanledger.demo"
            for span in scope.spans
        ]
        assert len({span.span_id for span in spans}) == len(spans) > 2000
        assert len(json.loads(stack.bodies("/v1/scores")[0])) > 50
        outcomes = [one for body in stack.bodies("/v1/outcomes") for one in json.loads(body)]
        charges = [one for body in stack.bodies("/v1/charges") for one in json.loads(body)]
        assert len(outcomes) > 500
        assert all(datetime.fromisoformat(one["timestamp"]) <= datetime.now(UTC) for one in outcomes)
        assert len({one["id"] for one in charges}) == len(charges) > 50
        assert stack.bodies("/api/public/otel/v1/traces")
        assert json.loads(note.read_text())["written"]

    def test_a_second_run_sends_nothing(self, stack, connection, client, tmp_path):
        note = tmp_path / "demo.json"
        history.write(connection, client, note)
        sent = len(stack.posts)

        history.write(connection, client, note)

        assert len(stack.posts) == sent

    def test_an_interrupted_run_sends_the_same_again(self, stack, connection, client, tmp_path):
        note = tmp_path / "demo.json"
        stack.statuses = [200, 200, 400]
        with pytest.raises(history.Refused, match="HTTP 400"):
            history.write(connection, client, note)
        first = stack.posts[:2]
        stack.statuses = [200]

        history.write(connection, client, note)

        assert stack.posts[2:4] == first

    def test_a_busy_door_is_knocked_at_again(self, stack, connection, client):
        stack.statuses = [503, 429, 200]

        assert connection.send(client, "/v1/traces", "application/json", b"{}") == 200

    def test_it_waits_until_every_call_is_settled_and_every_outcome_counted(self, stack, connection, client):
        stack.totals = [
            {"calls": 0, "pending_calls": 0, "outcomes": None},
            {"calls": 90, "pending_calls": 5, "outcomes": 0},
            {"calls": 100, "pending_calls": 5, "outcomes": 10},
            {"calls": 100, "pending_calls": 0, "outcomes": 39},
            {"calls": 100, "pending_calls": 0, "outcomes": 40},
        ]
        waited = []

        history.wait_until_settled(connection, client, history.Sent(100, 40), pause=waited.append)

        assert len(waited) == 4

    def test_it_says_what_is_missing_when_that_takes_too_long(self, stack, connection, client):
        stack.spooled, stack.totals = 7, [{"calls": 3, "pending_calls": 2, "outcomes": 1}]

        with pytest.raises(history.Unsettled, match=r"7 spans in the spool, 3 of 100 calls stored, 2 pending, 1 of 9 "):
            history.wait_until_settled(connection, client, history.Sent(100, 9), patience=0)

    def test_an_api_that_is_away_is_named(self, client):
        gone = Connection(endpoint="http://127.0.0.1:1", web_url="http://127.0.0.1:1", api_key="key")

        with pytest.raises(Unanswered, match=r"http://127.0.0.1:1/api/v1/ingest/ledger"):
            history.wait_until_settled(gone, client, history.Sent(1, 0))

    def test_without_a_stack_the_variable_is_named(self, monkeypatch, tmp_path):
        monkeypatch.setenv("SPANLEDGER_HOME", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("SPANLEDGER_ENDPOINT", raising=False)

        with pytest.raises(NotConnected, match="SPANLEDGER_ENDPOINT"):
            history.connect()
