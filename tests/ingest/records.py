"""OTLP requests for logs and metrics, made with OpenTelemetry's own classes, and the redactor that changes nothing."""

from collections.abc import Mapping
from uuid import UUID

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric, ResourceMetrics, ScopeMetrics

from ingest.batch import Part
from ingest.payload import checksum, unpacked
from ingest.records import Records
from ingest.redaction.redactor import Redactor, Redactors
from ledger.domain.redaction import Policy

type Plain = str | int | float | bool | list["Plain"] | dict[str, "Plain"] | None

START = 1_790_000_000_000_000_000
REDACTORS = Redactors("a secret")


def redactor(mode: str = "off") -> Redactor:
    return REDACTORS.of(UUID(int=1), Policy.of(mode, False, {}))


def any_value(value: Plain) -> AnyValue:
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case str():
            return AnyValue(string_value=value)
        case list():
            return AnyValue(array_value=ArrayValue(values=[any_value(item) for item in value]))
        case dict():
            return AnyValue(kvlist_value=KeyValueList(values=pairs(value)))
    return AnyValue()


def pairs(attributes: Mapping[str, Plain]) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def record(
    name: str,
    span: int = 1,
    trace: int = 1,
    *,
    body: Plain = None,
    at: int = 0,
    attributes: Mapping[str, Plain] | None = None,
) -> LogRecord:
    """An event of a span whose ids are these numbers, `at` microseconds after START; 0 stands for no id."""
    return LogRecord(
        event_name=name,
        observed_time_unix_nano=START + at * 1000,
        trace_id=trace.to_bytes(16) if trace else b"",
        span_id=span.to_bytes(8) if span else b"",
        body=None if body is None else any_value(body),
        attributes=pairs(attributes or {}),
    )


def logs(*records: LogRecord, scope: str = "a scope") -> bytes:
    whole = ResourceLogs(scope_logs=[ScopeLogs(log_records=records)])
    whole.scope_logs[0].scope.name = scope
    whole.resource.attributes.extend(pairs({"service.name": "shop"}))
    return ExportLogsServiceRequest(resource_logs=[whole]).SerializeToString()


def metrics(*sent: Metric, resource: Mapping[str, Plain] | None = None) -> bytes:
    whole = ResourceMetrics(scope_metrics=[ScopeMetrics(metrics=sent)])
    whole.resource.attributes.extend(pairs({"service.name": "shop"} if resource is None else resource))
    return ExportMetricsServiceRequest(resource_metrics=[whole]).SerializeToString()


def items(found: Records, content: str) -> list[dict[str, object]]:
    """What of one content goes to the spool."""
    parts: list[Part] = [part for part in found.parts if part.content == content]
    return [item for part in parts for item in unpacked(part.payload, checksum(part.payload))]
