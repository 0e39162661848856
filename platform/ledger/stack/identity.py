"""As whom PostgreSQL runs: it refuses root, and its initdb refuses a user without a name."""

import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ledger.stack.errors import NotReachable

LAUNCHER = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True)
class Identity:
    """A user as the launcher understands it, and who then owns the files as seen from here."""

    spec: str
    owner: int


def launched(command: list[str], identity: Identity, death_signal: str = "SIGTERM") -> list[str]:
    """The command line that starts `command` under that identity, bound to the life of this process."""
    return [sys.executable, "-I", "-S", str(LAUNCHER), death_signal, str(os.getpid()), identity.spec, *command]


def myself() -> Identity:
    return Identity("self", os.geteuid())


def for_postgres(*must_enter: Path) -> Identity:
    """The gentlest identity PostgreSQL accepts here: ourselves, a user namespace, or `nobody`."""
    if os.geteuid() != 0 and has_name(os.geteuid()):
        return myself()
    nobody = pwd.getpwnam("nobody")
    namespace = Identity(f"namespace:{nobody.pw_uid}:{nobody.pw_gid}", os.geteuid())
    if works(namespace.spec):
        return namespace
    return dropped(nobody.pw_uid, nobody.pw_gid, must_enter)


def dropped(uid: int, gid: int, must_enter: tuple[Path, ...]) -> Identity:
    """Root turned into `uid`, with the power to enter closed folders only where some are in the way."""
    closed = next(
        (folder for path in must_enter for folder in [path, *path.parents] if not open_to_others(folder)), None
    )
    if closed is None:
        return Identity(f"user:{uid}:{gid}", uid)
    reaching = Identity(f"user-reaching:{uid}:{gid}", uid)
    if works(reaching.spec):
        return reaching
    raise NotReachable(closed)


def has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def open_to_others(folder: Path) -> bool:
    return not folder.exists() or bool(folder.stat().st_mode & 0o001)


@cache
def works(spec: str) -> bool:
    """Whether this machine lets us take that identity; containers often forbid namespaces."""
    command = launched([], Identity(spec, os.geteuid()))
    return sys.platform.startswith("linux") and subprocess.run(command, capture_output=True).returncode == 0  # noqa: S603  our own launcher
