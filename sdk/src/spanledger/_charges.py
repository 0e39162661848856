"""charge(): what a task cost beside tokens."""

import uuid

from spanledger import _runtime
from spanledger._guard import harmless
from spanledger._sender import Parcel
from spanledger._subject import Money, subject_of, written

CHARGES = "/v1/charges"
CHARGE_SIZE = 512


@harmless
def charge(
    kind: str,
    amount: Money,
    *,
    trace_id: str | None = None,
    session: str | None = None,
    id: str | None = None,
) -> None:
    """Say what a task cost beside tokens: `charge("web_search", "0.01")`. It is sent in the background.

    Args:
        kind: what was paid for: `web_search`, `sandbox`, `review`.
        amount: what it cost in USD, not below 0.
        trace_id: the trace it belongs to, 32 hex digits; else the current one.
        session: the session it belongs to, as `tag(session=…)` names it, instead of a trace.
        id: repeat it to replace an earlier charge; else each call is a charge of its own.
    """
    runtime = _runtime.current()
    if runtime is None:
        return
    subject = subject_of("charge", trace_id, session)
    worth = written("charge", amount)
    if subject and worth:
        note = subject | {"kind": kind, "amount": worth, "id": id or uuid.uuid4().hex}
        runtime.sender.add(Parcel(CHARGES, CHARGE_SIZE, note))
