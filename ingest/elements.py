"""The elements of a JSON array, each read by itself: one that is wrong does not cost the others."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from pydantic import BaseModel, ValidationError

from ingest.errors import Malformed, TooLarge


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


def elements[M: BaseModel](body: bytes, model: type[M], what: str, limit: int, number: Number = float) -> Elements[M]:
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


def array(body: bytes, what: str, limit: int, number: Number) -> list[Any]:
    """Any: JSON as it was sent, looked at by the model alone."""
    try:
        sent = json.loads(body, parse_float=number, parse_constant=partial(unknown, what))
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise malformed(what, "the body is no JSON") from error
    if not isinstance(sent, list):
        raise malformed(what, "the body is something else")
    if len(sent) > limit:
        raise TooLarge(what, limit)
    return sent


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
