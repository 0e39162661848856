"""init(), and the promise of a short public list."""

import os

import pytest

import spanledger

PUBLIC = [
    "Flushed",
    "Kind",
    "Money",
    "Scope",
    "Source",
    "Step",
    "__version__",
    "charge",
    "flush",
    "init",
    "outcome",
    "score",
    "shutdown",
    "span",
    "tag",
    "trace",
]

JOINS = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
theirs = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(theirs))
trace.set_tracer_provider(provider)
import spanledger
spanledger.init()
spanledger.init()
assert trace.get_tracer_provider() is provider
with trace.get_tracer("theirs").start_as_current_span("their root"):
    with spanledger.span("our step", kind="tool") as step:
        step.record(output="words")
        spanledger.tag(plan="pro")
ended = {span.name: span for span in theirs.get_finished_spans()}
assert ended["our step"].parent.span_id == ended["their root"].context.span_id
assert ended["their root"].attributes["spanledger.tag.plan"] == "pro"
assert "spanledger.output" not in ended["our step"].attributes
print(spanledger.flush(5).sent)
"""

LATE_IMPORT = """
import sys, spanledger
spanledger.init()
assert "openai" not in sys.modules
import openai
client = openai.OpenAI(base_url=sys.argv[1] if len(sys.argv) > 1 else __import__("os").environ["MODEL"], api_key="k")
client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "hi"}])
"""


def test_the_public_names_are_these():
    assert spanledger.__all__ == PUBLIC
    assert all(hasattr(spanledger, name) for name in PUBLIC)


def test_the_version_is_the_packages():
    from importlib.metadata import version

    assert spanledger.__version__ == version("spanledger")


def test_without_a_key_it_stays_off_and_says_so_once(caplog, monkeypatch):
    monkeypatch.setattr("spanledger._guard._told", {})
    monkeypatch.delenv("SPANLEDGER_API_KEY", raising=False)

    spanledger.init("http://127.0.0.1:1")
    spanledger.init("http://127.0.0.1:1")

    assert [record.message.split(".")[0] for record in caplog.records] == ["spanledger is off: no API key"]


@pytest.mark.parametrize("endpoint", ["localhost:4318", "ftp://host", "http://", "http://host:port"])
def test_an_unusable_endpoint_is_named_and_nothing_is_raised(endpoint, caplog, monkeypatch):
    monkeypatch.setattr("spanledger._guard._told", {})

    spanledger.init(endpoint, "sl_ingest_test")

    assert f'"{endpoint}"' in caplog.text
    assert spanledger.flush(0).waiting == 0


def test_the_full_address_of_the_traces_is_understood(sink):
    spanledger.init(sink.url + "/v1/traces/", "sl_ingest_test")
    with spanledger.trace(name="task"):
        pass

    assert sink.named("task")
    spanledger.shutdown()


def test_it_joins_the_provider_of_the_program(sink, program):
    run = program(JOINS, SPANLEDGER_ENDPOINT=sink.url, SPANLEDGER_API_KEY="sl_ingest_test")

    assert (run.code, run.output.strip()) == (0, "2"), run.errors
    assert {span.name for span in sink.spans} == {"their root", "our step"}
    assert [span.attributes["spanledger.output"] for span in sink.spans if span.name == "our step"] == ["words"]


def test_a_library_imported_after_init_is_instrumented_and_none_is_imported_for_it(sink, model, program):
    run = program(LATE_IMPORT, MODEL=model.url, SPANLEDGER_ENDPOINT=sink.url, SPANLEDGER_API_KEY="sl_ingest_test")

    assert run.code == 0, run.errors
    assert [span.name for span in sink.spans] == ["chat gpt-4o"]


def test_a_forked_child_sends_its_own_and_only_its_own(sink, program):
    source = """
import os, spanledger
spanledger.init()
with spanledger.trace(name="before the fork"):
    pass
child = os.fork()
with spanledger.trace(name="child" if child == 0 else "parent"):
    pass
if child:
    os.waitpid(child, 0)
"""
    run = program(
        source,
        SPANLEDGER_ENDPOINT=sink.url,
        SPANLEDGER_API_KEY="sl_ingest_test",
        PYTHONWARNINGS="ignore::DeprecationWarning",
    )

    assert run.code == 0, run.errors
    assert sorted(span.name for span in sink.spans) == ["before the fork", "child", "parent"]


class TestDoctor:
    def test_it_says_what_is_on_and_that_a_trace_was_accepted(self, sink, program):
        key = "sl_ingest_AbCdEfGh_secretpart_00000000"
        run = program("", "-m", "spanledger", "doctor", SPANLEDGER_ENDPOINT=sink.url, SPANLEDGER_API_KEY=key)

        assert run.code == 0, run.errors
        assert "openai.resources.chat.completions.completions: on" in run.output
        assert "accepted: " + sink.spans[0].proto.trace_id.hex() in run.output
        assert "secretpart" not in run.output
        assert "sl_ingest_AbCdEfGh_…" in run.output

    def test_it_says_why_a_trace_was_refused(self, sink, program):
        sink.answers = [(401, b"", {})]

        run = program("", "-m", "spanledger", "doctor", SPANLEDGER_ENDPOINT=sink.url, SPANLEDGER_API_KEY="wrong")

        assert run.code == 1
        assert "check SPANLEDGER_API_KEY" in run.errors

    def test_it_says_that_a_key_is_missing(self, program):
        assert "SPANLEDGER_API_KEY" not in os.environ

        run = program("", "-m", "spanledger", "doctor")

        assert run.code == 1
        assert "no API key" in run.output
