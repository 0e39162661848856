"""The gRPC server beside the HTTP listeners, in the same event loop."""

import asyncio

import grpc.aio  # type: ignore[import-untyped]  # grpcio ships no types

from ingest.address import Address, PortTaken
from ingest.door import Door
from ingest.grpc_service import ExportService
from ingest.limits import BODY_BYTES

OPTIONS = (
    ("grpc.so_reuseport", 0),  # a second process on this port is refused, instead of being given half of the calls
    ("grpc.max_receive_message_length", BODY_BYTES),
    ("grpc.per_message_decompression", 0),  # done by us, within our limits
    ("grpc.http2.bdp_probe", 0),  # else it takes in whole messages before anyone asks for them
    ("grpc.max_concurrent_streams", 100),
    ("grpc.keepalive_permit_without_calls", 1),  # an OpenTelemetry Collector may be set to look whether we are there
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
)


class GrpcListener:
    """A gRPC server on its port; made inside the event loop that it is to run in."""

    def __init__(self, door: Door, address: Address) -> None:
        self.server = grpc.aio.server(handlers=(ExportService(door),), options=OPTIONS)
        address.bound().close()  # gRPC itself names neither the reason nor the variable
        host = f"[{address.host}]" if ":" in address.host else address.host
        try:
            self.server.add_insecure_port(f"{host}:{address.port}")
        except RuntimeError as error:
            raise PortTaken(address.host, address.port, address.variable, str(error)) from error

    async def serve(self, stopping: asyncio.Event, grace: float) -> None:
        """Until it is told to stop; then no call is taken in, and those in flight have `grace` seconds to end."""
        await self.server.start()
        await stopping.wait()
        await self.server.stop(grace)
