"""Work that takes longer than a request: what became of it."""

from typing import Any, Literal
from uuid import UUID

from ninja import Router
from pydantic import Field

from ledger.api.access import ApiRequest, Needs
from ledger.api.errors import Missing
from ledger.api.strict import strict
from ledger.api.wire import Shown, Text, Time
from ledger.jobs.models import Job

router = Router(tags=["jobs"], auth=Needs("read"))


class ShownJob(Shown):
    id: str
    kind: str
    state: Literal["queued", "running", "done", "failed"]
    progress: float = Field(description="From 0 to 1")
    result: dict[str, Any] | None  # Any: each kind of job has found something else
    error: Text = Field(description="Why it failed")
    asked: dict[str, Any]
    asked_by: str
    asked_at: Time
    started_at: Time | None
    finished_at: Time | None


@router.get("/jobs/{job_id}", response=ShownJob)
@strict
def read_job(request: ApiRequest, job_id: str) -> ShownJob:
    """How far a job is, and what came of it."""
    found = Job.objects.filter(project=request.auth.project, pk=known_id(job_id)).first()
    if found is None:
        raise Missing("job", job_id)
    return shown(found)


def known_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Missing("job", text) from error


def shown(job: Job) -> ShownJob:
    return ShownJob(
        id=str(job.pk),
        kind=job.kind,
        state=job.state.value,
        progress=job.progress,
        result=job.result,
        error=job.error,
        asked=job.asked,
        asked_by=job.asked_by,
        asked_at=job.asked_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )
