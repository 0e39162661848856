"""`python -m ingest`: one process, three listeners: the world's for HTTP and for gRPC, and the house's."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Iterator
from functools import partial
from urllib.parse import urlsplit

import structlog
import uvicorn
from starlette.types import ASGIApp

from ingest import memory
from ingest.address import Address, PortTaken
from ingest.app import public
from ingest.door import Door
from ingest.grpc_listener import GrpcListener
from ingest.internal import internal
from ingest.keys import AccountsTable, KeyRing
from ingest.origins import Origins, allowed_origins
from ingest.redaction.redactor import Redactors
from ingest.spool import Spool
from ledger import environment, logs
from ledger.domain.keys import internal_token
from ledger.environment import Environment

GRACE = 8
"""Seconds that requests in flight have to end after SIGTERM."""

log = structlog.get_logger("ingest")


class Listener(uvicorn.Server):
    """A uvicorn server that leaves signals to us: there are two of them in this process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def addresses(settings: Environment) -> tuple[Address, Address]:
    """Where the world and where the house are answered over HTTP."""
    house = urlsplit(settings.ingest_url or "http://127.0.0.1:0")
    return (
        Address(settings.bind, settings.otlp_http_port, "SPANLEDGER_OTLP_HTTP_PORT"),
        Address(house.hostname or "127.0.0.1", house.port or 0, "SPANLEDGER_INGEST_URL"),
    )


def grpc_address(settings: Environment) -> Address:
    return Address(settings.bind, settings.otlp_grpc_port, "SPANLEDGER_OTLP_GRPC_PORT")


def listener(app: ASGIApp) -> Listener:
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=75,
        backlog=2048,
    )
    return Listener(config)


async def serve(settings: Environment) -> None:
    """Until SIGTERM: then no more is taken in, what is in flight is answered, and the spool is closed."""
    sockets = [address.bound() for address in addresses(settings)]
    folder = settings.home / "spool"
    spool, accounts = Spool(folder, settings.spool_bytes), AccountsTable(settings.database_url)
    origins = Origins(partial(allowed_origins, accounts.pool))
    keys, redactors = KeyRing(accounts.find, settings.secret_key), Redactors(settings.secret_key)
    door = Door(keys, spool, origins, redactors, settings.retention_days)
    grpc, stopping = GrpcListener(door, grpc_address(settings)), asyncio.Event()
    listeners = [listener(public(door)), listener(internal(folder, internal_token(settings.secret_key)))]
    await accounts.open()  # when all ports are ours: what it starts would outlive a refusal

    def stop() -> None:
        stopping.set()
        for one in listeners:
            one.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    log.info("listening", address="{}:{}".format(*sockets[0].getsockname()[:2]), grpc_port=settings.otlp_grpc_port)
    try:
        await asyncio.gather(
            grpc.serve(stopping, GRACE),
            *(one.serve(sockets=[bound]) for one, bound in zip(listeners, sockets, strict=True)),
        )
    finally:
        spool.close()
        await accounts.close()


def main() -> int:
    logs.configure()
    memory.be_lean()
    try:
        uvicorn_loop = uvicorn.Config("", loop="auto").get_loop_factory()
        with asyncio.Runner(loop_factory=uvicorn_loop) as runner:
            runner.run(serve(environment.read()))
    except (PortTaken, environment.BadSetting) as error:
        log.error(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
