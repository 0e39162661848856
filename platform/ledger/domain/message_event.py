"""What was said in a span, told by a log record of its own."""

from dataclasses import dataclass, field

from ledger.domain.span import Value

DETAILS = "gen_ai.client.inference.operation.details"
"""The event that tells a whole call at once; all others tell one message each."""

EXCEPTION = "gen_ai.client.operation.exception"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEvent:
    """Ids are lower-case hex. `time` is in microseconds since 1970, 0 where nobody said; `position` orders one request.

    `input` and `output` are JSON lists of messages, in the form of a span's own. `id` is the same for the same record,
    however often it is sent.
    """

    trace_id: str
    span_id: str
    id: str
    time: int
    position: int
    name: str
    input: str = ""
    output: str = ""
    attributes: dict[str, Value] = field(default_factory=dict)
    """What the event says beside messages: of an exception its type and text."""
