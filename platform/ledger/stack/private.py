"""Files only their owner may read: secrets, and what a running stack notes about itself."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Secrets:
    """Made once for a home and kept; losing them signs everybody out."""

    secret_key: str
    writer_password: str
    reader_password: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to use the default project: an admin key, and a login that sees it."""

    api_key: str
    admin_email: str
    admin_password: str


def write(path: Path, text: str) -> None:
    """Replace the file as a whole; it is never readable by others, not even while it is written."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def write_variables(path: Path, variables: Mapping[str, str]) -> None:
    """As lines that a shell can source: `NAME='value'`."""
    write(path, "".join(f"{name}={quoted(value)}\n" for name, value in variables.items()))


def quoted(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"


def own_secrets(home: Path) -> Secrets:
    file = home / "secrets.json"
    if not file.exists():
        write(file, json.dumps(asdict(Secrets(*(secrets.token_urlsafe(40) for _ in range(3)))), indent=1))
    return Secrets(**json.loads(file.read_text()))


def credentials(home: Path) -> Credentials:
    """What `ensure_default_project` left for us."""
    found = json.loads((home / "credentials.json").read_text())
    return Credentials(found["api_key"], found["admin_email"], found["admin_password"])
