"""Query parameters that several endpoints have."""

from django.utils import timezone
from pydantic import BaseModel, Field

from ledger.domain.windows import Window, read_window


class Period(BaseModel):
    """A window of time."""

    since: str | None = Field(None, alias="from", description="RFC 3339; 30 days before `to` where not given")
    until: str | None = Field(None, alias="to", description="RFC 3339; now where not given")

    @property
    def window(self) -> Window:
        return read_window(self.since, self.until, timezone.now())


class Stretch(Period):
    """A window of time and what to look at in it."""

    filters: list[str] = Field([], alias="filter", description="dimension:op:value; op is = != in ~; may be repeated")


class Portion(BaseModel):
    """How much of a list, and from where on."""

    limit: int = Field(50, description="500 at most")
    cursor: str | None = Field(None, description="Where the answer before this one ended")
