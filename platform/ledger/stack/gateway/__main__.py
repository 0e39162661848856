"""`python -m ledger.stack.gateway --path DIR --port N`: ClickHouse in one process, for those who run no server of it.

It opens the engine, then listens. Users come from GATEWAY_WRITER and GATEWAY_READER, each `<user>:<password>`.
"""

import argparse
import os
import signal
import sys
import threading
from contextlib import closing
from pathlib import Path

import uvicorn

from ledger.stack.gateway.app import Gateway
from ledger.stack.gateway.engine import Engine
from ledger.stack.gateway.errors import GatewayError
from ledger.stack.gateway.users import Users

LAST_ANSWERS = 2.0
"""Seconds for running queries after SIGTERM; then they are stopped."""
CLOSING = 2.0
"""Seconds more for the engine; then the process ends as a crash would, which loses nothing acknowledged."""


def main(arguments: list[str]) -> None:
    options = parsed(arguments)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: sys.exit(0))
    try:
        users = Users.from_environment(os.environ)
        with Engine(options.path) as engine, closing(Gateway(engine, users)) as gateway:
            engine.create_database(options.database)
            serve(gateway, options.host, options.port)
    except GatewayError as error:
        sys.exit(str(error))


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ledger.stack.gateway", description=__doc__)
    parser.add_argument("--path", type=Path, required=True, help="folder of the data; one gateway a folder")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--database", default="spanledger", help="made at the start if missing")
    return parser.parse_args(arguments)


def serve(gateway: Gateway, host: str, port: int) -> None:
    """Until a signal, which uvicorn raises again when it is done: main's handler then ends the process."""
    config = uvicorn.Config(
        gateway.app(),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        ws="none",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=int(LAST_ANSWERS),
    )
    try:
        uvicorn.Server(config).run()
    finally:
        last_resort = threading.Timer(CLOSING, os._exit, (1,))
        last_resort.daemon = True
        last_resort.start()


if __name__ == "__main__":
    main(sys.argv[1:])
