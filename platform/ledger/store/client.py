"""ClickHouse over HTTP: the same client for the embedded gateway, a server or a cluster."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from threading import Lock
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import uuid4

from clickhouse_connect.driver import create_client
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DataError, Error, NotSupportedError, ProgrammingError
from urllib3.exceptions import HTTPError

from ledger.store.errors import QueryRefused, QueryUnknown, StoreUnavailable
from ledger.store.sql import queries

type Row = dict[str, Any]
"""One row by column name; what a column holds is the query's affair, hence Any."""

type Columns = Mapping[str, Sequence[Any]]

LOOPBACK = ("127.0.0.1", "localhost", "::1")

OURS = (DataError, ProgrammingError, NotSupportedError)
"""What is refused on our side of the wire: a value that its column can't hold, say."""

TRY_LATER = frozenset(
    {
        202,  # too many queries at once
        209,  # socket timeout
        210,  # network error
        242,  # table is read-only for the moment
        252,  # too many parts
        319,  # unknown whether the insert arrived
        999,  # keeper
    }
)
"""ClickHouse's codes that pass by themselves."""


class Store:
    """One database of one ClickHouse. Threads may share it; nothing is sent before the first question."""

    def __init__(self, url: str) -> None:
        self.address = urlsplit(url)
        self.database = self.address.path.strip("/") or "default"
        self._types: dict[str, dict[str, str]] = {}
        self._connecting = Lock()

    def query(self, name: str, **params: object) -> list[Row]:
        """The rows of a named query; a parameter goes to the server under its own type, never into the text."""
        return self.select(named(name), **params)

    def select(self, sql: str, **params: object) -> list[Row]:
        """The rows of a SELECT composed by the caller. Prefer `query`."""
        with self.talking(sql):
            result = self.client.query(sql, parameters=params)
            return [dict(zip(result.column_names, row, strict=True)) for row in result.result_rows]

    def columns(self, name: str, **params: object) -> dict[str, Sequence[Any]]:
        """The same rows as `query`, column by column, for results of many thousand; empty where there are none."""
        sql = named(name)
        with self.talking(sql):
            result = self.client.query(sql, parameters=params, column_oriented=True)
            return dict(zip(result.column_names, result.result_columns, strict=True)) if result.row_count else {}

    def run(self, name: str, **params: object) -> None:
        """A named statement that answers nothing: INSERT … SELECT, say."""
        self.command(named(name), **params)

    def command(self, sql: str, **params: object) -> None:
        with self.talking(sql):
            self.client.command(sql, parameters=params, settings=written(sql))

    def insert(self, table: str, columns: Columns, token: str = "") -> None:
        """All rows or none. Under one token the same rows are taken once, however often they are sent."""
        if not any(len(values) for values in columns.values()):
            return
        types = self.types(table)
        with self.talking(f"INSERT INTO {table}"), encoding():
            self.client.insert(
                table,
                list(columns.values()),
                column_names=list(columns),
                column_type_names=[types[name] for name in columns],
                column_oriented=True,
                settings=insert_settings(token),
            )

    def types(self, table: str) -> dict[str, str]:
        """The table's columns and their types, asked once."""
        if table not in self._types:
            rows = self.select(f"DESCRIBE TABLE {table}")
            self._types[table] = {row["name"]: row["type"] for row in rows}
        return self._types[table]

    @property
    def client(self) -> Client:
        with self._connecting:
            return self._client

    @cached_property
    def _client(self) -> Client:
        return create_client(
            interface=self.address.scheme,
            host=self.address.hostname,
            port=self.address.port or 0,
            username=unquote(self.address.username or "default"),
            password=unquote(self.address.password or ""),
            database=self.database,
            compress=self.address.hostname not in LOOPBACK,
            autogenerate_session_id=False,  # a session would let one question through at a time
            tz_mode="aware",
            dedicated_pool=True,
            query_limit=0,
        )

    @contextmanager
    def talking(self, sql: str) -> Iterator[None]:
        """Names what goes wrong in our words."""
        try:
            yield
        except (ClickHouseError, HTTPError) as error:
            code = error.code if isinstance(error, Error) else None
            if code in TRY_LATER or (code is None and not isinstance(error, OURS)):
                raise StoreUnavailable(shown(self.address), brief(str(error), 600)) from error
            raise QueryRefused(code, brief(str(error), 600), brief(sql, 200)) from error

    def close(self) -> None:
        """Let go of the connections; the next question opens new ones."""
        with self._connecting:
            if "_client" in self.__dict__:
                self._client.close()
                del self._client


@contextmanager
def encoding() -> Iterator[None]:
    """Tells what the client says of a value that doesn't fit its column, in several ways, in one."""
    try:
        yield
    except (OverflowError, TypeError, ValueError, struct.error) as error:
        raise DataError(f"{type(error).__name__}: {error}") from error


def connect(url: str) -> Store:
    """The store behind `http(s)://user:password@host:port/database`; it need not run yet."""
    return Store(url)


def named(name: str) -> str:
    block = queries().get(name)
    if block is None:
        raise QueryUnknown(name, sorted(queries()))
    return block.text


def insert_settings(token: str = "") -> dict[str, object]:
    """Ours are whole batches: taken at once. Without a token each is another, however much alike they look."""
    return {
        "async_insert": 0,
        "insert_deduplication_token": token or uuid4().hex,
        "max_partitions_per_insert_block": 0,  # spans may be of any month, and a group holds what came
        "deduplicate_blocks_in_dependent_materialized_views": 1,  # a repeat also completes what hangs on the table
    }


def written(sql: str) -> dict[str, object]:
    return insert_settings() if sql.lstrip().upper().startswith("INSERT") else {}


def brief(text: str, most: int) -> str:
    """On one line; ClickHouse likes to repeat the whole statement in its complaint."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most]}…"


def shown(address: SplitResult) -> str:
    """Host and port, without the password."""
    return f"{address.hostname}:{address.port}" if address.port else str(address.hostname)
