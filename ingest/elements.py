"""The elements of a JSON array, each read by itself: one that is wrong does not cost the others."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from pydantic import BaseModel, ValidationError

from ingest.cursor import Body, Cursor
from ingest.errors import Malformed, TooLarge
from ingest.limits import ELEMENT_BYTES


@dataclass(frozen=True, slots=True)
class Wrong:
    """An element that can't be taken, by its place in the array."""

    element: int
    message: str


@dataclass(slots=True)
class Elements[T]:
    taken: list[T] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)


type Number = Callable[[str], float | Decimal]
"""How a number with a point or an exponent is read: money to its last digit."""


def elements[M: BaseModel](body: Body, model: type[M], what: str, limit: int, number: Number = float) -> Elements[M]:
    """Those that are good and those that are wrong; Malformed where none is good, although something was sent."""
    found: Elements[M] = Elements()
    for at, sent in enumerate(array(body, what, limit, number)):
        try:
            found.taken.append(model.model_validate(sent))
        except ValidationError as error:
            found.wrong.append(Wrong(at, told(error)))
    if found.wrong and not found.taken:
        raise malformed(what, f"element {found.wrong[0].element}: {found.wrong[0].message}")
    return found


def array(body: Body, what: str, limit: int, number: Number) -> Iterator[Any]:
    """One element in hand at a time. Any: JSON as it was sent, looked at by the model alone."""
    cursor = Cursor(body)
    if cursor.peek() != "[":
        raise malformed(what, "the body is something else")
    for at, _ in enumerate(cursor.elements()):
        if at >= limit:
            raise TooLarge(what, limit)
        start, stop = cursor.skip()
        yield element(body[start:stop], what, number)
    if cursor.peek():
        raise malformed(what, "the body goes on behind its end")


def element(raw: Body, what: str, number: Number) -> Any:
    if len(raw) > ELEMENT_BYTES:
        raise TooLarge(f"bytes in one of its {what}", ELEMENT_BYTES)
    try:
        return json.loads(raw, parse_float=number, parse_constant=partial(unknown, what))
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise malformed(what, "the body is no JSON") from error


def unknown(what: str, word: str) -> float:
    raise malformed(what, f"{word} is no number of JSON")


def malformed(what: str, why: str) -> Malformed:
    return Malformed(f"{what.capitalize()} are a JSON array of objects; {why}.")


def told(error: ValidationError) -> str:
    """What is wrong first, and where; never what was sent."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    message = first["msg"].removeprefix("Value error, ").rstrip(".")
    return f"{where}: {message}" if where else message
