"""Pieces of SQL, for queries that are put together: blocks of `queries/pieces/*.sql` with `$slots` to be filled.

Only our own text goes into a slot: other pieces, names of columns and of parameters. What came from outside is bound.
"""

from functools import cache
from string import Template

from ledger.store.sql import QUERIES, blocks


def piece(file: str, name: str, **slots: str) -> str:
    """A piece with its slots filled; a slot left open is an error."""
    return pieces(file)[name].substitute(slots)


@cache
def pieces(file: str) -> dict[str, Template]:
    """The pieces of a file by name."""
    return {block.name: Template(block.text) for block in blocks(QUERIES / "pieces" / f"{file}.sql")}
