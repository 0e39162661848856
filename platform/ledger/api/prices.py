"""Prices: the catalogue's and the project's own."""

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Annotated, Literal, Self

from django.utils import timezone
from ninja import Query, Router
from ninja.responses import Status
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from ledger import stores
from ledger.api.access import ApiRequest, Needs
from ledger.api.errors import Missing
from ledger.api.paging import page
from ledger.api.parameters import Portion
from ledger.api.strict import strict
from ledger.api.wire import Rate, Shown, Time
from ledger.domain.prices import EVERY_CONTEXT, Hours, Price, Rates, Tier
from ledger.domain.providers import canonical
from ledger.domain.windows import read_time
from ledger.prices.book import NoSuchPrice, history, prices_seen_by, set_price, withdraw_price
from ledger.prices.models import PriceRow

router = Router(tags=["prices"])

GivenRate = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=10)]


class ShownRates(Shown):
    """USD per million tokens; null where the provider names no rate of its own for the class."""

    input: Rate | None
    cache_read: Rate | None
    cache_write: Rate | None
    cache_write_1h: Rate | None
    output: Rate | None
    input_audio: Rate | None
    output_audio: Rate | None
    input_image: Rate | None
    output_image: Rate | None


class ShownHours(Shown):
    """A part of every day in UTC, maybe past midnight."""

    since: str = Field(serialization_alias="from")
    until: str = Field(serialization_alias="to")


class ShownTier(Shown):
    """Other rates for the whole call: of more than `above` tokens of context, of a service, begun in certain hours."""

    above: int | None
    service: str | None
    hours: ShownHours | None
    per_million: ShownRates
    per_request: Rate | None


class ShownPrice(Shown):
    id: str
    provider: str
    model: str
    valid_from: Time | None
    valid_to: Time | None
    per_million: ShownRates
    per_request: Rate | None = Field(description="USD for each call, whatever its tokens")
    tiers: list[ShownTier]
    source: Literal["catalogue", "project"]
    version: int


class Prices(Shown):
    items: list[ShownPrice]
    cursor: str | None


class ShownVersion(ShownPrice):
    """A version of the project's own price, who set it, and when another took its place."""

    set_by: str
    set_at: Time
    superseded_at: Time | None
    withdrawn: bool


class History(Shown):
    items: list[ShownVersion]
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
    input_audio: GivenRate | None = None
    output_audio: GivenRate | None = None
    input_image: GivenRate | None = None
    output_image: GivenRate | None = None


class GivenHours(Given):
    """From and to when of every day, in UTC."""

    since: time = Field(alias="from")
    until: time = Field(alias="to")

    @model_validator(mode="after")
    def makes_sense(self) -> Self:
        if self.since.tzinfo or self.until.tzinfo:
            raise ValueError("hours are in UTC, written as 16:30")
        if self.since == self.until:
            raise ValueError("from and to must not be the same time")
        return self


class GivenTier(Given):
    """Says all of its rates. Of several that hold, one for the service counts, then the hour, then the most context."""

    above: int | None = Field(None, ge=0)
    service: str | None = Field(None, max_length=40)
    hours: GivenHours | None = None
    per_million: GivenRates
    per_request: GivenRate | None = None

    @model_validator(mode="after")
    def makes_sense(self) -> Self:
        if self.above is None and not self.service and self.hours is None:
            raise ValueError("a tier needs above, service or hours")
        return self


class GivenPrice(Given):
    """A project's own price; it wins over the catalogue's wherever it holds. What was shown of one may be sent back."""

    id: str | None = Field(None, description="As shown; not read, a price is named after its model and beginning")
    source: Literal["catalogue", "project"] | None = Field(None, description="As shown; not read")
    version: int | None = Field(None, description="As shown; not read, this one is the next")
    provider: str = Field(min_length=1, max_length=100)
    model: str = Field(min_length=1, max_length=200)
    valid_from: AwareDatetime | None = None
    valid_to: AwareDatetime | None = None
    per_million: GivenRates
    per_request: GivenRate | None = None
    tiers: list[GivenTier] = Field([], max_length=50)

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


@router.get("/prices", response=Prices, auth=Needs("read"), by_alias=True)
@strict
def prices(request: ApiRequest, asked: Query[Asked]) -> Prices:
    """Current prices by provider and model; with a model, the one that applies at the time comes first."""
    moment = read_time("at", asked.at) if asked.at else timezone.now()
    provider = canonical(asked.provider) if asked.provider else ""
    part = page(prices_seen_by(request.auth.project, provider, asked.model, moment), asked.limit, asked.cursor)
    return Prices(items=[shown(price) for price in part.items], cursor=part.cursor)


@router.post("/prices", response={201: ShownPrice}, auth=Needs("admin"), by_alias=True)
@strict
def add_price(request: ApiRequest, given: GivenPrice) -> Status[ShownPrice]:
    """Set the project's own price of a model; the same model and beginning again makes its next version."""
    access = request.auth
    row = set_price(stores.writer(), access.project, price_of(given), access.who, timezone.now())
    return Status(201, shown(row.price()))


class Named(Given):
    id: str = Field(min_length=1, max_length=300)


@router.post("/prices/withdraw", response=ShownVersion, auth=Needs("admin"), by_alias=True)
@strict
def withdraw(request: ApiRequest, given: Named) -> ShownVersion:
    """Take a price of the project's own back: from now on nothing is priced by it. To end one, post its `valid_to`."""
    access = request.auth
    try:
        row = withdraw_price(stores.writer(), access.project, given.id, access.who, timezone.now())
    except NoSuchPrice as error:
        raise Missing("price of its own", given.id) from error
    return version(row)


class AskedVersions(Portion):
    provider: str = ""
    model: str = Field("", description="As it was set")


@router.get("/prices/history", response=History, auth=Needs("read"), by_alias=True)
@strict
def versions(request: ApiRequest, asked: Query[AskedVersions]) -> History:
    """Every version of the project's own prices: who set what, and when; the newest first."""
    provider = canonical(asked.provider) if asked.provider else ""
    part = page(history(request.auth.project, provider, asked.model), asked.limit, asked.cursor)
    return History(items=[version(row) for row in part.items], cursor=part.cursor)


def price_of(given: GivenPrice) -> Price:
    provider = canonical(given.provider)
    begins = given.valid_from.astimezone(UTC) if given.valid_from else None
    return Price(
        id=f"project/{provider}/{given.model}{dated(begins)}",
        provider=provider,
        model=given.model,
        pattern={"equals": given.model},
        valid_from=begins,
        valid_to=given.valid_to,
        rates=rates_of(given),
        tiers=tuple(tier_of(tier) for tier in given.tiers),
        source="project",
    )


def tier_of(given: GivenTier) -> Tier:
    above = EVERY_CONTEXT if given.above is None else given.above
    hours = Hours(minute(given.hours.since), minute(given.hours.until)) if given.hours else None
    return Tier(above, rates_of(given), (given.service or "").lower(), hours)


def rates_of(given: GivenPrice | GivenTier) -> Rates:
    return Rates(**given.per_million.model_dump(), request=given.per_request)


def minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute


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
        per_request=price.rates.request,
        tiers=[shown_tier(tier) for tier in price.tiers],
        source=price.source,
        version=price.version,
    )


def shown_tier(tier: Tier) -> ShownTier:
    return ShownTier(
        above=None if tier.above == EVERY_CONTEXT else tier.above,
        service=tier.service or None,
        hours=tier.hours and ShownHours(since=clock(tier.hours.begins), until=clock(tier.hours.ends)),
        per_million=ShownRates.model_validate(tier.rates),
        per_request=tier.rates.request,
    )


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def version(row: PriceRow) -> ShownVersion:
    price = row.price()
    return ShownVersion(
        **dict(shown(price)),
        set_by=row.set_by,
        set_at=row.created_at,
        superseded_at=row.superseded_at,
        withdrawn=price.withdrawn,
    )
