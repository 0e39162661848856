"""What a route's real calls would have cost on other models."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from ninja import Query, Router
from pydantic import BaseModel, Field

from ledger import stores
from ledger.api.access import ApiRequest, Needs
from ledger.api.strict import strict_but
from ledger.api.wire import Money, Shown, Text, Time
from ledger.domain.errors import BadParameter
from ledger.domain.money import plain
from ledger.domain.whatif import Judged
from ledger.domain.windows import read_time, read_window
from ledger.prices.whatif import Comparison, Question, Tried, compare
from ledger.store.prices import book
from ledger.store.whatif import RealCalls, Route

router = Router(tags=["whatif"], auth=Needs("read"))

RATIO = "ratio."
MOST_RATIO = 10
MOST_MODELS = 50
ASSUMED = (
    "Each call is taken as it was: the same tokens in the same classes, cached ones too, times the ratio of the model.",
    "Each call is priced as its own service tier and hour, at the prices of its own time or of `at`.",
    "A ratio says how many tokens of the model make one that was counted; it is yours to state, and 1 where it isn't.",
    "Models are compared by the mean of `quality`, not by its interval, and by cost per call.",
)
RATIO_PARAMETER = {
    "in": "query",
    "name": "ratio.MODEL",
    "required": False,
    "schema": {
        "type": "string",
        "description": "Tokens of the model for one that was counted, as in 1.15; 1 otherwise",
    },
}


class Asked(BaseModel):
    route: str = Field(min_length=1, description="Whose calls to price anew")
    models: str = Field("", description="A comma list, each alone or as provider/model; those it called otherwise")
    since: str | None = Field(None, alias="from", description="RFC 3339; 30 days before `to` where not given")
    until: str | None = Field(None, alias="to", description="RFC 3339; now where not given")
    at: str | None = Field(None, description="RFC 3339: at the prices of this time, not at those of each call's own")
    quality: str = Field("", description="A score's name, or success; the best known where not given")


class ShownReal(Shown):
    """What the route's calls of one model were."""

    provider: Text
    model: str
    calls: int
    cost: Money | None
    unpriced_calls: int
    unknown_usage_calls: int = Field(description="Left out: nobody said what they used")


class ShownJudged(Shown):
    n: int
    mean: float | None
    interval: tuple[float, float] | None = Field(description="95 %")


class ShownTried(Shown):
    """The route's calls on one model."""

    name: str = Field(description="As it was asked for")
    provider: str
    model: str
    ratio: Money
    calls: int = Field(description="Priced ones")
    unpriced_calls: int = Field(description="Such as the model has no price for")
    cost: Money | None = Field(description="Of the priced ones")
    cost_per_call: Money | None = Field(description="null where some are unpriced")
    real_calls: int = Field(description="That the route really made on it")
    scores: dict[str, ShownJudged] = Field(description="Of those real calls")
    success: ShownJudged | None = Field(description="Of tasks with an outcome in which they were made")
    undominated: bool | None = Field(description="No other costs no more and is no worse; null where that isn't known")


class Refused(Shown):
    name: str
    reason: str


class Answer(Shown):
    route: str
    since: Time = Field(serialization_alias="from")
    until: Time = Field(serialization_alias="to")
    at: Time | None
    assumed: tuple[str, ...]
    quality: Text = Field(description="What the models are compared by")
    real: list[ShownReal]
    items: list[ShownTried]
    unknown: list[Refused] = Field(description="What can't be priced, and why")


@router.get("/whatif", response=Answer, by_alias=True, openapi_extra={"parameters": [RATIO_PARAMETER]})
@strict_but(RATIO)
def whatif(request: ApiRequest, asked: Query[Asked]) -> Answer:
    """A route's real calls priced on any models of the book, with what is known of their quality there beside it."""
    project, window = request.auth.project.pk, read_window(asked.since, asked.until, timezone.now())
    at, store = read_time("at", asked.at) if asked.at else None, stores.reader()
    models = named(asked.models)
    question = Question(models, ratios(request.GET.items(), models), asked.quality, at)
    seen = [price for price in book(store) if price.project_id in (None, project)]
    found = compare(Route(store, project, asked.route, window), seen, question)
    return Answer(
        route=asked.route,
        since=window.since,
        until=window.until,
        at=at,
        assumed=ASSUMED,
        quality=found.quality,
        real=[shown_real(each) for each in found.real],
        items=[shown(each) for each in found.tried],
        unknown=refused(found),
    )


def named(models: str) -> list[str]:
    names = list(dict.fromkeys(name for each in models.split(",") if (name := each.strip())))
    if len(names) > MOST_MODELS:
        raise BadParameter("models", models, f"{MOST_MODELS} models at most")
    return names


def ratios(given: Iterable[tuple[str, Any]], models: list[str]) -> Mapping[str, Decimal]:
    """By model the ratios that were stated; one for a model that isn't tried is a slip of its writer."""
    found = {}
    for name, text in given:
        if name.startswith(RATIO):
            model = name.removeprefix(RATIO)
            if models and model not in models:
                raise BadParameter(name, str(text), f"a ratio for one of {', '.join(models)}")
            found[model] = ratio(name, str(text))
    return found


def ratio(name: str, text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation as error:
        raise BadParameter(name, text, "a number, such as 1.15") from error
    if not (found.is_finite() and 0 < found <= MOST_RATIO) or len(text) > 12:
        raise BadParameter(name, text, f"a number above 0 and up to {MOST_RATIO}")
    return found


def shown_real(real: RealCalls) -> ShownReal:
    cost = None if real.cost is None else plain(real.cost)
    return ShownReal(
        provider=real.provider,
        model=real.model,
        calls=real.calls,
        cost=cost,
        unpriced_calls=real.unpriced_calls,
        unknown_usage_calls=real.unknown_usage_calls,
    )


def shown(tried: Tried) -> ShownTried:
    bill = tried.bill
    return ShownTried(
        name=tried.name,
        provider=tried.candidate.provider,
        model=tried.candidate.model,
        ratio=tried.candidate.ratio,
        calls=round(bill.calls),
        unpriced_calls=round(bill.unpriced_calls),
        cost=None if bill.cost is None else plain(bill.cost),
        cost_per_call=None if bill.per_call is None else plain(bill.per_call),
        real_calls=tried.real_calls,
        scores={name: shown_judged(judged) for name, judged in tried.scores.items()},
        success=shown_judged(tried.success) if tried.success else None,
        undominated=tried.undominated,
    )


def shown_judged(judged: Judged) -> ShownJudged:
    return ShownJudged(n=judged.n, mean=judged.mean, interval=judged.interval)


def refused(found: Comparison) -> list[Refused]:
    return [Refused(name=name, reason=reason) for name, reason in found.refused.items()]
