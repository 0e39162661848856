"""Spans, scores, outcomes and charges to the bytes of a request. All of it runs in the background thread."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Status
from opentelemetry.util.types import AttributeValue

from spanledger._content import encodable
from spanledger._guard import harmless, tell
from spanledger._late import Attributes, Late
from spanledger._settings import TRACES
from spanledger._transport import Body


@dataclass(frozen=True, slots=True)
class Ended:
    """A span that has ended, and what is still to be added to it."""

    span: ReadableSpan
    late: Late | None


Note = Mapping[str, object]
"""A score, an outcome or a charge, as its endpoint wants it."""


def pack(path: str, things: Sequence[Ended | Note]) -> Body:
    """The body for a batch of one path."""
    if path == TRACES:
        return packed(spans_body([each for each in things if isinstance(each, Ended)]), "application/x-protobuf")
    return packed(json.dumps(things).encode(), "application/json")


def packed(content: bytes, content_type: str) -> Body:
    headers = {"Content-Type": content_type, "Content-Encoding": "gzip"}
    return Body(gzip.compress(content, compresslevel=1), headers)


def spans_body(ended: Sequence[Ended]) -> bytes:
    spans = [completed(each) for each in ended]
    try:
        return encode_spans(spans).SerializeToString()
    except ValueError:  # half a surrogate pair in some text: rare, so it is looked for only now
        return encode_spans([clean(span) for span in spans]).SerializeToString()


def completed(ended: Ended) -> ReadableSpan:
    late = ended.late and late_attributes(ended.late)
    if not late:
        return ended.span
    return rebuilt(ended.span, {**(ended.span.attributes or {}), **late})


@harmless
def late_attributes(late: Late) -> Attributes:
    return late.attributes()


def rebuilt(span: ReadableSpan, attributes: Attributes, events: Sequence[Event] | None = None) -> ReadableSpan:
    """The span with other attributes: a span that has ended can't be changed."""
    description = span.status.description
    return ReadableSpan(
        name=encodable(span.name),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        events=span.events if events is None else events,
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code, description and encodable(description)),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def clean(span: ReadableSpan) -> ReadableSpan:
    events = [Event(encodable(each.name), clean_values(each.attributes), each.timestamp) for each in span.events]
    return rebuilt(span, clean_values(span.attributes), events)


def clean_values(attributes: Attributes | None) -> dict[str, AttributeValue]:
    return {encodable(key): clean_value(value) for key, value in (attributes or {}).items()}


def clean_value(value: AttributeValue) -> AttributeValue:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [encodable(each) if isinstance(each, str) else each for each in value]
    return value


@harmless
def heed(path: str, answer: bytes) -> None:
    """Tell what the server took with reservations: exporters that never read a 200 lose spans without a word."""
    if not answer:
        return
    if path != TRACES:
        return heed_notes(path, answer)
    partial = ExportTraceServiceResponse.FromString(answer).partial_success
    if partial.rejected_spans or partial.error_message:
        tell(
            "partial success",
            "spanledger: the server rejected %d spans of a batch: %s",
            partial.rejected_spans,
            partial.error_message or "no reason given",
        )


def heed_notes(path: str, answer: bytes) -> None:
    said = json.loads(answer)
    if said.get("rejected"):
        what = path.rpartition("/")[2]
        reason = said["errors"][0]["message"]
        tell(f"partial {what}", "spanledger: the server rejected %d %s of a batch: %s", said["rejected"], what, reason)
