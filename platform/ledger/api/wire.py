"""How values are written: money as decimal text, times in RFC 3339 UTC, what nobody said as null."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import orjson
from django.http import HttpRequest
from ninja.renderers import BaseRenderer
from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from ledger.store.clauses import moment


def money(amount: Decimal) -> str:
    """Never in powers of ten: 0.0000000001, not 1E-10."""
    return f"{amount:f}"


def rate(amount: Decimal) -> str:
    """A rate as one would say it: 2.5, not 2.5000000000."""
    return f"{amount.normalize():f}"


def rfc3339(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def said(text: object) -> object:
    """None for the empty text, with which we mark what the client did not say."""
    return None if text == "" else text


Money = Annotated[Decimal, PlainSerializer(money, return_type=str)]
Rate = Annotated[Decimal, PlainSerializer(rate, return_type=str)]
Time = Annotated[datetime, PlainSerializer(rfc3339, return_type=str)]
Micros = Annotated[datetime, BeforeValidator(moment), PlainSerializer(rfc3339, return_type=str)]
"""A time that comes in microseconds since 1970."""
Text = Annotated[str | None, BeforeValidator(said)]


class Shown(BaseModel):
    """A part of an answer: reads our own values by the names of their fields."""

    model_config = ConfigDict(from_attributes=True)


def dump(data: object) -> bytes:
    return orjson.dumps(data, default=plain)


def plain(value: object) -> object:
    """What JSON has no word for."""
    if isinstance(value, Decimal):
        return money(value)
    raise TypeError(f"{type(value).__name__} has no JSON form here")


class Renderer(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:  # Any: as ninja has it
        return dump(data)
