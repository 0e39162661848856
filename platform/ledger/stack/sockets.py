"""The one folder outside the home: unix sockets, whose paths may hold no more than about a hundred bytes."""

import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

from ledger.stack.errors import StackError

LONGEST = 107 - len("/.s.PGSQL.5432.lock")


class UnsafeFolder(StackError):
    """Somebody else owns the folder our sockets would lie in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"{folder} is not a folder of ours alone. Remove it, or set TMPDIR to a folder of your own.")


def folder(home: Path) -> Path:
    """Where this home's sockets lie: the same place at every start, whether or not it exists yet."""
    mark = hashlib.sha256(os.fsencode(home.absolute())).hexdigest()[:10]
    name = f"spanledger-{os.geteuid()}-{mark}"
    near = Path(tempfile.gettempdir(), name)
    return near if len(os.fsencode(near)) <= LONGEST else Path("/tmp", name)  # noqa: S108  checked in make()


def make(place: Path, owner: int) -> None:
    """The folder, closed to others and owned by the server's user; one that another user put there is not used."""
    if os.path.lexists(place) and not is_ours(place, owner):
        remove(place)
    place.mkdir(mode=0o700, exist_ok=True)
    if not is_ours(place, owner):
        raise UnsafeFolder(place)
    os.chown(place, owner, -1)
    place.chmod(0o700)


def discard(home: Path) -> None:
    """Leave nothing outside the home once the server has ended."""
    shutil.rmtree(folder(home), ignore_errors=True)


def is_ours(place: Path, owner: int) -> bool:
    found = place.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid in (os.geteuid(), owner)


def remove(place: Path) -> None:
    """Root may clear away what is in the way; anybody else is told to."""
    try:
        if place.is_symlink() or not place.is_dir():
            place.unlink()
        else:
            shutil.rmtree(place)
    except PermissionError:
        raise UnsafeFolder(place) from None
