"""The embedded ClickHouse: one folder, one process, one connection a question."""

import contextlib
import fcntl
import logging
import os
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self
from uuid import uuid4

from ledger.stack.gateway.errors import (
    NotForReaders,
    OneStatementOnly,
    PathTaken,
    QueryAbandoned,
    Refused,
    SettingUnknown,
)
from ledger.stack.gateway.statement import DataInsert, check_reader, data_insert, last_format
from ledger.stack.gateway.users import User

if TYPE_CHECKING:
    from chdb.state.sqlitelike import Connection

DATA = "engine"
LOCK = "gateway.lock"
CONFIGURATION = ("engine.xml", "users.xml")
KILL_EVERY = 0.2

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """One request, read and authenticated."""

    user: User
    sql: bytes
    database: str = ""
    default_format: str = "TabSeparated"
    settings: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    mark: str = field(default_factory=lambda: uuid4().hex)
    """Travels as the query's log_comment: the only handle by which the engine finds it again."""
    abandoned: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Answer:
    body: bytes
    format: str | None
    """None: the statement has no result."""
    summary: Mapping[str, int]


class Engine:
    """Owner of the folder. Open it before any thread or event loop starts, and never fork afterwards."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.running: dict[str, threading.Event] = {}
        self.stopping = False

    def __enter__(self) -> Self:
        self.path.mkdir(parents=True, exist_ok=True)
        self.lock = claim(self.path)
        # A connection string takes no escapes: a folder with "?", "+" or "%" in its name is only reached from within.
        os.chdir(self.path)
        for name in CONFIGURATION:
            shutil.copyfile(Path(__file__).with_name(name), name)
        self.connect = loaded(self.path)
        with engine_errors():
            self.root = self.connect(f"{DATA}?config-file={CONFIGURATION[0]}")
            self.timezone = str(self.root.query("SELECT timezone()", "TabSeparatedRaw")).strip()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping = True
        self.root.close()
        self.lock.close()

    def create_database(self, name: str) -> None:
        with engine_errors():
            self.root.query(f"CREATE DATABASE IF NOT EXISTS {identifier(name)}", "Null")

    def answer(self, question: Question) -> Answer:
        """Blocks until the engine has answered; call it from a worker thread."""
        over = self.running[question.mark] = threading.Event()
        started = time.perf_counter_ns()
        try:
            with engine_errors(), self.connect(DATA) as connection:
                prepare(connection, question)
                if question.abandoned.is_set():
                    raise QueryAbandoned
                answer = asked(connection, question)
        finally:
            del self.running[question.mark]
            over.set()
        return Answer(answer.body, answer.format, {**answer.summary, "elapsed_ns": time.perf_counter_ns() - started})

    def abandon(self, question: Question) -> None:
        """Stop a question nobody waits for. The engine may not know its query yet, so ask until it is over."""
        question.abandoned.set()
        while (over := self.running.get(question.mark)) and not self.stopping:
            with contextlib.suppress(Refused), engine_errors():
                self.root.query(f"KILL QUERY WHERE Settings['log_comment'] = {quoted(question.mark)} ASYNC", "Null")
            over.wait(KILL_EVERY)


def loaded(path: Path) -> Callable[[str], "Connection"]:
    """chdb, told before it wakes where its temporary files go, that time is UTC, and not to load pyarrow (37 MB)."""
    os.environ |= {"TMPDIR": str(path), "TZ": "UTC"}
    sys.modules["pyarrow"] = None  # type: ignore[assignment]  # Python's way to say that a module can't be imported
    import chdb

    return chdb.connect


def claim(path: Path) -> IO[str]:
    """A lock that ends with the process, however that ends."""
    lock = (path / LOCK).open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.seek(0)
        raise PathTaken(path, lock.read().strip()) from error
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


@contextlib.contextmanager
def engine_errors() -> Iterator[None]:
    """chdb says everything with a RuntimeError; the code is in its text."""
    try:
        yield
    except RuntimeError as error:
        raise Refused(str(error)) from error


def prepare(connection: "Connection", question: Question) -> None:
    """Role and limits first: from then on the engine itself refuses what the user may not change."""
    connection.query(f"SET ROLE {question.user.role}", "Null")
    assign(connection, {"log_comment": question.mark, **question.user.limits})
    assign(connection, {name: value for name, value in question.settings.items() if name != "log_comment"})
    if question.database:
        connection.query(f"USE {identifier(question.database)}", "Null")


def assign(connection: "Connection", values: Mapping[str, str | int]) -> None:
    for name in values:
        if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
            raise SettingUnknown(name)
    if values:
        pairs = ", ".join(
            f"{name} = {value if isinstance(value, int) else quoted(value)}" for name, value in values.items()
        )
        connection.query(f"SET {pairs}", "Null")


def asked(connection: "Connection", question: Question) -> Answer:
    insert = data_insert(question.sql)
    if insert:
        return inserted(connection, question, insert)
    return queried(connection, question)


def inserted(connection: "Connection", question: Question, insert: DataInsert) -> Answer:
    if question.user.role == "reader":
        raise NotForReaders("insert")
    if not insert.data:
        return Answer(b"", None, {"written_rows": 0, "written_bytes": 0})
    # chdb's own streaming insert keeps silent about what goes wrong after the last byte: it says that all rows were
    # written when a limit or a constraint has thrown them away. A plain statement that reads a file tells.
    with tempfile.NamedTemporaryFile() as file:
        file.write(insert.data)
        file.flush()
        result = connection.query(insert.reading(file.name), "Null")
    return Answer(b"", None, {"written_rows": result.rows_written(), "written_bytes": result.bytes_written()})


def queried(connection: "Connection", question: Question) -> Answer:
    kind, statements = classified(connection, question.sql)
    if statements > 1:
        raise OneStatementOnly(statements)
    if question.user.role == "reader":
        check_reader(question.sql, question.params)
        if kind == "CONTROL":
            raise NotForReaders("change settings, stop queries or write a file")
    sql: Any = question.sql  # declared str, but the engine takes bytes, and a query may hold any
    result = connection.query(sql, question.default_format, dict(question.params))
    body: bytes = result.bytes() or b""
    has_result = kind == "READ_ONLY" or bool(body)
    return Answer(
        body,
        (last_format(question.sql) or question.default_format) if has_result else None,
        {
            "read_rows": result.storage_rows_read(),
            "read_bytes": result.storage_bytes_read(),
            "written_rows": result.rows_written(),
            "written_bytes": result.bytes_written(),
            "result_rows": result.rows_read(),
            "result_bytes": result.bytes_read(),
        },
    )


def classified(connection: "Connection", sql: bytes) -> tuple[str, int]:
    """READ_ONLY, MUTATING, CONTROL or UNKNOWN, and the number of statements; only the engine's own parser knows."""
    report = connection._conn.classify_query(sql)
    return report["query_class"].name, report["statement_count"]


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def identifier(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"
