"""Figures as people read them: each with of how many it speaks and how sure it is, or with why there is none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from ledger.domain.intervals import wilson
from ledger.store.metrics import Answer, Figure
from ledger.store.scores import GivenScore
from ledger.web.templatetags.figures import count, money, percent

Kind = Literal["money", "percent", "duration", "score", "count"]
type Figures = Mapping[str, Figure]

SCORES_READ = 3
"""How many scores have a figure: those given most often."""

WORK = ("cost", "calls", "failures", "failure_rate", "latency_p95", "traces")
MISSING = ("unpriced_calls", "unknown_usage_calls", "pending_calls")
WORTH = (
    *("cost_per_success", "success_rate", "outcome_coverage", "outcomes", "successes", "revenue", "margin", "charges"),
    *("wasted_cost", "cache_savings", "cache_read_tokens", "cache_write_tokens", "evaluation_cost"),
)
MEASURED = (*WORK, *MISSING, *WORTH)
"""What has to be measured for work and economics to be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One figure. `basis` says of how many it speaks; where there is no figure, `missing` says why."""

    label: str
    value: Figure
    kind: Kind
    meaning: str
    basis: str = ""
    interval: tuple[float, float] | None = None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Calls that a sum of money leaves out, and why."""

    calls: Figure
    what: str
    reason: str


def measured(scores: Sequence[GivenScore]) -> tuple[str, ...]:
    """What to ask for: all that is read here, and these scores with their counts."""
    return (*MEASURED, *(f"{kind}.{score.name}" for score in scores for kind in ("score", "score_count")))


def gaps(figures: Figures) -> Iterator[Gap]:
    """What the cost leaves out; failed calls without usage are not billed and are no gap."""
    for name, what, reason in (
        ("unpriced_calls", "unpriced", "no price is known for their model"),
        ("unknown_usage_calls", "uncounted", "their client sent no usage"),
        ("pending_calls", "pending", "they came in just now"),
    ):
        if figures[name]:
            yield Gap(figures[name], what, reason)


def read_answer(answer: Answer, figures: Figures, scores: Sequence[GivenScore]) -> tuple[Reading, ...]:
    """All readings of one group of an answer, or of its total."""
    return (*work(figures, answer.estimated), *economics(figures, answer.estimated), *judged(figures, scores, answer))


def work(figures: Figures, estimated: bool) -> Iterator[Reading]:
    """What was done, what it cost and whether it worked."""
    left_out = ", ".join(f"{count(gap.calls)} {gap.what}" for gap in gaps(figures))
    yield Reading(
        label="Spend",
        value=figures["cost"],
        kind="money",
        meaning="What the model calls cost, as far as it is known.",
        basis=f"without {left_out}" if left_out else "of all calls",
        missing="no call has a known cost",
    )
    yield Reading(
        label="Calls",
        value=figures["calls"],
        kind="count",
        meaning="Model calls, failed ones included, each once however many reported it.",
        basis=f"in {several(figures['traces'], 'trace')}",
    )
    yield rate(figures, "failures", "calls", "failure_rate", estimated)
    yield Reading(
        label="Latency p95",
        value=figures["latency_p95"],
        kind="duration",
        meaning="95 % of the successful calls took no longer.",
        basis=several(number(figures["calls"]) - number(figures["failures"]), "successful call"),
        missing="no call succeeded",
    )


def economics(figures: Figures, estimated: bool) -> Iterator[Reading]:
    """What tasks cost against what they were worth."""
    yield Reading(
        label="Cost per success",
        value=figures["cost_per_success"],
        kind="money",
        meaning="Cost and charges of all traces that have an outcome ÷ those that succeeded.",
        basis=several(figures["successes"], "success", "successes"),
        missing=why_no_success(figures),
    )
    yield rate(figures, "successes", "outcomes", "success_rate", estimated)
    yield rate(figures, "outcomes", "traces", "outcome_coverage", estimated)
    yield Reading(
        label="Margin",
        value=figures["margin"],
        kind="money",
        meaning="Revenue less cost and charges, of the traces that have an outcome.",
        basis=f"of {money(decimal(figures['revenue']))} revenue",
        missing="their cost is unknown" if figures["revenue"] is not None else "no outcome says its worth",
    )
    yield Reading(
        label="Wasted",
        value=figures["wasted_cost"],
        kind="money",
        meaning="What failed calls and the calls of failed traces cost.",
        basis=share(figures["wasted_cost"], figures["cost"]),
        missing="no call has a known cost",
    )
    cached = number(figures["cache_read_tokens"]) + number(figures["cache_write_tokens"])
    yield Reading(
        label="Cache savings",
        value=figures["cache_savings"],
        kind="money",
        meaning="What the tokens from and for the cache would have cost as fresh input, less what they did cost.",
        basis=several(cached, "cached token"),
        missing="unknown for these calls",
    )
    yield from beside(figures)


def why_no_success(figures: Figures) -> str:
    if not figures["outcomes"]:
        return "no outcome was sent"
    return "their cost is unknown" if figures["successes"] else "none succeeded"


def beside(figures: Figures) -> Iterator[Reading]:
    """What is only spoken of where there is any: charges, and the calls of judges."""
    if figures["charges"] is not None:
        yield Reading(
            label="Charges",
            value=figures["charges"],
            kind="money",
            meaning="What the traces cost beside model calls, as it was sent.",
            basis="beside the spend",
        )
    if figures["evaluation_cost"]:
        yield Reading(
            label="Evaluation",
            value=figures["evaluation_cost"],
            kind="money",
            meaning="What the calls of judges cost.",
            basis=share(figures["evaluation_cost"], figures["cost"]),
        )


RATES = {
    "failure_rate": ("Failure rate", "Failed calls ÷ calls.", "calls", "there were no calls"),
    "success_rate": (
        "Success rate", "Traces whose outcome says that they succeeded ÷ traces with an outcome.",
        "with an outcome", "no outcome was sent",
    ),
    "outcome_coverage": ("Outcome coverage", "Traces with an outcome ÷ traces.", "traces", "no trace began"),
}  # fmt: skip
"""What a rate is called, what it means, of what it is, and why there may be none."""


def rate(figures: Figures, part: str, whole: str, name: str, estimated: bool) -> Reading:
    """A share with its numbers; where calls stand for others that were left out, nobody knows how sure it is."""
    label, meaning, whom, missing = RATES[name]
    n = number(figures[whole])
    return Reading(
        label=label,
        value=figures[name],
        kind="percent",
        meaning=meaning,
        basis=f"{count(figures[part])} of {count(n)} {whom}" + (", estimated" if estimated else ""),
        interval=None if estimated else wilson(number(figures[part]), n),
        missing=missing,
    )


def judged(figures: Figures, scores: Sequence[GivenScore], answer: Answer) -> Iterator[Reading]:
    """Means of scores. For those between 0 and 1 the interval of a share is the widest that the mean's can be."""
    for score in scores:
        mean, n = figures[f"score.{score.name}"], number(figures[f"score_count.{score.name}"])
        sure = score.is_share and mean is not None and not answer.estimated
        yield Reading(
            label=f"Score: {score.name}",
            value=mean,
            kind="score",
            meaning="The mean of this score.",
            basis=f"mean of {count(n)}",
            interval=wilson(number(mean) * n, n) if sure else None,
            missing="nothing graded yet",
        )


def several(number: Figure, one: str, many: str = "") -> str:
    """3 traces; 1 trace"""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def share(part: Figure, whole: Figure) -> str:
    if part is None or not whole:
        return ""
    return f"{percent(number(part) / number(whole))} of the spend"


def number(figure: Figure) -> float:
    return float(figure or 0)


def decimal(figure: Figure) -> Decimal | None:
    return None if figure is None else Decimal(figure)
