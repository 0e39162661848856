"""What was said, kept and made readable without ever running code of the program's own.

On the caller's thread `keep` copies containers and takes references to texts, so that a list changed afterwards does
not change what was recorded. In the background `readable` turns that into JSON, within limits. Neither calls `repr`
or `str` on an object of the program: a lazy query set would run its query, a broken one would raise.
"""

import dataclasses
import enum
import json
import math
import sys
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import PurePath
from uuid import UUID

from spanledger._guard import harmless

TEXT_LIMIT = 1024 * 1024
"""Characters kept of one recorded value; what is cut is marked."""
MARK = 64
"""Room for the mark on a text that was cut when it was kept."""
NODE_LIMIT = 20_000
DEPTH_LIMIT = 16
OBJECT_SIZE = 1024
SCALARS = (bool, int, float, type(None))
PLAIN_TEXT = (Decimal, UUID, PurePath, datetime, date, time, timedelta)


class Kept:
    """A copy of a value's containers with its texts by reference, and about how many bytes that holds."""

    __slots__ = ("nodes", "size", "value")

    def __init__(self, value: object) -> None:
        self.size = 0
        self.nodes = 0
        self.value = self._copy(value, 0)

    def _copy(self, value: object, depth: int) -> object:
        self.nodes += 1
        kind = type(value)
        if kind is str:
            text = clipped(value)  # type: ignore[arg-type] # kind is exactly str
            self.size += sys.getsizeof(text)
            return text
        if kind in SCALARS:
            self.size += 32
            return value
        if self.nodes > NODE_LIMIT or depth > DEPTH_LIMIT:
            return Cut()
        return self._copy_container(value, depth)

    def _copy_container(self, value: object, depth: int) -> object:
        self.size += 64
        if isinstance(value, dict):
            return {key: self._copy(each, depth + 1) for key, each in list(value.items())}
        if type(value) in (list, tuple):
            return [self._copy(each, depth + 1) for each in list(value)]  # type: ignore[call-overload] # checked above
        if isinstance(value, bytes | bytearray | memoryview):
            return Binary(len(value))
        self.size += OBJECT_SIZE + texts_in(value)
        return value


@dataclasses.dataclass(frozen=True, slots=True)
class Binary:
    """Stands for bytes, of which only the number is recorded."""

    length: int


@dataclasses.dataclass(frozen=True, slots=True)
class Cut:
    """Stands for what lay beyond a limit."""


def texts_in(value: object) -> int:
    """Bytes of the texts an object holds directly: enough to keep the memory limit honest."""
    members: object = getattr(value, "__dict__", None)
    if not isinstance(members, dict):
        return 0
    return sum(sys.getsizeof(each) for each in list(members.values()) if type(each) is str)


def clipped(text: str, limit: int = TEXT_LIMIT) -> str:
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… [{len(text) - limit} more characters]"


def as_text(value: object) -> str:
    """A text as it is, anything else as JSON."""
    plain = readable(value)
    return plain if isinstance(plain, str) else as_json(plain)


def as_json(plain: object) -> str:
    return json.dumps(plain, ensure_ascii=False)


def readable(value: object) -> object:
    """The value in JSON's own types, within the limits of this module."""
    return Reader().read(value, 0)


class Reader:
    """Reads one value, counting what it has used of its limits."""

    __slots__ = ("nodes", "room")

    def __init__(self) -> None:
        self.room = TEXT_LIMIT + MARK
        self.nodes = NODE_LIMIT

    def read(self, value: object, depth: int) -> object:
        self.nodes -= 1
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, int | float):
            return finite(value)
        if self.nodes < 0 or depth > DEPTH_LIMIT or isinstance(value, Cut):
            return "…"
        return self.composite(value, depth)

    def text(self, value: str) -> str:
        text = clipped(str.__str__(value), max(0, self.room))
        self.room -= len(text)
        return encodable(text)

    def composite(self, value: object, depth: int) -> object:
        if isinstance(value, dict):
            pairs = list(value.items())
            return {self.key(key): self.read(each, depth + 1) for key, each in pairs if self.nodes > 0}
        if isinstance(value, list | tuple | set | frozenset):
            return self.sequence(value, depth)
        if isinstance(value, enum.Enum):
            return self.read(value.value, depth + 1)
        if isinstance(value, PLAIN_TEXT):
            return self.text(str(value))
        if isinstance(value, Binary):
            return f"<{value.length} bytes>"
        fields = members(value)
        return name_of(value) if fields is None else self.read(fields, depth + 1)

    def sequence(self, values: Iterable[object], depth: int) -> list[object]:
        return [self.read(each, depth + 1) for each in list(values) if self.nodes > 0]

    def key(self, key: object) -> str:
        return self.text(key) if isinstance(key, str) else str(finite(key)) if type(key) in SCALARS else name_of(key)


def finite(value: object) -> object:
    """Numbers as they are; NaN and the infinities, which JSON lacks, as words."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(float(value))
    return value


def encodable(text: str) -> str:
    """The text without halves of surrogate pairs, which no UTF-8 and no protobuf can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


@harmless
def members(value: object) -> dict[str, object] | None:
    """What a dataclass or a pydantic model holds; None for any other object."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if hasattr(type(value), "__pydantic_fields__"):
        return {name: each for name, each in list(vars(value).items()) if each is not None}
    return None


def name_of(value: object) -> str:
    kind = type(value)
    return f"<{kind.__module__}.{kind.__qualname__}>"
