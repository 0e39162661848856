"""What stands in the place of what was taken out: `[email:3f9c2a71d0]`."""

import hashlib
import hmac
import re
from uuid import UUID

DIGITS = 10
"""Of the keyed hash, in hex: a million values of a project meet by chance once in two."""

MARK = re.compile(r"\[[a-z][a-z0-9_]{0,31}:[0-9a-f]{10}\]")


def project_key(secret_key: str, project: UUID) -> bytes:
    """What a project's marks are made with: nobody without the house's secret can try values out."""
    return hmac.digest(secret_key.encode(), b"spanledger redaction " + project.bytes, hashlib.sha256)


def mark(key: bytes, label: str, value: bytes) -> str:
    """The same for the same value of the same project, so that who is equal stays equal."""
    found = hashlib.blake2b(value, key=key, digest_size=DIGITS // 2)
    return f"[{label}:{found.hexdigest()}]"
