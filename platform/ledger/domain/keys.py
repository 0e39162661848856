"""API keys: one string `sl_<kind>_<id>_<secret>_<checksum>`.

The id is the public part, for look-up and logs; only an HMAC of the whole string is stored; the checksum lets a
scanner, and our own redaction, tell a key from other text.
"""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass
from typing import Literal, get_args

KeyKind = Literal["ingest", "read", "admin"]
Scope = Literal["ingest", "read", "admin"]

KEY_KINDS: tuple[KeyKind, ...] = get_args(KeyKind)
SCOPES: dict[str, frozenset[str]] = {
    "ingest": frozenset({"ingest"}),
    "read": frozenset({"read"}),
    "admin": frozenset({"ingest", "read", "admin"}),
}
"""What a key of each kind may do."""

ALPHABET = string.ascii_letters + string.digits
SHAPE = re.compile(r"sl_(ingest|read|admin)_([A-Za-z0-9]{8})_([A-Za-z0-9]{43})_([0-9a-f]{8})\Z")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as presented; `text` is secret."""

    kind: str
    id: str
    text: str

    def may(self, scope: Scope) -> bool:
        return scope in SCOPES[self.kind]


def new_key(kind: KeyKind) -> ApiKey:
    """A fresh key with 43 characters (256 bits) of secret."""
    ident, secret = random_text(8), random_text(43)
    stem = f"sl_{kind}_{ident}_{secret}"
    return ApiKey(kind=kind, id=ident, text=f"{stem}_{checksum(stem)}")


def parse_key(text: str) -> ApiKey | None:
    """The key in a text, or None where the text can't be one; no look-up is needed to refuse those."""
    found = SHAPE.match(text)
    if found is None or checksum(text.rpartition("_")[0]) != found[4]:
        return None
    return ApiKey(kind=found[1], id=found[2], text=text)


def digest(key: ApiKey, pepper: str) -> str:
    """What is stored in place of the key: HMAC-SHA256 in hex."""
    return hmac.new(pepper.encode(), key.text.encode(), hashlib.sha256).hexdigest()


def internal_token(secret_key: str) -> str:
    """The bearer token with which the services of one house speak to each other."""
    return hmac.new(secret_key.encode(), b"spanledger internal", hashlib.sha256).hexdigest()


def checksum(stem: str) -> str:
    return f"{zlib.crc32(stem.encode()):08x}"


def random_text(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
