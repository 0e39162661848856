"""The captured traffic, moved in time and otherwise as it was."""

import gzip
import json
from datetime import UTC, datetime, timedelta

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ledger.demo import corpus

UNTIL = datetime(2026, 12, 24, 12, tzinfo=UTC)


def spans_of(sending):
    if sending.content_type == corpus.JSON:
        return [
            (span["spanId"], int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"]))
            for resource in json.loads(sending.body)["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]
    export = ExportTraceServiceRequest.FromString(sending.body)
    return [
        (span.span_id.hex(), span.start_time_unix_nano, span.end_time_unix_nano)
        for resource in export.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def test_every_combination_is_sent_in_the_last_hours():
    sent = [span for sending in corpus.sendings(UNTIL) for span in spans_of(sending)]

    combinations = [path for path in corpus.CORPUS.iterdir() if path.is_dir()]
    expected = sum(json.loads((path / "expected.json").read_text())["answers"]["span_ids"] for path in combinations)
    earliest = (UNTIL - timedelta(hours=6)).timestamp() * 10**9
    assert len({ident for ident, _, _ in sent}) == expected
    assert min(start for _, start, _ in sent) > earliest
    assert max(end for _, _, end in sent) < UNTIL.timestamp() * 10**9


def test_moving_changes_no_duration_and_no_order():
    body = gzip.decompress((corpus.CORPUS / "openinference-openai" / "01.bin").read_bytes())
    before = spans_of(corpus.Sending("", corpus.PROTOBUF, body))

    after = spans_of(corpus.ProtobufCapture("/v1/traces", body).moved(10**12))

    assert after == [(ident, start + 10**12, end + 10**12) for ident, start, end in before]


def test_a_moment_inside_an_attribute_moves_along():
    around = int(datetime(2026, 11, 21, 23, 41, 20, tzinfo=UTC).timestamp()) * 10**9
    hour = 3600 * 10**9

    assert corpus.moved_text('"2026-11-21T23:41:20.858770Z"', hour, around) == '"2026-11-22T00:41:20.858770Z"'
    assert corpus.moved_text("2026-11-21T23:47:59.000Z", hour, around) == "2026-11-22T00:47:59.000000Z"


def test_other_texts_and_far_moments_stay():
    around = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp()) * 10**9

    for text in ("Meet me at 2026-11-21T23:47:59Z", "2020-01-01T00:00:00Z", ""):
        assert corpus.moved_text(text, 10**9, around) == text
