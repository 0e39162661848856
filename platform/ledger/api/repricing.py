"""Re-pricing of a past window and its history; where clients say other figures than the book."""

from typing import Any

from django.utils import timezone
from ninja import Query, Router
from ninja.responses import Status
from pydantic import AwareDatetime, BaseModel, Field

from ledger import stores
from ledger.api.access import ApiRequest, Needs
from ledger.api.paging import MOST_ITEMS, page
from ledger.api.parameters import Portion
from ledger.api.prices import Given
from ledger.api.strict import strict
from ledger.api.wire import Money, Shown, Text, Time
from ledger.domain.money import plain
from ledger.domain.providers import canonical
from ledger.domain.questions import read_limit
from ledger.domain.windows import Window, read_window
from ledger.jobs.models import Job
from ledger.jobs.turns import ask
from ledger.prices.repricing import KIND, asked_for
from ledger.store.differences import Difference, differences

router = Router(tags=["prices"])


class GivenRepricing(Given):
    """Which calls to price anew by the book of now; without a provider or a model those of all."""

    since: AwareDatetime = Field(alias="from")
    until: AwareDatetime = Field(alias="to")
    provider: str = Field("", max_length=100)
    model: str = Field("", max_length=200, description="A model's own name stands for its dated names too")

    @property
    def window(self) -> Window:
        return read_window(self.since.isoformat(), self.until.isoformat(), timezone.now())


class Begun(Shown):
    job: str = Field(description="To be asked for under /api/v1/jobs/{id}")


class ModelTotal(Shown):
    provider: Text
    model: str
    calls: int
    unpriced_calls: int
    cost: str | None


class Totals(Shown):
    """What the calls come to; `cost` is over those whose cost is known."""

    calls: int
    unpriced_calls: int
    cost: str | None
    by_model: list[ModelTotal]


class ShownRepricing(Shown):
    job: str
    state: str
    progress: float
    since: str = Field(serialization_alias="from")
    until: str = Field(serialization_alias="to")
    provider: Text
    model: Text
    asked_by: str
    asked_at: Time
    finished_at: Time | None
    before: Totals | None
    after: Totals | None
    error: Text


class Repricings(Shown):
    items: list[ShownRepricing]
    cursor: str | None


@router.post("/prices/reprice", response={202: Begun}, auth=Needs("admin"))
@strict
def start_repricing(request: ApiRequest, given: GivenRepricing) -> Status[Begun]:
    """Price the calls of a window anew, those that have a price too; a job does it."""
    access, provider = request.auth, canonical(given.provider) if given.provider else ""
    asked = asked_for(given.window, provider, given.model)
    return Status(202, Begun(job=str(ask(access.project, KIND, asked, access.who, timezone.now()).pk)))


@router.get("/prices/reprices", response=Repricings, auth=Needs("read"), by_alias=True)
@strict
def repricings(request: ApiRequest, asked: Query[Portion]) -> Repricings:
    """What was re-priced and by whom, with totals before and after; the newest first."""
    jobs = Job.objects.filter(project=request.auth.project, kind=KIND).order_by("-asked_at")
    part = page(list(jobs), asked.limit, asked.cursor)
    return Repricings(items=[shown(job) for job in part.items], cursor=part.cursor)


class AskedDifferences(BaseModel):
    since: str | None = Field(None, alias="from", description="RFC 3339; 30 days before `to` where not given")
    until: str | None = Field(None, alias="to", description="RFC 3339; now where not given")
    limit: int = Field(50, description="500 at most")


class ShownDifference(Shown):
    """Of one model: its priced calls of which the client says a cost too, and those of them that differ by over 1 %."""

    provider: Text
    model: str
    calls: int = Field(description="With both figures")
    n: int = Field(description="Of these, more than 1 % apart")
    ours: Money
    theirs: Money
    ratio: Money | None = Field(description="theirs ÷ ours")
    trace_id: str = Field(description="Where the call is that is furthest off")
    span_id: str


class Differences(Shown):
    items: list[ShownDifference]
    cursor: None = None


@router.get("/prices/differences", response=Differences, auth=Needs("read"))
@strict
def list_differences(request: ApiRequest, asked: Query[AskedDifferences]) -> Differences:
    """Models of whose calls the client's own figure and ours differ by more than 1 %; the largest sums first."""
    window = read_window(asked.since, asked.until, timezone.now())
    found = differences(stores.reader(), request.auth.project.pk, window, read_limit(asked.limit, MOST_ITEMS))
    return Differences(items=[shown_difference(each) for each in found])


def shown_difference(found: Difference) -> ShownDifference:
    return ShownDifference(
        provider=found.provider,
        model=found.model,
        calls=found.compared,
        n=found.differing,
        ours=found.ours,
        theirs=found.theirs,
        ratio=plain(found.theirs / found.ours) if found.ours else None,
        trace_id=found.trace,
        span_id=found.span,
    )


def shown(job: Job) -> ShownRepricing:
    found: dict[str, Any] = job.result or {}  # Any: JSON, checked by the answer's own types
    return ShownRepricing(
        job=str(job.pk),
        state=job.state.value,
        progress=job.progress,
        since=job.asked["from"].replace("+00:00", "Z"),
        until=job.asked["to"].replace("+00:00", "Z"),
        provider=job.asked["provider"],
        model=job.asked["model"],
        asked_by=job.asked_by,
        asked_at=job.asked_at,
        finished_at=job.finished_at,
        before=job.kept.get("before"),
        after=found.get("after"),
        error=job.error,
    )
