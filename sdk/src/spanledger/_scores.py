"""score(): how good it was."""

import uuid
from typing import Literal

from spanledger import _runtime
from spanledger._guard import harmless, tell
from spanledger._sender import Parcel
from spanledger._subject import current_trace_id

SCORES = "/v1/scores"
SCORE_SIZE = 1024

Source = Literal["human", "judge", "code", "user"]


@harmless
def score(
    name: str,
    value: bool | float | str,
    *,
    trace_id: str | None = None,
    span_id: str | None = None,
    label: str | None = None,
    reason: str | None = None,
    source: Source = "code",
    id: str | None = None,
) -> None:
    """Say how good something was: `score("helpful", True)`. It is sent in the background.

    Args:
        name: the question that is answered, as `helpful`.
        value: the answer: yes or no, a number, or a text.
        trace_id: the trace it is about, 32 hex digits; else the current one.
        span_id: one span of it, 16 hex digits; else the trace as a whole.
        label: the answer in a word, beside a number.
        reason: why.
        source: who answers: `human`, `judge` (a model), `code`, or `user` (of your product).
        id: repeat it to replace an earlier score; else each call is a score of its own.
    """
    runtime = _runtime.current()
    if runtime is None:
        return
    subject = trace_id or current_trace_id()
    if not subject:
        tell("score without trace", 'spanledger: score("%s") outside a trace was skipped; pass trace_id=….', name)
        return
    optional = {"span_id": span_id, "label": label, "reason": reason}
    note = {"trace_id": subject, "name": name, "value": value, "source": source, "id": id or uuid.uuid4().hex}
    runtime.sender.add(Parcel(SCORES, SCORE_SIZE, note | {key: each for key, each in optional.items() if each}))
