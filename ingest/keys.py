"""Who is asking: the key in a request, looked up in the accounts' table and remembered for a minute.

A key that can't be one is refused without a question, and questions are gathered: twenty a second at most, however many
unknown keys come. When PostgreSQL is away, keys that were good go on for ten
minutes; what is not known then is told to come again.
"""

import base64
import binascii
import hmac
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from ingest.errors import MissingScope, NoKey, TryLater
from ingest.lookups import Lookups, TooMany
from ledger.domain.keys import ApiKey, Scope, digest, parse_key
from ledger.domain.redaction import STANDARD, Policy

FRESH, MISSING_FRESH, GRACE = 60.0, 10.0, 600.0
"""Seconds for which a key found, a key not found, and, without PostgreSQL, a key once found are believed."""

ENTRIES = 10_000

log = structlog.get_logger("ingest")

QUERY = """
SELECT public_id, kind, digest, project_id, expires_at, revoked_at,
    redaction_mode, redaction_personal, redaction_patterns
FROM accounts_apikey JOIN accounts_project ON accounts_project.id = project_id
WHERE public_id = ANY(%(public_ids)s)
"""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """What the accounts' table says of a key."""

    kind: str
    digest: str
    project: UUID
    expires_at: datetime | None
    revoked_at: datetime | None
    redaction: Policy | None = STANDARD
    """None where what the table holds is no policy."""

    def live(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Access:
    """Whose spans these are, and by which key."""

    project: UUID
    key_id: str
    redaction: Policy | None = STANDARD


@dataclass(frozen=True, slots=True)
class Remembered:
    row: KeyRow | None
    at: float


class KeysUnavailable(Exception):
    """PostgreSQL can't be asked just now."""


type Find = Callable[[Sequence[str]], Awaitable[Mapping[str, KeyRow]]]


class KeyRing:
    """Answers whether a key may do something, with as few questions as possible."""

    def __init__(self, find: Find, pepper: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.lookups, self.pepper, self.clock = Lookups(find), pepper, clock
        self.known: OrderedDict[str, Remembered] = OrderedDict()
        self.unknown: OrderedDict[str, Remembered] = OrderedDict()

    async def admit(self, headers: Mapping[str, str], scope: Scope) -> Access:
        """Raises NoKey, then MissingScope; TryLater where nobody can say."""
        key = parse_key(presented(headers))
        if key is None:
            raise NoKey
        row = await self.row_of(key)
        if row is None or not hmac.compare_digest(row.digest, digest(key, self.pepper)) or row.kind != key.kind:
            raise NoKey
        if not row.live(datetime.now(UTC)):
            raise NoKey
        if not key.may(scope):
            raise MissingScope(key.kind)
        return Access(row.project, key.id, row.redaction)

    async def row_of(self, key: ApiKey) -> KeyRow | None:
        held, now = self.known.get(key.id) or self.unknown.get(key.id), self.clock()
        if held is not None and now - held.at < (FRESH if held.row else MISSING_FRESH):
            return held.row
        try:
            row = await self.lookups.row(key.id)
        except (KeysUnavailable, TooMany) as error:
            if held is not None and held.row is not None and now - held.at < GRACE:
                return held.row
            raise TryLater("Keys can't be checked just now.") from error
        self.remember(key.id, Remembered(row, self.clock()))
        return row

    def remember(self, key_id: str, found: Remembered) -> None:
        """Keys that there are not are remembered by themselves: they come in any number, and drive no good one out."""
        kind, other = (self.known, self.unknown) if found.row else (self.unknown, self.known)
        other.pop(key_id, None)
        kind[key_id] = found
        kind.move_to_end(key_id)
        if len(kind) > ENTRIES:
            kind.popitem(last=False)


def presented(headers: Mapping[str, str]) -> str:
    """The text of the key, in any of the forms in which clients send it."""
    said = headers.get("authorization", "").strip()
    scheme, _, rest = said.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        return password(rest)
    return said or headers.get("x-api-key", "").strip() or headers.get("api_key", "").strip()


def password(encoded: str) -> str:
    """The password of a Basic pair; the user's name may be anything."""
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


class AccountsTable:
    """The accounts' table in PostgreSQL; it need not be there yet."""

    def __init__(self, url: str) -> None:
        self.pool = AsyncConnectionPool(
            url, min_size=1, max_size=4, timeout=2, open=False, kwargs={"autocommit": True, "connect_timeout": 3}
        )

    async def open(self) -> None:
        await self.pool.open(wait=False)

    async def close(self) -> None:
        await self.pool.close(timeout=2)

    async def find(self, public_ids: Sequence[str]) -> dict[str, KeyRow]:
        """Those of the keys that there are."""
        try:
            async with self.pool.connection() as connection:
                cursor = await connection.execute(QUERY, {"public_ids": list(public_ids)})
                rows = await cursor.fetchall()
        except (psycopg.Error, PoolTimeout) as error:
            raise KeysUnavailable(str(error)) from error
        return {public_id: key_row(*columns) for public_id, *columns in rows}


def key_row(
    kind: str,
    known: str,
    project: UUID,
    expires_at: datetime | None,
    revoked_at: datetime | None,
    *redaction: *tuple[str, bool, Mapping[str, str]],
) -> KeyRow:
    return KeyRow(kind, known, project, expires_at, revoked_at, policy_of(*redaction))


def policy_of(mode: str, personal: bool, patterns: Mapping[str, str]) -> Policy | None:
    try:
        return Policy.of(mode, personal, patterns)
    except (ValueError, AttributeError) as error:
        log.error("a project's redaction can't be read: only metadata is kept", reason=str(error))
        return None
