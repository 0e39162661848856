"""What must be known of a statement before the engine gets it: where data begin, what a reader may not say."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ledger.stack.gateway.errors import NotForReaders

TOKEN = re.compile(
    rb"\s+|--[^\n]*|/\*.*?\*/|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|\"(?:[^\"\\]|\\.)*\"|(?P<word>\w+)|(?P<other>.)",
    re.DOTALL,
)
FORMAT_NAME = re.compile(rb"\s+(\w+)[ \t]*\r?\n?")
LAST_FORMAT = re.compile(rb"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
WITHOUT_DATA = frozenset((b"SELECT", b"VALUES", b"WITH", b"FROM"))
SETTINGS = re.compile(r"\bSETTINGS\s+\w+\s*=", re.IGNORECASE)
FILE_FUNCTION = re.compile(rb"\bfile\b|\\x", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DataInsert:
    """INSERT … FORMAT …, and the bytes that follow."""

    statement: str
    format: str
    data: bytes

    def reading(self, path: str) -> str:
        """The same insert with its data in a file; settings have their place after it."""
        found = SETTINGS.search(self.statement)
        at = found.start() if found else len(self.statement)
        return f"{self.statement[:at]} FROM INFILE '{path}' {self.statement[at:]} FORMAT {self.format}"


def data_insert(sql: bytes) -> DataInsert | None:
    """The insert whose data follow the statement; None for every other statement, INSERT … VALUES among them."""
    words = 0
    depth = 0
    for token in TOKEN.finditer(sql):
        depth += {b"(": 1, b")": -1}.get(token["other"], 0)
        word = token["word"]
        if word is None or depth:
            continue
        words += 1
        if words == 1 and word.upper() != b"INSERT":
            return None
        if words > 1 and word.upper() in WITHOUT_DATA:
            return None
        if word.upper() == b"FORMAT" and (name := FORMAT_NAME.match(sql, token.end())):
            return DataInsert(sql[: token.start()].decode(), name[1].decode(), sql[name.end() :])
    return None


def last_format(sql: bytes) -> str | None:
    """The FORMAT a statement ends with."""
    found = LAST_FORMAT.search(sql[-256:])
    return found[1].decode() if found else None


def check_reader(sql: bytes, params: Mapping[str, str]) -> None:
    """Refuse the function `file`, which the embedded engine grants to everyone and does not keep inside any folder.

    It has many spellings (`file(…)`, `APPLY file`, `arrayMap(file, …)`, escapes, a parameter of type Identifier), so
    the word itself is refused: text that holds it belongs into a parameter anyway.
    """
    text = sql + b" ".join(value.encode() for value in params.values()) if b"Identifier" in sql else sql
    if FILE_FUNCTION.search(text):
        raise NotForReaders("use the word file or a \\x escape in a statement; send text as a parameter")
