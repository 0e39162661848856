"""Whether the embedded servers already hold the tables of this code, so that a second start need not ask them.

Two Pythons with Django in them would take seconds to find that there is nothing to do. The stamp holds a hash of every
migration and the birth marks of both data folders: change or delete any of them, and the steps run again.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from ledger.stack import private

ROOT = Path(__file__).resolve().parents[3]
LEDGER = ROOT / "platform" / "ledger"


def is_current(home: Path, variables: Mapping[str, str], *, outside: bool) -> bool:
    """Never for servers that are not ours: somebody else may have emptied them."""
    stamp = home / "migrated"
    if outside or not stamp.exists() or not (home / "credentials.json").exists():
        return False
    return stamp.read_text() == fingerprint(home, variables)


def write(home: Path, variables: Mapping[str, str]) -> None:
    private.write(home / "migrated", fingerprint(home, variables))


def fingerprint(home: Path, variables: Mapping[str, str]) -> str:
    digest = hashlib.sha256(variables["SPANLEDGER_SECRET_KEY"].encode())
    for folder in (home / "postgres" / "PG_VERSION", home / "clickhouse"):
        digest.update(birth_mark(folder).encode())
    for source in sources():
        digest.update(str(source.relative_to(ROOT)).encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()


def birth_mark(path: Path) -> str:
    return str(path.stat().st_ino) if path.exists() else "none"


def sources() -> Iterator[Path]:
    """Migrations of Django's apps and the store, what makes the default project, and the lock, which fixes prices."""
    yield ROOT / "uv.lock"
    for pattern in ("*/migrations/*.py", "store/migrations/*.sql", "*/management/commands/*.py", "prices/*.py"):
        yield from sorted(LEDGER.glob(pattern))
