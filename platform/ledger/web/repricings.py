"""Past re-pricings as a table: what was asked by whom, and what the calls came to before and after."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from ledger.accounts.models import Project
from ledger.jobs.models import Job
from ledger.prices.repricing import KIND

MOST = 50


@dataclass(frozen=True, slots=True)
class Sum:
    """What calls come to; `cost` is None where none is known."""

    calls: int
    unpriced: int
    cost: Decimal | None

    @classmethod
    def read(cls, total: dict[str, Any] | None) -> Self | None:  # Any: the job's JSON
        if total is None:
            return None
        cost = total["cost"]
        return cls(total["calls"], total["unpriced_calls"], None if cost is None else Decimal(cost))


@dataclass(frozen=True, slots=True)
class ShownRepricing:
    """One re-pricing; `after` is None until it is done."""

    job: Job
    since: datetime
    until: datetime
    before: Sum | None
    after: Sum | None

    @classmethod
    def of(cls, job: Job) -> Self:
        since, until = (datetime.fromisoformat(job.asked[name]) for name in ("from", "to"))
        result = job.result or {}
        return cls(job, since, until, Sum.read(job.kept.get("before")), Sum.read(result.get("after")))

    @property
    def change(self) -> Decimal | None:
        """After less before; None where either is unknown."""
        if self.before is None or self.after is None or self.before.cost is None or self.after.cost is None:
            return None
        return self.after.cost - self.before.cost


def repricings(project: Project) -> list[ShownRepricing]:
    """The newest first."""
    jobs = Job.objects.filter(project=project, kind=KIND).order_by("-asked_at")[:MOST]
    return [ShownRepricing.of(job) for job in jobs]
