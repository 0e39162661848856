"""Lists that are short enough to be cut in memory: a cursor counts what was shown before."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.domain.errors import BadCursor
from ledger.domain.questions import read_limit

MOST_ITEMS = 500


@dataclass(frozen=True, slots=True)
class Page[T]:
    items: Sequence[T]
    cursor: str | None


def page[T](items: Sequence[T], limit: int, cursor: str | None) -> Page[T]:
    """The items from the cursor on; None where there are no more."""
    start = read_cursor(cursor)
    end = start + read_limit(limit, MOST_ITEMS)
    return Page(items[start:end], str(end) if end < len(items) else None)


def read_cursor(text: str | None) -> int:
    if text is None:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadCursor(text)
    return int(text)
