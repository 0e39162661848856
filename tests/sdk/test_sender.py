"""The queue: bounds, order, retries, drops, flush, and an exit that nothing holds up."""

import socket
import threading
import time
import tracemalloc

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

import spanledger
from spanledger import _sender
from spanledger._guard import tell

PROGRAM = """
import spanledger
spanledger.init()
for number in range(200):
    with spanledger.trace(name="task") as step:
        step.record(input="x" * 2000)
"""


@pytest.fixture(autouse=True)
def quiet_start(monkeypatch):
    """Each test hears what is told once a minute."""
    monkeypatch.setattr("spanledger._guard._told", {})


def record(count=1, size=0):
    for _ in range(count):
        with spanledger.trace(name="task") as step:
            step.record(input="x" * size)


@pytest.fixture
def silent_port():
    """A server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


class TestExit:
    def test_with_a_server_everything_is_delivered(self, sink, program):
        run = program(PROGRAM, SPANLEDGER_ENDPOINT=sink.url, SPANLEDGER_API_KEY="k")

        assert run.code == 0, run.errors
        assert len(sink.spans) == 200
        assert run.errors == ""

    def test_with_a_closed_port_it_leaves_at_once_and_tells_the_loss(self, program, idle):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]

        run = program(PROGRAM, SPANLEDGER_ENDPOINT=f"http://127.0.0.1:{port}", SPANLEDGER_API_KEY="k")

        assert run.code == 0
        assert run.seconds - idle < 2
        assert "200 dropped" in run.errors
        assert len(run.errors.splitlines()) <= 3

    def test_with_a_hanging_server_it_leaves_within_two_seconds(self, program, silent_port, idle):
        run = program(PROGRAM, SPANLEDGER_ENDPOINT=f"http://127.0.0.1:{silent_port}", SPANLEDGER_API_KEY="k")

        assert run.code == 0
        assert run.seconds - idle < 2
        assert "200 dropped" in run.errors

    @pytest.mark.parametrize("answer", [(500, b"", {}), (429, b"", {"Retry-After": "20"}), (503, b"", {})])
    def test_with_a_refusing_server_it_leaves_within_two_seconds(self, program, sink, answer, idle):
        sink.answers = [answer]

        run = program(PROGRAM, SPANLEDGER_ENDPOINT=sink.url, SPANLEDGER_API_KEY="k")

        assert run.code == 0
        assert run.seconds - idle < 2
        assert "200 dropped" in run.errors

    def test_a_closed_standard_error_is_survived(self, program):
        source = "import sys; sys.stderr.close()\n" + PROGRAM + "\nprint('done')"

        run = program(source, SPANLEDGER_ENDPOINT="http://127.0.0.1:1", SPANLEDGER_API_KEY="k")

        assert (run.code, run.output) == (0, "done\n")


@pytest.fixture
def idle(program):
    """Seconds that the same program takes with the SDK off."""
    return program(PROGRAM, SPANLEDGER_API_KEY="").seconds


class TestBounds:
    def test_bytes_are_bounded_and_the_rest_is_dropped_and_counted(self, ledger):
        ledger.gate.clear()
        big = 1024 * 1024
        tracemalloc.start()

        for number in range(100):
            with spanledger.trace(name="task") as step:
                step.record(input=chr(97 + number % 26) * (big - number))
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        counts = spanledger.flush(0)
        assert 50 <= counts.waiting <= 56
        assert counts.waiting + counts.dropped == 100
        assert held < 64 * 1024 * 1024
        ledger.gate.set()

    def test_the_number_is_bounded_and_the_caller_is_never_held_up(self, ledger):
        ledger.gate.clear()

        record(_sender.COUNT_LIMIT + 500)

        counts = spanledger.flush(0)
        assert (counts.waiting, counts.dropped) == (_sender.COUNT_LIMIT, 500)
        ledger.gate.set()
        assert spanledger.flush(20).sent == _sender.COUNT_LIMIT

    def test_one_value_is_cut_at_a_mebibyte_and_marked(self, ledger):
        record(size=1024 * 1024 + 5)

        assert ledger.named("task").attributes["spanledger.input"].endswith("x… [5 more characters]")


class TestFlush:
    def test_it_returns_in_time_when_the_server_hangs(self, ledger):
        ledger.gate.clear()
        record(3)

        began = time.monotonic()
        counts = spanledger.flush(0.3)

        assert time.monotonic() - began < 0.4
        assert (bool(counts), counts.waiting) == (False, 3)
        ledger.gate.set()

    def test_it_does_not_wait_for_company(self, ledger):
        record()

        began = time.monotonic()
        counts = spanledger.flush(5)

        assert time.monotonic() - began < _sender.GATHER
        assert counts == spanledger.Flushed(sent=1, dropped=0, waiting=0)

    def test_without_init_there_is_nothing_to_wait_for(self):
        assert spanledger.flush(5)


class TestAnswers:
    @pytest.mark.parametrize("status", [429, 502, 503, 504])
    def test_a_busy_server_gets_the_same_spans_again(self, ledger, status):
        ledger.answers = [(status, b"", {"Retry-After": "0"}), (200, b"", {})]
        record()

        assert ledger.named("task")
        assert spanledger.flush(1) == spanledger.Flushed(sent=1, dropped=0, waiting=0)

    def test_a_wait_that_the_server_named_is_kept(self, ledger):
        ledger.answers = [(503, b"", {"Retry-After": "1"}), (200, b"", {})]
        record()

        began = time.monotonic()
        assert spanledger.flush(5)

        assert time.monotonic() - began >= 1

    @pytest.mark.parametrize("status", [302, 400, 401, 403, 413, 500])
    def test_a_refused_batch_is_dropped_counted_and_told_once(self, ledger, status, caplog):
        ledger.answers = [(status, b"no", {"Location": "http://127.0.0.1:1/"})]
        record()
        spanledger.flush(5)
        record()

        assert spanledger.flush(5) == spanledger.Flushed(sent=0, dropped=2, waiting=0)
        assert (
            len([each for each in caplog.records if f"HTTP {status})" in each.message and "refused" in each.message])
            == 1
        )

    def test_partial_success_is_told(self, ledger, caplog):
        partial = ExportTracePartialSuccess(rejected_spans=1, error_message="span id is all zero")
        ledger.answers = [(200, ExportTraceServiceResponse(partial_success=partial).SerializeToString(), {})]
        record()

        spanledger.flush(5)

        assert "rejected 1 spans of a batch: span id is all zero" in caplog.text

    def test_an_endless_answer_is_not_read_to_its_end(self, ledger):
        ledger.answers = [(200, b"x" * 1_000_000, {})]
        record()

        assert spanledger.flush(5).sent == 1

    def test_half_a_surrogate_pair_loses_no_span(self, ledger):
        with spanledger.trace(name="odd \ud800 name") as step:
            step.record(input="odd \ud800 words")
            spanledger.tag(note="odd \ud800 tag")
        record()

        assert ledger.named("task")
        odd = ledger.named("odd ? name").attributes
        assert (odd["spanledger.input"], odd["spanledger.tag.note"]) == ("odd ? words", "odd ? tag")


def test_the_same_topic_is_told_once_a_minute(caplog):
    for _ in range(3):
        tell("topic", "said")

    assert caplog.messages == ["said"]


def test_many_threads_lose_nothing(ledger):
    threads = [threading.Thread(target=record, args=(100,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert spanledger.flush(10).sent == 800
    assert len({span.proto.span_id for span in ledger.spans}) == 800
