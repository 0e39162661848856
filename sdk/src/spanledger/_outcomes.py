"""outcome(): how a task ended, and what that was worth."""

from spanledger import _runtime
from spanledger._guard import harmless
from spanledger._sender import Parcel
from spanledger._subject import Money, subject_of, written

OUTCOMES = "/v1/outcomes"
OUTCOME_SIZE = 512


@harmless
def outcome(
    success: bool,
    value: Money | None = None,
    *,
    name: str | None = None,
    trace_id: str | None = None,
    session: str | None = None,
    id: str | None = None,
) -> None:
    """Say how a task ended: `outcome(success=True, value="4.50")`. It is sent in the background.

    A trace, or a session, has one outcome of each name: what is said later replaces what was said before.

    Args:
        success: whether the task did what it was for.
        value: what that was worth to the business in USD; negative where it did harm. Left out: not known.
        name: which end is meant, where a task has several: `refund`, `reopened`.
        trace_id: the trace it is about, 32 hex digits; else the current one.
        session: the session it is about, as `tag(session=…)` names it, instead of a trace; it counts once.
        id: repeat it to replace what was said under it, also about another trace.
    """
    runtime = _runtime.current()
    if runtime is None:
        return
    subject = subject_of("outcome", trace_id, session)
    worth = "" if value is None else written("outcome", value)
    if not subject or (value is not None and not worth):
        return
    optional = {"value": worth, "name": name, "id": id}
    note = subject | {"success": bool(success)} | {key: each for key, each in optional.items() if each}
    runtime.sender.add(Parcel(OUTCOMES, OUTCOME_SIZE, note))
