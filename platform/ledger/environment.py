"""What the outside tells us: settings come from the environment alone, are read in this file, and are checked at start.

A value is looked for in the process's environment, then in a `.env` file beside the working folder, then in what a
running stack noted of itself in `$SPANLEDGER_HOME/stack.json`.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values


class BadSetting(ValueError):
    """A setting holds a value that can't be used."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        self.name, self.value, self.expected = name, value, expected
        super().__init__(f'{name}="{value}": expected {expected}.')


@dataclass(frozen=True, slots=True)
class Environment:
    """The settings of one process. An empty URL means: the embedded service."""

    home: Path
    bind: str
    web_port: int
    otlp_http_port: int
    otlp_grpc_port: int
    database_url: str
    clickhouse_url: str
    clickhouse_reader_url: str
    broker_url: str
    ingest_url: str
    """Where ingest answers its own house (the ledger's snapshot), not the world."""
    secret_key: str
    retention_days: int = 3650
    """Spans that began earlier are not taken."""
    spool_mib: int = 4096
    allowed_hosts: tuple[str, ...] = ()
    """Further host names under which the pages may be asked for, besides this machine's."""

    @property
    def spool_bytes(self) -> int:
        return self.spool_mib * 1024 * 1024


STACK_NOTE = "stack.json"


def read(environ: Mapping[str, str] | None = None) -> Environment:
    """The settings in force; raises BadSetting with the name, the value and what was expected."""
    values = gather(os.environ if environ is None else environ)
    home = Path(values.get("SPANLEDGER_HOME") or ".spanledger").absolute()
    return Environment(
        home=home,
        bind=values.get("SPANLEDGER_BIND") or "127.0.0.1",
        web_port=port(values, "SPANLEDGER_WEB_PORT", 8000),
        otlp_http_port=port(values, "SPANLEDGER_OTLP_HTTP_PORT", 4318),
        otlp_grpc_port=port(values, "SPANLEDGER_OTLP_GRPC_PORT", 4317),
        database_url=url(values, "DATABASE_URL", ("postgresql", "postgres")),
        clickhouse_url=url(values, "CLICKHOUSE_URL", ("http", "https")),
        clickhouse_reader_url=url(values, "CLICKHOUSE_READER_URL", ("http", "https")),
        broker_url=url(values, "BROKER_URL", ("redis", "rediss", "valkey", "amqp", "amqps", "spool")),
        ingest_url=url(values, "SPANLEDGER_INGEST_URL", ("http",)),
        secret_key=values.get("SPANLEDGER_SECRET_KEY", ""),
        retention_days=number(values, "SPANLEDGER_RETENTION_DAYS", 3650, least=1),
        spool_mib=number(values, "SPANLEDGER_SPOOL_MIB", 4096, least=16),
        allowed_hosts=host_names(values, "SPANLEDGER_ALLOWED_HOSTS"),
    )


def gather(environ: Mapping[str, str]) -> dict[str, str]:
    """One mapping out of the three places, the nearest winning; empty values count as absent."""
    file = {name: value for name, value in dotenv_values(".env").items() if value}
    given = {name: value for name, value in environ.items() if value}
    home = Path(given.get("SPANLEDGER_HOME") or file.get("SPANLEDGER_HOME") or ".spanledger")
    return noted(home) | file | given


def noted(home: Path) -> dict[str, str]:
    """What the stack of this home wrote down about itself; empty when none has run here."""
    note = home / STACK_NOTE
    if not note.exists():
        return {}
    return {str(name): str(value) for name, value in json.loads(note.read_text()).items()}


def port(values: Mapping[str, str], name: str, default: int) -> int:
    text = values.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise BadSetting(name, text, "a port number between 1 and 65535")
    return int(text)


def number(values: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    text = values.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= 1_000_000:
        raise BadSetting(name, text, f"a whole number from {least} to 1000000")
    return int(text)


def url(values: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str:
    text = values.get(name, "")
    if text and text.partition("://")[0] not in schemes:
        beginnings = " or ".join(f"{scheme}://" for scheme in schemes)
        raise BadSetting(name, text.partition("@")[2] or text, f"a URL that begins with {beginnings}")
    return text


def host_names(values: Mapping[str, str], name: str) -> tuple[str, ...]:
    """A comma list of host names; a wildcard is refused, for it would answer whatever name an attacker points at us."""
    names = tuple(part.strip() for part in values.get(name, "").split(",") if part.strip())
    if any("*" in each for each in names):
        raise BadSetting(name, values[name], "host names separated by commas, without *")
    return names
