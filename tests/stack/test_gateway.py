"""What an ordinary ClickHouse client may expect of the gateway.

With CLICKHOUSE_URL set the same claims are put to that server, and those about the embedded engine alone are skipped;
CLICKHOUSE_READER_URL names a user there with readonly = 1.
"""

import gzip
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlencode, urlsplit
from uuid import UUID, uuid4

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, Error, OperationalError

embedded = pytest.mark.usefixtures("gateway_endpoint")
needs_reader = pytest.mark.usefixtures("reader_endpoint")

TYPES = """
    id UInt32, number Int64, big UInt128, amount Decimal(18, 10), ratio Float64, name String,
    word LowCardinality(String), maybe Nullable(Int64), maybe_word LowCardinality(Nullable(String)),
    code FixedString(8), at DateTime64(6, 'UTC'), who UUID, tags Map(LowCardinality(String), String),
    list Array(LowCardinality(String)), pairs Array(Tuple(String, Int32)), yes Bool
"""
ROWS: list[tuple[Any, ...]] = [
    (
        *(
            1,
            -(2**63),
            2**128 - 1,
            Decimal("12345678.0123456789"),
            0.1,
            'it\'s\n\t\\ a "line" ünïcode 🦊',
            "a",
            None,
            None,
        ),
        *(b"\x00\xff12345\x00", datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=UTC), UUID(int=7), {"k": "v'", "": ""}),
        *(["x", "y"], [("p", -1)], True),
    ),
    (
        *(2, 2**63 - 1, 2**64, Decimal("-0.0000000001"), -1e300, "", "b", -5, "word"),
        *(b"abcdefgh", datetime(1970, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1), {}),
        *([], [], False),
    ),
]


class Endpoint(Protocol):
    """Where the claims are put, as its two users see it."""

    url: str
    reader_url: str


@dataclass(frozen=True)
class Gateway:
    """The endpoint of a gateway that a test starts for itself."""

    url: str
    reader_url: str


@dataclass(frozen=True)
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def code(self) -> int:
        return int(self.headers["X-ClickHouse-Exception-Code"] or 0)


class GatewayProcess:
    """A gateway of our own on a free port."""

    def __init__(self, path: Path, **environ: str) -> None:
        self.path = path
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        users = {"GATEWAY_WRITER": "spanledger:wr:iter", "GATEWAY_READER": "reader:re@der"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ledger.stack.gateway", "--path", str(path), "--port", str(self.port)],
            env=os.environ | users | environ,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def endpoint(self) -> Gateway:
        place = f"127.0.0.1:{self.port}/spanledger"
        return Gateway(f"http://spanledger:wr%3Aiter@{place}", f"http://reader:re%40der@{place}")

    def wait_ready(self) -> None:
        def answers() -> bool:
            assert self.process.poll() is None, self.ended()[1]
            with suppress(OSError):
                return ask(self.endpoint, path="/ping", method="GET", user=None).status == 200
            return False

        wait_until(answers, seconds=60)

    def ended(self, seconds: float = 10) -> tuple[int, str]:
        """Exit status and last words."""
        _, words = self.process.communicate(timeout=seconds)
        return self.process.returncode, words

    def kill(self) -> None:
        self.process.kill()
        self.ended()


@contextmanager
def running_gateway(path: Path, **environ: str) -> Iterator[GatewayProcess]:
    gateway = GatewayProcess(path, **environ)
    try:
        gateway.wait_ready()
        yield gateway
    finally:
        gateway.kill()


def wait_until(holds: Callable[[], bool], seconds: float = 10) -> None:
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit, f"did not happen within {seconds} s"
        time.sleep(0.02)


def ask(
    endpoint: Endpoint,
    sql: str | bytes | Iterator[bytes] = b"",
    *,
    user: tuple[str, str] | None = ("writer", ""),
    method: str = "POST",
    path: str = "/",
    headers: dict[str, str] | None = None,
    url_user: tuple[str, str] | None = None,
    **fields: str,
) -> Reply:
    """One request without any client in between. `user` "writer" and "reader" stand for the endpoint's own."""
    connection = http.client.HTTPConnection(*address(endpoint), timeout=60)
    try:
        named = {"user": url_user[0], "password": url_user[1]} if url_user else {}
        target = f"{path}?{urlencode(fields | named)}"
        connection.request(method, target, sql, {**basic(endpoint, user), **(headers or {})})
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())
    finally:
        connection.close()


def address(endpoint: Endpoint) -> tuple[str, int]:
    parts = urlsplit(endpoint.url)
    return parts.hostname or "", parts.port or 8123


def basic(endpoint: Endpoint, user: tuple[str, str] | None) -> dict[str, str]:
    if user is None:
        return {}
    name, password = credentials(endpoint, user[0]) if not user[1] else user
    return {"Authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode()}


def credentials(endpoint: Endpoint, role: str) -> tuple[str, str]:
    parts = urlsplit(endpoint.reader_url if role == "reader" else endpoint.url)
    return unquote(parts.username or "default"), unquote(parts.password or "")


READER = ("reader", "")


@pytest.fixture(scope="session")
def endpoint(clickhouse: Endpoint) -> Endpoint:
    return clickhouse


@pytest.fixture(scope="session")
def gateway_endpoint(endpoint: Endpoint) -> None:
    if ask(endpoint, "SELECT 1").headers["X-ClickHouse-Server-Display-Name"] != "spanledger gateway":
        pytest.skip("about the embedded engine; CLICKHOUSE_URL names another server")


@pytest.fixture(scope="session")
def reader_endpoint(endpoint: Endpoint) -> None:
    if endpoint.reader_url == endpoint.url:
        pytest.skip("CLICKHOUSE_READER_URL names no reader of this server")


@contextmanager
def connected(url: str, **options: Any) -> Iterator[Client]:
    client = clickhouse_connect.get_client(dsn=url, tz_mode="aware", **options)
    try:
        yield client
    finally:
        client.close()


@pytest.fixture
def client(endpoint: Endpoint) -> Iterator[Client]:
    with connected(endpoint.url) as client:
        yield client


@pytest.fixture
def reader(endpoint: Endpoint) -> Iterator[Client]:
    with connected(endpoint.reader_url) as client:
        yield client


@pytest.fixture
def table(client: Client) -> Iterator[Callable[[str, str], str]]:
    """Makes tables that are gone after the test."""
    made = []

    def make(columns: str, engine: str = "MergeTree ORDER BY tuple()") -> str:
        name = f"test_{uuid4().hex}"
        client.command(f"CREATE TABLE {name} ({columns}) ENGINE = {engine}")
        made.append(name)
        return name

    yield make
    for name in made:
        client.command(f"DROP TABLE {name} SYNC")


class TestAsking:
    def test_a_ping_needs_no_password(self, endpoint: Endpoint) -> None:
        reply = ask(endpoint, path="/ping", method="GET", user=None)

        assert (reply.status, reply.body) == (200, b"Ok.\n")

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("String", "it's"),
            ("String", "two\nlines\tand a \\ backslash"),
            ("String", "NULL"),
            ("String", ""),
            ("Nullable(String)", None),
            ("Nullable(Int64)", None),
            ("Int64", -(2**63)),
            ("UInt128", 2**128 - 1),
            ("Float64", 0.1),
            ("Bool", True),
            ("UUID", UUID(int=9)),
            ("DateTime64(6, 'UTC')", datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=UTC)),
            ("Array(String)", ["it's", "a\nb", "back\\slash", "tab\t", ""]),
            ("Array(UInt64)", [0, 2**64 - 1]),
            ("Array(Nullable(String))", [None, "x"]),
            ("Array(Tuple(String, Int32))", [("it's", -1)]),
        ],
    )
    def test_a_typed_parameter_arrives_as_it_was_sent(self, client: Client, kind: str, value: object) -> None:
        rows = client.query(f"SELECT {{value:{kind}}}", parameters={"value": value}).result_rows

        assert rows[0][0] == value

    def test_a_parameter_too_long_for_a_url_travels_in_a_form(self, client: Client) -> None:
        ids = [f"{number:032x}" for number in range(10_000)]

        assert client.query(
            "SELECT length({ids:Array(String)}), {ids:Array(String)}[-1]", {"ids": ids}
        ).result_rows == [(10_000, f"{9_999:032x}")]

    def test_a_setting_holds_for_its_own_query_only(self, client: Client) -> None:
        question = "SELECT getSetting('max_block_size')"
        before = client.query(question).result_rows

        assert client.query(question, settings={"max_block_size": 77}).result_rows == [(77,)]
        assert client.query(question).result_rows == before

    def test_a_setting_nobody_knows_is_refused(self, endpoint: Endpoint) -> None:
        assert ask(endpoint, "SELECT 1", no_such_setting="1").code == 115

    def test_a_query_may_come_in_the_url_or_the_body_or_both(self, endpoint: Endpoint) -> None:
        replies = [
            ask(endpoint, query="SELECT 1 + 1", method="GET"),
            ask(endpoint, "SELECT 1 + 1"),
            ask(endpoint, "1", query="SELECT 1 +"),
        ]

        assert [reply.body for reply in replies] == [b"2\n"] * 3

    def test_the_database_and_the_format_may_be_named_beside_the_query(self, endpoint: Endpoint) -> None:
        reply = ask(endpoint, "SELECT currentDatabase() AS name", database="system", default_format="JSONEachRow")

        assert json.loads(reply.body) == {"name": "system"}
        assert reply.headers["X-ClickHouse-Format"] == "JSONEachRow"

    def test_the_answer_says_what_it_is_and_what_it_took(self, endpoint: Endpoint) -> None:
        reply = ask(endpoint, "SELECT number FROM numbers(10) FORMAT CSV", query_id="our-own-name")
        summary = json.loads(reply.headers["X-ClickHouse-Summary"])

        assert reply.headers["X-ClickHouse-Query-Id"] == "our-own-name"
        assert reply.headers["X-ClickHouse-Format"] == "CSV"
        assert reply.headers["X-ClickHouse-Timezone"]
        assert (summary["result_rows"], summary["read_rows"]) == ("10", "10")
        assert int(summary["elapsed_ns"]) > 0

    def test_two_statements_at_once_are_refused(self, endpoint: Endpoint) -> None:
        assert ask(endpoint, "SELECT 1; SELECT 2").code == 62

    def test_a_get_changes_nothing(self, endpoint: Endpoint) -> None:
        assert ask(endpoint, query="CREATE TABLE never (a Int8) ENGINE = Memory", method="GET").code == 164

    @pytest.mark.parametrize("encoding", ["lz4", "zstd", "gzip", "deflate"])
    def test_a_long_answer_comes_compressed_as_the_client_can_read_it(self, endpoint: Endpoint, encoding: str) -> None:
        with connected(endpoint.url, compress=encoding) as client:
            rows = client.query("SELECT number, toString(number) FROM numbers(10000)").result_rows
        reply = ask(
            endpoint, "SELECT * FROM numbers(10000)", headers={"Accept-Encoding": encoding}, enable_http_compression="1"
        )

        assert rows == [(number, str(number)) for number in range(10_000)]
        assert reply.headers["Content-Encoding"] == encoding


class TestWriting:
    def test_a_table_is_made_altered_and_dropped(self, client: Client, table: Callable[..., str]) -> None:
        name = table("a Int64")
        client.command(f"ALTER TABLE {name} ADD COLUMN b String DEFAULT 'x'")
        client.command(f"INSERT INTO {name} (a) VALUES (1)")

        assert client.query(f"SELECT * FROM {name}").result_rows == [(1, "x")]
        assert client.command(f"EXISTS TABLE {name}") == 1

    @pytest.mark.parametrize("compress", [False, "lz4", "zstd", "gzip"])
    def test_every_column_type_we_use_comes_back_as_it_was_inserted(
        self, endpoint: Endpoint, table: Callable[..., str], compress: bool | str
    ) -> None:
        name = table(TYPES)
        with connected(endpoint.url, compress=compress) as client:
            summary = client.insert(name, ROWS)
            rows = client.query(f"SELECT * FROM {name} ORDER BY id").result_rows

        assert summary.written_rows == 2
        assert rows == ROWS

    def test_a_large_insert_in_many_compressed_blocks_arrives_whole(
        self, client: Client, table: Callable[..., str]
    ) -> None:
        name = table("a Int64, s String")
        client.insert(name, [(number, "word" * 50) for number in range(50_000)])

        assert client.query(f"SELECT count(), sum(a), sum(length(s)) FROM {name}").result_rows == [
            (50_000, 1_249_975_000, 10_000_000)
        ]

    @pytest.mark.parametrize(
        ("form", "data"),
        [
            ("CSV", '1,"a ""quoted"" word, FORMAT Native"\n2,b\n'),
            ("TabSeparated", '1\ta "quoted" word, FORMAT Native\n2\tb\n'),
            ("JSONEachRow", '{"a": 1, "s": "a \\"quoted\\" word, FORMAT Native"}\n{"a": 2, "s": "b"}'),
            ("Values", "(1, 'a \"quoted\" word, FORMAT Native'), (2, 'b')"),
        ],
    )
    def test_data_may_come_in_any_format(self, client: Client, table: Callable[..., str], form: str, data: str) -> None:
        name = table("a Int64, s String")
        client.raw_insert(name, insert_block=data, fmt=form)
        client.raw_insert(name, insert_block=gzip.compress(data.encode()), fmt=form, compression="gzip")

        assert client.query(f"SELECT a, s FROM {name} ORDER BY a").result_rows == [
            *[(1, 'a "quoted" word, FORMAT Native')] * 2,
            *[(2, "b")] * 2,
        ]

    def test_rows_that_the_table_throws_away_are_not_said_to_be_written(
        self, client: Client, table: Callable[..., str]
    ) -> None:
        name = table("n Int64, CONSTRAINT positive CHECK n > 0")

        with pytest.raises(DatabaseError, match="positive"):
            client.insert(name, [(1,), (-5,)])

        assert client.command(f"SELECT count() FROM {name}") == 0

    def test_a_limit_that_stops_an_insert_at_its_end_is_told(self, client: Client, table: Callable[..., str]) -> None:
        name = table("n Int64", "MergeTree PARTITION BY n ORDER BY n")

        with pytest.raises(DatabaseError, match=r"[Tt]oo many partitions"):
            client.insert(name, [(n,) for n in range(5)], settings={"max_partitions_per_insert_block": 3})
        client.command(f"INSERT INTO {name} SETTINGS max_partitions_per_insert_block = 9 FORMAT TSV\n1\n2\n3\n4\n")

        assert client.command(f"SELECT count() FROM {name}") == 4

    def test_values_and_selects_may_speak_of_a_format(self, client: Client, table: Callable[..., str]) -> None:
        name = table("`format` String, `select` String")
        client.command(f"INSERT INTO {name} VALUES ('x FORMAT Native y', '')")
        client.command(f"INSERT INTO {name} SELECT 'in FORMAT Native\n', `select` FROM {name}")
        client.insert(name, [("direct", "")])

        assert client.query(f"SELECT format FROM {name} ORDER BY format").result_rows == [
            ("direct",),
            ("in FORMAT Native\n",),
            ("x FORMAT Native y",),
        ]

    def test_a_body_may_come_in_chunks_and_deflated(self, endpoint: Endpoint, table: Callable[..., str]) -> None:
        name = table("a Int64")
        packed = zlib.compress(b"".join(b"%d\n" % number for number in range(1000)))
        chunks = iter([packed[:100], packed[100:101], packed[101:]])
        reply = ask(
            endpoint,
            chunks,
            headers={"Content-Encoding": "deflate"},
            query=f"INSERT INTO {name} FORMAT TSV",
            database=urlsplit(endpoint.url).path.strip("/"),
        )

        assert reply.status == 200
        assert json.loads(reply.headers["X-ClickHouse-Summary"])["written_rows"] == "1000"

    def test_rows_that_cant_be_read_leave_nothing_behind(self, client: Client, table: Callable[..., str]) -> None:
        name = table("a Int64")
        with pytest.raises(DatabaseError) as refused:
            client.raw_insert(name, insert_block="1\nnot a number\n", fmt="TSV")

        assert refused.value.code == 27
        assert client.command(f"SELECT count() FROM {name}") == 0

    def test_the_same_token_inserts_once(self, client: Client, table: Callable[..., str]) -> None:
        name = table(
            "a Int64, day Date",
            "MergeTree ORDER BY a PARTITION BY day SETTINGS non_replicated_deduplication_window = 100",
        )
        rows = [(1, date(2026, 1, 1)), (2, date(2026, 1, 2))]
        for token in ("first", "first", "second", "first"):
            client.insert(name, rows, settings={"insert_deduplication_token": token})

        assert client.command(f"SELECT count() FROM {name}") == 4

    def test_the_greatest_128_bit_version_wins_and_a_deletion_hides_its_row(
        self, client: Client, table: Callable[..., str]
    ) -> None:
        name = table(
            "id UInt8, word String, version UInt128, is_deleted UInt8",
            "ReplacingMergeTree(version, is_deleted) ORDER BY id",
        )
        client.insert(name, [(1, "first", 2**64 - 1, 0), (2, "gone", 1, 0)])
        client.insert(name, [(1, "newest", 2**128 - 1, 0), (2, "gone", 2**64, 1)])
        client.insert(name, [(1, "late", 2**64, 0)])
        seen = client.query(f"SELECT id, word, version FROM {name} FINAL").result_rows
        client.command(f"OPTIMIZE TABLE {name} FINAL")

        assert seen == [(1, "newest", 2**128 - 1)]
        assert client.query(f"SELECT id, word, version FROM {name} FINAL").result_rows == seen

    def test_a_mutation_is_done_when_it_says_so(self, client: Client, table: Callable[..., str]) -> None:
        name = table("a Int64")
        client.insert(name, [(1,), (2,)])
        client.command(f"ALTER TABLE {name} DELETE WHERE a = 1", settings={"mutations_sync": 1})

        assert client.query(f"SELECT a FROM {name}").result_rows == [(2,)]


class TestErrors:
    @pytest.mark.parametrize(
        ("sql", "code", "status"),
        [
            ("SELECT * FROM no_such_table", 60, 404),
            ("SELEC 1", 62, 400),
            (
                "SELECT * FROM numbers(100000000) ORDER BY sipHash64(number) SETTINGS max_memory_usage = 10000000",
                241,
                500,
            ),
            ("SELECT number FROM numbers(11) SETTINGS max_result_rows = 10", 396, None),
            ("SELECT count() FROM system.numbers SETTINGS max_execution_time = 0.2", 159, 408),
        ],
    )
    def test_an_error_keeps_its_code(self, endpoint: Endpoint, sql: str, code: int, status: int | None) -> None:
        reply = ask(endpoint, sql)

        assert reply.code == code
        assert reply.status == status or (status is None and reply.status >= 400)
        assert reply.body.startswith(b"Code: %d. DB::Exception: " % code)

    def test_the_client_sees_the_code(self, client: Client) -> None:
        with pytest.raises(DatabaseError) as refused:
            client.query("SELECT * FROM no_such_table")

        assert refused.value.code == 60

    @pytest.mark.parametrize("user", [("spanledger", "wrong"), ("nobody", "any")])
    def test_a_wrong_password_is_refused(self, endpoint: Endpoint, user: tuple[str, str]) -> None:
        reply = ask(endpoint, "SELECT 1", user=user)

        assert (reply.status, reply.code) == (403, 516)

    def test_a_name_and_password_may_come_in_three_places(self, endpoint: Endpoint) -> None:
        name, password = credentials(endpoint, "writer")
        replies = [
            ask(endpoint, "SELECT 1"),
            ask(endpoint, "SELECT 1", user=None, headers={"X-ClickHouse-User": name, "X-ClickHouse-Key": password}),
            ask(endpoint, "SELECT 1", user=None, url_user=(name, password)),
        ]

        assert [reply.body for reply in replies] == [b"1\n"] * 3

    @pytest.mark.parametrize("encoding", ["gzip", "zstd", "lz4"])
    def test_a_broken_body_is_a_bad_request_not_a_crash(self, endpoint: Endpoint, encoding: str) -> None:
        reply = ask(endpoint, b"this is not packed", headers={"Content-Encoding": encoding}, query="SELECT 1 +")

        assert reply.status >= 400
        assert reply.code > 0

    @embedded
    def test_a_body_that_unfolds_without_end_is_too_large(self, endpoint: Endpoint) -> None:
        bomb = gzip.compress(bytes(300 << 20), compresslevel=1)
        reply = ask(endpoint, bomb, headers={"Content-Encoding": "gzip"}, query="INSERT INTO t FORMAT RowBinary")

        assert (reply.status, reply.code) == (413, 229)
        assert b"256 MiB" in reply.body

    @embedded
    @pytest.mark.parametrize("where", ["url", "text"])
    def test_not_even_the_writer_may_ask_for_an_answer_without_bound(self, endpoint: Endpoint, where: str) -> None:
        if where == "url":
            reply = ask(endpoint, "SELECT 1", max_result_bytes="0")
        else:
            reply = ask(endpoint, "SELECT 1 SETTINGS max_result_bytes = 10000000000")

        assert reply.code == 452


@needs_reader
class TestReader:
    def test_a_reader_reads(self, client: Client, reader: Client, table: Callable[..., str]) -> None:
        name = table("a Int64")
        client.insert(name, [(1,), (2,)])

        assert reader.query(f"SELECT sum(a) FROM {name} WHERE a > {{a:Int64}}", {"a": 1}).result_rows == [(2,)]

    @pytest.mark.parametrize(
        "sql",
        [
            "CREATE TABLE made (a Int8) ENGINE = Memory",
            "DROP TABLE {name}",
            "ALTER TABLE {name} DELETE WHERE 1",
            "TRUNCATE TABLE {name}",
            "INSERT INTO {name} VALUES (3)",
            "INSERT INTO {name} SELECT 3",
            "INSERT INTO {name} FORMAT TSV\n3\n",
            "OPTIMIZE TABLE {name} FINAL",
        ],
    )
    def test_a_reader_writes_nothing(
        self, endpoint: Endpoint, client: Client, table: Callable[..., str], sql: str
    ) -> None:
        name = table("a Int64")
        client.insert(name, [(1,), (2,)])
        reply = ask(endpoint, sql.format(name=name), user=READER, database=urlsplit(endpoint.url).path.strip("/"))

        assert (reply.status, reply.code in (164, 497)) == (403, True)
        assert client.command(f"SELECT sum(a) FROM {name}") == 3

    @pytest.mark.parametrize("setting", ["max_execution_time", "max_memory_usage", "max_result_rows", "readonly"])
    @pytest.mark.parametrize("where", ["url", "text"])
    def test_a_reader_cant_raise_its_limits(self, endpoint: Endpoint, setting: str, where: str) -> None:
        if where == "url":
            reply = ask(endpoint, "SELECT 1", user=READER, **{setting: "0"})
        else:
            reply = ask(endpoint, f"SELECT 1 SETTINGS {setting} = 0", user=READER)

        assert reply.code in (164, 452)

    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT * FROM file('{secret}', 'LineAsString')",
            "SELECT file('{secret}')",
            "SELECT arrayMap(file, ['{secret}'])",
            "SELECT * APPLY file FROM (SELECT '{secret}')",
            "SELECT `fil\\x65`('{secret}')",
            "DESCRIBE file('{secret}', 'LineAsString')",
            "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
            "DESCRIBE url('http://127.0.0.1:1/')",
            "SELECT * FROM s3('http://127.0.0.1:1/bucket/key', 'LineAsString', 'line String')",
            "SELECT * FROM sqlite('{secret}', 'a')",
            "INSERT INTO FUNCTION file('{secret}', 'TSV', 'a String') VALUES ('x')",
        ],
    )
    def test_a_reader_sees_no_file_and_no_other_server(self, endpoint: Endpoint, tmp_path: Path, sql: str) -> None:
        secret = tmp_path / "secret.txt"
        secret.write_text("the secret")
        reply = ask(endpoint, sql.format(secret=secret), user=READER)

        assert reply.code in (164, 291, 497)
        assert b"the secret" not in reply.body
        assert secret.read_text() == "the secret"

    @embedded
    def test_a_parameter_can_name_a_column_but_not_the_file_function(self, endpoint: Endpoint, tmp_path: Path) -> None:
        sql = f"SELECT arrayMap({{name:Identifier}}, ['{tmp_path}'])"

        assert ask(endpoint, "SELECT {name:Identifier} FROM system.one", user=READER, param_name="dummy").body == b"0\n"
        assert ask(endpoint, sql, user=READER, param_name="file").code == 497

    @embedded
    def test_a_reader_writes_no_result_into_a_file(self, endpoint: Endpoint, tmp_path: Path) -> None:
        reply = ask(endpoint, f"SELECT 1 INTO OUTFILE '{tmp_path / 'out'}'", user=READER)

        assert reply.code == 497
        assert list(tmp_path.iterdir()) == []

    @embedded
    @pytest.mark.parametrize(
        "sql", ["SET max_threads = 1", "SET ROLE writer", "KILL QUERY WHERE 1", "SYSTEM STOP MERGES"]
    )
    def test_a_reader_has_nothing_to_command(self, endpoint: Endpoint, sql: str) -> None:
        assert ask(endpoint, sql, user=READER).status == 403

    @embedded
    def test_an_answer_too_long_is_an_error_not_a_part(self, endpoint: Endpoint) -> None:
        reply = ask(endpoint, "SELECT number FROM numbers(1000001)", user=READER)

        assert reply.code == 396
        assert b"1.00 million" in reply.body


class TestManyAtOnce:
    def test_questions_run_side_by_side_and_the_rest_wait_their_turn(self, endpoint: Endpoint) -> None:
        def asked(number: int) -> bytes:
            return ask(endpoint, "SELECT {number:Int64}, sleep(0.5)", param_number=str(number)).body

        started = time.monotonic()
        with ThreadPoolExecutor(40) as many:
            bodies = list(many.map(asked, range(40)))
        seconds = time.monotonic() - started

        assert bodies == [b"%d\t0\n" % number for number in range(40)]
        assert seconds < 40 * 0.5 / 2

    def test_writers_and_readers_dont_disturb_each_other(self, endpoint: Endpoint, table: Callable[..., str]) -> None:
        name = table("writer Int64, a Int64")

        def write(writer: int) -> None:
            with connected(endpoint.url) as client:
                for _ in range(10):
                    client.insert(name, [(writer, number) for number in range(100)])
                    assert client.command(f"SELECT count() % 100 FROM {name} WHERE writer = {writer}") == 0

        with ThreadPoolExecutor(6) as many:
            list(many.map(write, range(6)))
        with connected(endpoint.url) as client:
            assert client.query(f"SELECT count(), uniqExact(writer) FROM {name}").result_rows == [(6000, 6)]

    def test_a_query_ends_when_its_client_hangs_up(self, endpoint: Endpoint, client: Client) -> None:
        mark = uuid4().hex
        slow = f"SELECT '{mark}', sleepEachRow(1) FROM numbers(100) SETTINGS max_block_size = 1"
        running = f"SELECT count() FROM system.processes WHERE startsWith(query, 'SELECT \\'{mark}')"
        with hanging(endpoint, slow):
            wait_until(lambda: client.command(running) == 1)

        wait_until(lambda: client.command(running) == 0, seconds=5)

    @embedded
    def test_a_client_that_hangs_up_while_it_waits_is_not_served(
        self, endpoint: Endpoint, client: Client, table: Callable[..., str]
    ) -> None:
        name = table("a Int64")
        with ExitStack() as busy:
            for _ in range(15):
                busy.enter_context(hanging(endpoint, "SELECT sleep(3)"))
            wait_until(lambda: client.command("SELECT count() FROM system.processes") == 16)
            for _ in range(5):  # one takes the last place, the others queue before the insert
                busy.enter_context(hanging(endpoint, "SELECT sleep(3)"))
            with hanging(endpoint, f"INSERT INTO {name} VALUES (1)"):
                pass

        assert client.command(f"SELECT count() FROM {name}") == 0


@contextmanager
def hanging(endpoint: Endpoint, sql: str) -> Iterator[None]:
    """A client that asks, does not read, and hangs up at the end of the block."""
    with socket.create_connection(address(endpoint)) as caller:
        fields = urlencode({"query": sql, "cancel_http_readonly_queries_on_client_close": "1"})
        authorization = basic(endpoint, ("writer", ""))["Authorization"]
        caller.sendall(
            f"POST /?{fields} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n"
            f"Content-Length: 0\r\n\r\n".encode()
        )
        yield


@embedded
class TestProcess:
    def test_a_second_gateway_says_that_the_folder_has_an_owner(self, tmp_path: Path) -> None:
        with running_gateway(tmp_path) as first:
            status, words = GatewayProcess(tmp_path).ended(30)

            assert status == 1
            assert str(tmp_path) in words
            assert "another gateway owns it" in words
            assert str(first.process.pid) in words
            assert ask(first.endpoint, "SELECT 1").body == b"1\n"

    def test_users_must_be_described(self, tmp_path: Path) -> None:
        status, words = GatewayProcess(tmp_path, GATEWAY_READER="reader").ended(30)

        assert (status, words) == (1, "GATEWAY_READER: expected <user>:<password>, both not empty.\n")

    def test_it_needs_no_place_outside_its_folder(self, tmp_path: Path) -> None:
        nowhere = tmp_path / "not a folder"
        nowhere.touch()
        places = dict.fromkeys(("TMPDIR", "HOME", "XDG_CACHE_HOME"), str(nowhere))
        with running_gateway(tmp_path / "data", **places) as gateway:
            spilling = "SELECT number FROM numbers(3000000) ORDER BY sipHash64(number) LIMIT 1 OFFSET 2999999"
            reply = ask(gateway.endpoint, f"{spilling} SETTINGS max_bytes_before_external_sort = 1000000")
            with connected(gateway.endpoint.url) as client:
                client.command("CREATE TABLE t (a Int64) ENGINE = MergeTree ORDER BY a")
                client.insert("t", [(1,)])

        assert reply.status == 200
        assert sorted(place.name for place in tmp_path.iterdir()) == ["data", "not a folder"]

    def test_the_engine_keeps_no_diary_of_its_own(self, endpoint: Endpoint) -> None:
        reply = ask(endpoint, "SELECT name FROM system.tables WHERE database = 'system' AND engine LIKE '%MergeTree'")

        assert reply.body == b""

    def test_it_stops_within_five_seconds_and_keeps_its_rows(self, tmp_path: Path) -> None:
        tmp_path /= "a folder + 100%41?&"
        with running_gateway(tmp_path) as gateway, connected(gateway.endpoint.url) as client:
            client.command("CREATE TABLE t (a Int64) ENGINE = MergeTree ORDER BY a")
            client.insert("t", [(1,), (2,)])
            endless = threading.Thread(
                target=lambda: suppressed(gateway.endpoint, "SELECT count() FROM system.numbers")
            )
            endless.start()
            wait_until(lambda: client.command("SELECT count() FROM system.processes") == 2)
            started = time.monotonic()
            gateway.process.send_signal(signal.SIGTERM)
            status, words = gateway.ended(10)
            seconds = time.monotonic() - started
            endless.join()

        assert (status, seconds < 5) == (0, True), (seconds, words)
        with running_gateway(tmp_path) as again:
            assert ask(again.endpoint, "SELECT sum(a) FROM spanledger.t").body == b"3\n"

    @pytest.mark.faults
    def test_what_was_acknowledged_survives_being_killed(self, tmp_path: Path) -> None:
        acknowledged: list[int] = []
        for life in range(3):
            with running_gateway(tmp_path) as gateway:
                acknowledged += written_until_killed(gateway, first=life * 1_000_000)
            with running_gateway(tmp_path) as gateway, connected(gateway.endpoint.url) as client:
                batches = dict(client.query("SELECT batch, count() FROM t GROUP BY batch").result_rows)

            assert set(batches) >= set(acknowledged)
            assert set(batches.values()) == {500}


def suppressed(endpoint: Endpoint, sql: str) -> None:
    with suppress(OSError, http.client.HTTPException):
        ask(endpoint, sql)


def written_until_killed(gateway: GatewayProcess, first: int) -> list[int]:
    """Insert from three threads, kill the gateway in the middle; the batches that were acknowledged."""
    done: list[int] = []
    ask(
        gateway.endpoint, "CREATE TABLE IF NOT EXISTS spanledger.t (batch Int64, a Int64) ENGINE = MergeTree ORDER BY a"
    )

    def write(batch: int) -> None:
        with suppress(Error, OSError, OperationalError), connected(gateway.endpoint.url) as client:
            while True:
                client.insert("t", [(batch, number) for number in range(500)])
                done.append(batch)
                batch += 3

    with ThreadPoolExecutor(3) as writers:
        for writer in range(3):
            writers.submit(write, first + writer)
        wait_until(lambda: len(done) > 25, seconds=60)
        gateway.process.kill()
    return done
