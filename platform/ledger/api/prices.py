"""Prices: the catalogue's and the project's own."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, Self

from django.utils import timezone
from ninja import Query, Router
from ninja.responses import Status
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from ledger import stores
from ledger.api.access import ApiRequest, Needs
from ledger.api.paging import page
from ledger.api.parameters import Portion
from ledger.api.strict import strict
from ledger.api.wire import Rate, Shown, Time
from ledger.domain.prices import Price, Rates, Tier
from ledger.domain.providers import canonical
from ledger.domain.windows import read_time
from ledger.prices.book import prices_seen_by, set_price

router = Router(tags=["prices"])

GivenRate = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=10)]


class ShownRates(Shown):
    """USD per million tokens; null where the provider names no rate of its own for the class."""

    input: Rate | None
    cache_read: Rate | None
    cache_write: Rate | None
    cache_write_1h: Rate | None
    output: Rate | None


class ShownTier(Shown):
    """Other rates for the whole call once more than `above` tokens go in."""

    above: int
    per_million: ShownRates


class ShownPrice(Shown):
    id: str
    provider: str
    model: str
    valid_from: Time | None
    valid_to: Time | None
    per_million: ShownRates
    tiers: list[ShownTier]
    source: Literal["catalogue", "project"]
    version: int


class Prices(Shown):
    items: list[ShownPrice]
    cursor: str | None


class Given(BaseModel):
    """A part of a request; what it doesn't know it refuses."""

    model_config = ConfigDict(extra="forbid")


class GivenRates(Given):
    input: GivenRate | None = None
    cache_read: GivenRate | None = None
    cache_write: GivenRate | None = None
    cache_write_1h: GivenRate | None = None
    output: GivenRate | None = None


class GivenTier(Given):
    above: int = Field(ge=0)
    per_million: GivenRates


class GivenPrice(Given):
    """A project's own price; it wins over the catalogue's wherever it holds."""

    provider: str = Field(min_length=1, max_length=100)
    model: str = Field(min_length=1, max_length=200)
    valid_from: AwareDatetime | None = None
    valid_to: AwareDatetime | None = None
    per_million: GivenRates
    tiers: list[GivenTier] = []

    @model_validator(mode="after")
    def makes_sense(self) -> Self:
        if self.per_million.input is None and self.per_million.output is None:
            raise ValueError("per_million must have a rate for input or output")
        if self.valid_from and self.valid_to and self.valid_from >= self.valid_to:
            raise ValueError("valid_to must be later than valid_from")
        return self


class Asked(Portion):
    provider: str = Field("", description="As in openai, anthropic, google")
    model: str = Field("", description="As sent to the provider, dated names included")
    at: str | None = Field(None, description="RFC 3339; now where not given")


@router.get("/prices", response=Prices, auth=Needs("read"))
@strict
def prices(request: ApiRequest, asked: Query[Asked]) -> Prices:
    """Current prices by provider and model; with a model, the one that applies at the time comes first."""
    time = read_time("at", asked.at) if asked.at else timezone.now()
    provider = canonical(asked.provider) if asked.provider else ""
    part = page(prices_seen_by(request.auth.project, provider, asked.model, time), asked.limit, asked.cursor)
    return Prices(items=[shown(price) for price in part.items], cursor=part.cursor)


@router.post("/prices", response={201: ShownPrice}, auth=Needs("admin"))
@strict
def add_price(request: ApiRequest, given: GivenPrice) -> Status[ShownPrice]:
    """Set the project's own price of a model; the same model and beginning again makes its next version."""
    row = set_price(stores.writer(), request.auth.project, price_of(given), timezone.now())
    return Status(201, shown(row.price()))


def price_of(given: GivenPrice) -> Price:
    provider = canonical(given.provider)
    return Price(
        id=f"project/{provider}/{given.model}{dated(given.valid_from)}",
        provider=provider,
        model=given.model,
        pattern={"equals": given.model},
        valid_from=given.valid_from,
        valid_to=given.valid_to,
        rates=Rates(**given.per_million.model_dump()),
        tiers=tuple(Tier(tier.above, Rates(**tier.per_million.model_dump())) for tier in given.tiers),
        source="project",
    )


def dated(begins: datetime | None) -> str:
    return f"@{begins.isoformat()}" if begins else ""


def shown(price: Price) -> ShownPrice:
    return ShownPrice(
        id=price.id,
        provider=price.provider,
        model=price.model,
        valid_from=price.valid_from,
        valid_to=price.valid_to,
        per_million=ShownRates.model_validate(price.rates),
        tiers=[ShownTier(above=tier.above, per_million=ShownRates.model_validate(tier.rates)) for tier in price.tiers],
        source=price.source,
        version=price.version,
    )
