"""OTLP/gRPC as a client speaks it, in raw messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import grpc
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

SERVICES = {"traces": "trace.v1.Trace", "logs": "logs.v1.Logs", "metrics": "metrics.v1.Metrics"}
UNBOUNDED = (("grpc.max_send_message_length", -1),)


def method(signal: str) -> str:
    return f"/opentelemetry.proto.collector.{SERVICES[signal]}Service/Export"


@dataclass(frozen=True)
class Answer:
    """What a call came back with; `retry_after` is None where the same request is not to be sent again."""

    code: grpc.StatusCode
    message: str
    body: bytes = b""
    retry_after: int | None = None


@dataclass
class Exporter:
    """A channel and the metadata of its calls."""

    port: int
    metadata: Mapping[str, str] = field(default_factory=dict)
    channel: grpc.Channel = field(init=False)

    def __post_init__(self) -> None:
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.port}", options=UNBOUNDED)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.channel.close()

    def export(
        self, body: bytes, path: str = method("traces"), compression: grpc.Compression = grpc.Compression.NoCompression
    ) -> Answer:
        call = self.channel.unary_unary(path)
        try:
            answer = call(body, metadata=tuple(self.metadata.items()), compression=compression, timeout=30)
        except grpc.RpcError as error:
            return Answer(error.code(), error.details(), retry_after=retry_after(error))
        return Answer(grpc.StatusCode.OK, "", answer)


def retry_after(error: grpc.RpcError) -> int | None:
    """Seconds out of the status' details, as OpenTelemetry's exporters read them."""
    trailing = dict(error.trailing_metadata() or ())
    status = Status.FromString(trailing.get("grpc-status-details-bin", b""))
    for detail in status.details:
        info = RetryInfo()
        if detail.Unpack(info):
            return int(info.retry_delay.seconds)
    return None
