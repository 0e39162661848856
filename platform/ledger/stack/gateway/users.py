"""Who may ask: one writer with full rights, one reader with few."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

from ledger.stack.gateway.errors import AuthenticationFailed, BadUser

type Role = Literal["reader", "writer"]

MIB = 1 << 20
READER_LIMITS: Mapping[str, str | int] = {
    "max_execution_time": 30,
    "max_memory_usage": 1024 * MIB,
    "max_rows_to_read": 1_000_000_000,
    "read_overflow_mode": "throw",
    "max_result_rows": 1_000_000,
    "max_result_bytes": 256 * MIB,
    "result_overflow_mode": "throw",
    "readonly": 1,
}
NO_LIMITS: Mapping[str, str | int] = {}


@dataclass(frozen=True, slots=True)
class User:
    name: str
    password: str = field(repr=False)
    role: Role

    @property
    def limits(self) -> Mapping[str, str | int]:
        """Settings that come before, and hold against, those of the request. The writer's are in users.xml."""
        return READER_LIMITS if self.role == "reader" else NO_LIMITS


@dataclass(frozen=True, slots=True)
class Users:
    known: tuple[User, ...]

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        writer = described(environ, "GATEWAY_WRITER", "writer")
        reader = described(environ, "GATEWAY_READER", "reader")
        return cls((writer, reader))

    def authenticate(self, headers: Mapping[str, str], fields: Mapping[str, str]) -> User:
        name, password = credentials(headers, fields)
        for user in self.known:
            if user.name == name and hmac.compare_digest(user.password.encode(), password.encode()):
                return user
        raise AuthenticationFailed(name)


def described(environ: Mapping[str, str], variable: str, role: Role) -> User:
    name, _, password = environ.get(variable, "").partition(":")
    if not name or not password:
        raise BadUser(variable)
    return User(name, password, role)


def credentials(headers: Mapping[str, str], fields: Mapping[str, str]) -> tuple[str, str]:
    """Name and password from the three places a ClickHouse client may put them."""
    if "x-clickhouse-user" in headers:
        return headers["x-clickhouse-user"], headers.get("x-clickhouse-key", "")
    if headers.get("authorization", "").lower().startswith("basic "):
        return basic(headers["authorization"][len("basic ") :])
    return fields.get("user", "default"), fields.get("password", "")


def basic(encoded: str) -> tuple[str, str]:
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise AuthenticationFailed("unreadable") from error
    return name, password
