"""The client that remembers, over gRPC."""

import threading
from contextlib import suppress
from dataclasses import dataclass, field

import grpc
import httpx

from tests.faults.producer import Producer, numbered
from tests.ingest.exports import method
from tests.ingest.requests import body

QUICK = (("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 200))


@dataclass
class GrpcProducer(Producer):
    """The same client, over gRPC, with a channel for each of its threads."""

    codes: set[str] = field(default_factory=set)
    own: threading.local = field(default_factory=threading.local)

    def sent(self, _client: httpx.Client, numbers: range) -> bool:
        with suppress(grpc.RpcError):
            self.export(body(*map(numbered, numbers)))
            self.codes.add("OK")
            self.answers["OK"] += 1
            return True
        return False

    def export(self, raw: bytes) -> None:
        try:
            self.call()(raw, metadata=(("x-api-key", self.key),), compression=grpc.Compression.Gzip, timeout=5)
        except grpc.RpcError as error:
            self.codes.add(error.code().name)
            self.answers[error.code().name] += 1
            raise

    def call(self) -> grpc.UnaryUnaryMultiCallable:
        if not hasattr(self.own, "call"):
            self.own.channel = grpc.insecure_channel(f"127.0.0.1:{self.house.grpc_port}", options=QUICK)
            self.own.call = self.own.channel.unary_unary(method("traces"))
        found: grpc.UnaryUnaryMultiCallable = self.own.call
        return found

    def run(self, lane: int) -> None:
        super().run(lane)
        self.own.channel.close()
