"""The live trickle: real tasks, told by the SDK, and an orderly end."""

import os
import random
import signal
import subprocess
import sys
from datetime import timedelta

import openai
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ledger.demo.trickle import Later, Shop


@pytest.fixture
def shop(stub):
    with openai.OpenAI(base_url=f"{stub}/v1", api_key="k", max_retries=0) as client:
        yield Shop(client, random.Random(3))


@pytest.mark.parametrize("feature", ["support", "search", "invoice", "triage"])
def test_every_feature_works_without_a_ledger(shop, feature):
    getattr(shop, feature)()


def test_what_is_known_later_is_told_when_it_is_in_that_order():
    now, told = [0.0], []
    later = Later(lambda: now[0])
    later.add(timedelta(hours=2), lambda: told.append("order"))
    later.add(timedelta(minutes=3), lambda: told.append("opened"))
    later.add(timedelta(0), lambda: told.append("web_search"))

    later.tell_due()
    assert told == ["web_search"]

    now[0] = 7200
    later.tell_due()
    later.tell_due()
    assert told == ["web_search", "opened", "order"]


def test_a_model_that_is_away_is_the_tasks_failure_alone():
    with openai.OpenAI(base_url="http://127.0.0.1:1", api_key="k", max_retries=0) as client:
        Shop(client, random.Random(3)).serve_one()


def test_tasks_arrive_and_a_stop_loses_none(stack, stub, eventually):
    environ = os.environ | {
        "SPANLEDGER_ENDPOINT": stack.url,
        "SPANLEDGER_API_KEY": "key",
        "SPANLEDGER_STUB_URL": stub,
    }
    process = subprocess.Popen([sys.executable, "-m", "ledger.demo.trickle"], env=environ)
    try:
        eventually(lambda: stack.bodies("/v1/traces"), "the first task")
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    finally:
        process.kill()
        process.wait()

    spans = [
        span
        for body in stack.bodies("/v1/traces")
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    names = {span.name for span in spans}
    assert any(name.startswith("chat ") for name in names)
    assert any(not span.parent_span_id for span in spans)
