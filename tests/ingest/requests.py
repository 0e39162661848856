"""OTLP requests for tests, made with OpenTelemetry's own classes."""

from collections.abc import Mapping, Sequence

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

type Plain = str | int | float | bool | Sequence[str] | None

START = 1_790_000_000_000_000_000


def any_value(value: Plain) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, str):
        return AnyValue(string_value=value)
    if value is None:
        return AnyValue()
    return AnyValue(array_value=ArrayValue(values=[any_value(item) for item in value]))


def pairs(attributes: Mapping[str, Plain]) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def span(
    number: int = 1,
    trace: int = 1,
    *,
    name: str = "a span",
    start: int = START,
    length: int = 1_000_000,
    attributes: Mapping[str, Plain] | None = None,
) -> Span:
    """A span whose ids are these numbers; the trace's is big enough for many tests."""
    return Span(
        trace_id=trace.to_bytes(16),
        span_id=number.to_bytes(8),
        name=name,
        start_time_unix_nano=start,
        end_time_unix_nano=start + length,
        attributes=pairs(attributes or {}),
    )


def request(*spans: Span, resource: Mapping[str, Plain] | None = None) -> ExportTraceServiceRequest:
    whole = ResourceSpans(scope_spans=[ScopeSpans(spans=spans)])
    whole.resource.attributes.extend(pairs(resource or {}))
    return ExportTraceServiceRequest(resource_spans=[whole])


def body(*spans: Span, resource: Mapping[str, Plain] | None = None) -> bytes:
    return request(*spans, resource=resource).SerializeToString()
