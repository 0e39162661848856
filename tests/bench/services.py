"""A PostgreSQL of a benchmark's own, for as long as it runs."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.stack import identity, postgres, sockets


@contextmanager
def database(home: Path) -> Iterator[str]:
    """The address of a new PostgreSQL."""
    home.mkdir(parents=True, exist_ok=True)
    server = postgres.cluster(home, durable=False)
    postgres.prepare(server)
    command = identity.launched(server.command(), server.identity, postgres.END_SIGNAL.name)
    with (home / "postgres.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        limit = time.monotonic() + 60
        while not server.ready():
            assert time.monotonic() < limit, f"PostgreSQL did not start within a minute; see {home}/postgres.log"
            time.sleep(0.05)
        yield postgres.url(home)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        sockets.discard(home)
