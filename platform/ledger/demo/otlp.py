"""Spans as OpenTelemetry's protobuf, drawn directly: the history is long over and has no running tracer."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

type Value = str | int | float | bool | Sequence[str]

SCOPE = "spanledger.demo"


@dataclass(slots=True)
class Drawn:
    """One span; times in nanoseconds since 1970."""

    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    name: str
    start: int
    end: int = 0
    attributes: dict[str, Value] = field(default_factory=dict)
    error: tuple[str, str] | None = None
    """Type and message."""

    def proto(self) -> Span:
        span = Span(
            trace_id=self.trace_id,
            span_id=self.span_id,
            parent_span_id=self.parent_id,
            name=self.name,
            kind=Span.SPAN_KIND_INTERNAL,
            start_time_unix_nano=self.start,
            end_time_unix_nano=self.end,
            attributes=key_values(self.attributes),
        )
        if self.error:
            self.tell_error(span, *self.error)
        return span

    def tell_error(self, span: Span, kind: str, message: str) -> None:
        span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message=message))
        span.attributes.extend(key_values({"error.type": kind}))
        told = key_values({"exception.type": kind, "exception.message": message})
        span.events.append(Span.Event(name="exception", time_unix_nano=self.end, attributes=told))


def key_values(attributes: Mapping[str, Value]) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def any_value(value: Value) -> AnyValue:
    if isinstance(value, str):
        return AnyValue(string_value=value)
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(array_value=ArrayValue(values=[any_value(each) for each in value]))


def export(spans: Iterable[Drawn], service: str) -> ExportTraceServiceRequest:
    scope = ScopeSpans(scope=InstrumentationScope(name=SCOPE), spans=[span.proto() for span in spans])
    resource = Resource(attributes=key_values({"service.name": service}))
    return ExportTraceServiceRequest(resource_spans=[ResourceSpans(resource=resource, scope_spans=[scope])])


def identity(name: str, length: int) -> bytes:
    """The same id for the same name, at every run."""
    return hashlib.sha256(name.encode()).digest()[:length]
