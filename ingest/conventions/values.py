"""Readers of single attributes: they take what clients really send (numbers as strings, JSON in strings) or say None.

A reader looks at a span and answers None where the span does not say. `text("a", "b")` makes the reader of the first
of these attributes that holds something.
"""

import ast
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

import orjson

from ingest.conventions.sent import Sent
from ledger.domain.span import Value

type Read[T] = Callable[[Sent], T | None]

MOST_TOKENS = 10**12
"""More than this in one call is a mistake of the sender."""

ODD_NUMBER = "odd_number"


def text(*keys: str) -> Read[str]:
    """The first of these attributes that holds a text or a number, without the space around it."""

    def read(sent: Sent) -> str | None:
        held = sent.attributes
        for key in keys:
            if key in held and (found := as_text(held[key])):
                return found
        return None

    return read


def count(*keys: str) -> Read[int]:
    """The first of these attributes that holds a count: whole, not negative; the span is flagged where one is odd."""

    def read(sent: Sent) -> int | None:
        held = sent.attributes
        for key in keys:
            if key not in held or held[key] in (None, ""):
                continue
            number = as_count(held[key])
            if number is not None:
                return number
            sent.flags.add(ODD_NUMBER)
        return None

    return read


def seconds(*keys: str) -> Read[int]:
    """A duration sent in seconds, as microseconds."""
    return scaled(1_000_000, keys)


def milliseconds(*keys: str) -> Read[int]:
    """A duration sent in milliseconds, as microseconds."""
    return scaled(1_000, keys)


def since_start(*names: str) -> Read[int]:
    """From the span's start to the earliest event of one of these names, in microseconds."""

    def read(sent: Sent) -> int | None:
        event = sent.first_event(*names) if sent.events else None
        return max(0, event.time - sent.start) if event else None

    return read


def scaled(factor: int, keys: Sequence[str]) -> Read[int]:
    def read(sent: Sent) -> int | None:
        held = sent.attributes
        for key in keys:
            number = as_number(held[key]) if key in held else None
            if number is not None and 0 <= number * factor < 2**62:
                return round(number * factor)
        return None

    return read


def member(key: str, *names: str) -> Read[str]:
    """The first of these members of the JSON object in one attribute."""

    def read(sent: Sent) -> str | None:
        held = as_object(sent.attributes[key]) if key in sent.attributes else {}
        return next((found for name in names if (found := as_text(held.get(name)))), None)

    return read


def first_of[T](*reads: Read[T]) -> Read[T]:
    """The first reader's answer that is one."""

    def read(sent: Sent) -> T | None:
        for one in reads:
            if (found := one(sent)) is not None:
                return found
        return None

    return read


def as_text(value: object) -> str:
    """A text or a number as a text; an empty one for anything else."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return ""


def as_number(value: object) -> float | None:
    """A finite number, also one that was sent as a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def as_count(value: object) -> int | None:
    """A whole number from zero on, also one sent as `12.0` or "12"."""
    number = value if type(value) is int else as_number(value)
    if number is None or not 0 <= number <= MOST_TOKENS or number != int(number):
        return None
    return int(number)


def as_cost(value: object) -> str | None:
    """An amount in USD as a decimal text. A zero is a way of saying unknown, ten millions for a span are a mistake."""
    number = as_number(value)
    return format(number, ".10f") if number is not None and 0 < number < 10_000_000 else None


def as_texts(value: object) -> tuple[str, ...]:
    """A list of texts: sent as one, as JSON in a string, as a comma list or as a single word."""
    if isinstance(value, str):
        held = parsed(value) if value.lstrip().startswith("[") else value.split(",")
        return as_texts(held) if isinstance(held, list) else ()
    if isinstance(value, list | tuple):
        return tuple(found for item in value if (found := as_text(item)))
    return ()


def as_object(value: object) -> Mapping[str, Value]:
    """A mapping, sent as one or as JSON in a string; empty for anything else."""
    if isinstance(value, str):
        value = parsed(value) if value.lstrip().startswith("{") else None
    return value if isinstance(value, dict) else {}


LONGEST_REPR = 1024


def as_printed(value: object) -> Mapping[str, Value]:
    """A mapping, also one that was sent as Python prints it: `{'cache_read': 1024}`. Long ones are left aside."""
    if found := as_object(value):
        return found
    if not isinstance(value, str) or not value.startswith("{") or len(value) > LONGEST_REPR:
        return {}
    try:
        printed = ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return {}
    return printed if isinstance(printed, dict) and all(isinstance(key, str) for key in printed) else {}


def as_list(value: object) -> list[Value]:
    """A list, sent as one or as JSON in a string; empty for anything else."""
    if isinstance(value, str):
        value = parsed(value) if value.lstrip().startswith("[") else None
    return value if isinstance(value, list) else []


def parsed(value: str) -> Value:
    """The JSON in a text, or None. Short ones are remembered and shared: never change what comes out of here."""
    return remembered(value) if len(value) <= 1024 else loaded(value)


def loaded(value: str) -> Value:
    try:
        found: Value = orjson.loads(value)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return None
    return found


remembered = lru_cache(1024)(loaded)


def as_json(value: object) -> str:
    """A value as compact JSON text."""
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def as_content(value: object) -> str:
    """What went in or came out as text: texts as they are, all else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else as_json(value)


def indexed(attributes: Mapping[str, Value], prefix: str, most: int = 10_000) -> list[dict[str, Value]]:
    """The list behind flat keys `prefix.N.rest`, in order of N, gaps closed: each item maps the rest to its value."""
    found: dict[int, dict[str, Value]] = {}
    cut = len(prefix) + 1
    for key, value in attributes.items():
        if key.startswith(prefix) and key[cut - 1 : cut] == ".":
            number, _, rest = key[cut:].partition(".")
            if number.isdecimal() and len(number) <= 6 and (len(found) < most or int(number) in found):
                found.setdefault(int(number), {})[rest] = value
    return [found[number] for number in sorted(found)]


def without(attributes: Mapping[str, Value], keys: Iterable[str], lists: tuple[str, ...]) -> dict[str, Value]:
    """The attributes less these keys and less these flat lists, whose keys go on with a number."""
    gone = frozenset(keys)
    return {key: value for key, value in attributes.items() if key not in gone and not in_list(key, lists)}


def in_list(key: str, lists: tuple[str, ...]) -> bool:
    return key.startswith(lists) and any(
        key.startswith(one) and key[len(one) : len(one) + 1].isdecimal() for one in lists
    )
