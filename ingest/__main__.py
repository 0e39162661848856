"""`python -m ingest`: one process, two listeners, the world's and the house's."""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
import uvicorn
from starlette.types import ASGIApp

from ingest.app import public
from ingest.door import Door
from ingest.internal import internal
from ingest.keys import AccountsTable, KeyRing
from ingest.spool import Spool
from ledger import environment
from ledger.domain.keys import internal_token
from ledger.environment import Environment

GRACE = 8
"""Seconds that requests in flight have to end after SIGTERM."""

log = structlog.get_logger("ingest")


class PortTaken(RuntimeError):
    """An address can't be listened on."""

    def __init__(self, host: str, port: int, variable: str, reason: str) -> None:
        self.host, self.port, self.variable = host, port, variable
        super().__init__(f"Can't listen on {host}:{port} ({reason}). Free the port, or set {variable} to another.")


class Listener(uvicorn.Server):
    """A uvicorn server that leaves signals to us: there are two of them in this process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int
    variable: str

    def bound(self) -> socket.socket:
        """A socket of our own, so that a taken port is told with the variable that names it."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((self.host, self.port))
        except OSError as error:
            bound.close()
            raise PortTaken(self.host, self.port, self.variable, error.strerror or str(error)) from error
        return bound


def addresses(settings: Environment) -> tuple[Address, Address]:
    """Where the world and where the house are answered."""
    house = urlsplit(settings.ingest_url or "http://127.0.0.1:0")
    return (
        Address(settings.bind, settings.otlp_http_port, "SPANLEDGER_OTLP_HTTP_PORT"),
        Address(house.hostname or "127.0.0.1", house.port or 0, "SPANLEDGER_INGEST_URL"),
    )


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
    spool, accounts = Spool(folder), AccountsTable(settings.database_url)
    await accounts.open()
    door = Door(KeyRing(accounts.find, settings.secret_key), spool)
    listeners = [listener(public(door)), listener(internal(folder, internal_token(settings.secret_key)))]

    def stop() -> None:
        for one in listeners:
            one.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    log.info("listening", address="{}:{}".format(*sockets[0].getsockname()[:2]))
    try:
        await asyncio.gather(*(one.serve(sockets=[bound]) for one, bound in zip(listeners, sockets, strict=True)))
    finally:
        spool.close()
        await accounts.close()


def main() -> int:
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
