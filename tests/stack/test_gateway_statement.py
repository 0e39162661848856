import pytest

from ledger.stack.gateway.errors import NotForReaders
from ledger.stack.gateway.statement import DataInsert, check_reader, data_insert, last_format


@pytest.mark.parametrize(
    ("sql", "insert"),
    [
        (b"INSERT INTO t FORMAT TSV\n1\t2", DataInsert("INSERT INTO t ", "TSV", b"1\t2")),
        (
            b"insert into t (a, b) format Native\n\x00\n\xff",
            DataInsert("insert into t (a, b) ", "Native", b"\x00\n\xff"),
        ),
        (b"INSERT INTO t FORMAT CSV \r\n1", DataInsert("INSERT INTO t ", "CSV", b"1")),
        (b"INSERT INTO t FORMAT CSV", DataInsert("INSERT INTO t ", "CSV", b"")),
        (
            b"/* FORMAT x */ INSERT INTO t -- FORMAT y\n FORMAT JSONEachRow {}",
            DataInsert("/* FORMAT x */ INSERT INTO t -- FORMAT y\n ", "JSONEachRow", b"{}"),
        ),
        (
            b"INSERT INTO t SETTINGS insert_deduplication_token = 'a FORMAT b' FORMAT TSV\nx",
            DataInsert("INSERT INTO t SETTINGS insert_deduplication_token = 'a FORMAT b' ", "TSV", b"x"),
        ),
        (
            b'INSERT INTO `format` (`select`, format, "values") FORMAT Values (1, 2, 3)',
            DataInsert('INSERT INTO `format` (`select`, format, "values") ', "Values", b"(1, 2, 3)"),
        ),
    ],
)
def test_data_begin_after_the_format(sql: bytes, insert: DataInsert) -> None:
    assert data_insert(sql) == insert


@pytest.mark.parametrize(
    "sql",
    [
        b"SELECT 1 FORMAT TSV",
        b"INSERT INTO t VALUES ('a FORMAT b c')",
        b"INSERT INTO t SELECT a FROM s FORMAT TSV",
        b"INSERT INTO t (a) WITH 1 AS x SELECT x FORMAT TSV",
        b"INSERT INTO t FROM INFILE 'x' FORMAT CSV",
        b"WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x FORMAT Null",
        b"INSERT INTO t (a)",
        b"",
    ],
)
def test_every_other_statement_goes_to_the_engine_as_it_is(sql: bytes) -> None:
    assert data_insert(sql) is None


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        (b"SELECT 1\n FORMAT Native", "Native"),
        (b"SELECT 1 format CSV ; ", "CSV"),
        (b"SELECT 'FORMAT CSV'", None),
        (b"SELECT 1", None),
    ],
)
def test_the_format_of_an_answer_is_the_statements_last_word(sql: bytes, name: str | None) -> None:
    assert last_format(sql) == name


@pytest.mark.parametrize(
    "sql", [b"SELECT file('x')", b"SELECT 'x' APPLY(file)", b"SELECT f/**/(1), `file`('x')", b"SELECT `fil\\x65`('x')"]
)
def test_a_readers_statement_may_not_name_the_file_function(sql: bytes) -> None:
    with pytest.raises(NotForReaders):
        check_reader(sql, {})


def test_a_readers_text_may_name_it_but_an_identifier_may_not() -> None:
    check_reader(b"SELECT profile, filename FROM t WHERE name = {name:String}", {"name": "file"})
    with pytest.raises(NotForReaders):
        check_reader(b"SELECT arrayMap({name: Identifier}, ['x'])", {"name": "file"})
