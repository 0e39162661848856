"""What is kept of a span is enough to read it again."""

from dataclasses import replace

import pytest

from ingest import otlp, otlp_json
from ingest.checked import Rejected
from ingest.conventions.again import sent_again
from ingest.conventions.logfire import LOG_OF_PARENT
from ingest.conventions.sent import ERROR, SERVER, Origin
from ingest.conventions.table import MAPPING_VERSION, read
from ledger.domain.span import Envelope, Span
from tests.ingest.captured import COMBINATIONS, Captured, Combination
from tests.ingest.conventions.sending import sent, stored, understood


def spans_of(request: Captured) -> list[Span]:
    reader = otlp_json.spans if request.content_type == "application/json" else otlp.spans
    return [read(one) for one in reader(request.decoded) if not isinstance(one, Rejected)]


@pytest.mark.parametrize("combination", COMBINATIONS, ids=lambda combination: str(combination.name))
def test_every_captured_span_reads_the_same_again(combination: Combination) -> None:
    for request in combination.traces:
        for span in spans_of(request):
            assert read(sent_again(stored(span))) == span


def test_what_stands_beside_the_attributes_is_kept() -> None:
    origin = Origin({"service.name": "shop"}, "an.instrumentor", "1.2.3")

    span = understood(
        {"http.route": "/ask", "logfire.msg": "asked by ann", "logfire.span_type": "log"},
        name="asked by {who}",
        kind=SERVER,
        status_code=ERROR,
        status_message="no answer",
        trace_state="ot=th:8",
        origin=origin,
    )

    assert span.envelope == Envelope("asked by {who}", SERVER, ERROR, "no answer", "ot=th:8", "1.2.3")
    assert (span.name, span.route, span.error_message, span.weight) == ("asked by ann", "/ask", "no answer", 2.0)


def test_the_door_s_own_flags_stay_and_a_mapping_s_are_set_anew() -> None:
    span = replace(read(sent({})), flags=("invalid_utf8", LOG_OF_PARENT))

    assert read(sent_again(span)).flags == ("invalid_utf8",)


def test_a_span_without_an_envelope_is_read_by_what_its_mapping_left() -> None:
    told = read(sent({"error.type": "RateLimitError"}, status_code=ERROR, status_message="slow down"))

    again = read(sent_again(replace(told, envelope=Envelope())))

    assert (again.name, again.status, again.failure_kind) == ("a span", "error", "rate_limit")
    assert again.error_message == "slow down"
    assert again.mapping_version == MAPPING_VERSION
