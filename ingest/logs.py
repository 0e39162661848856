"""Log records: GenAI messages join their span, evaluation results become scores, all else is counted alone."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from ingest.answers import JSON
from ingest.checked import ids
from ingest.cursor import Body
from ingest.errors import Malformed
from ingest.logs_evaluations import RESULT, evaluation
from ingest.logs_messages import MESSAGES, identified, message_event
from ingest.logs_wire import LogRecord, Unreadable, from_json, from_protobuf
from ingest.records import MALFORMED_RECORD, NO_SPAN, Records
from ingest.redaction.redactor import Redactor
from ledger.domain.evaluation import Evaluation
from ledger.domain.message_event import EXCEPTION, MessageEvent
from ledger.domain.score import Score

UNNAMED = "unnamed"


class Sorting:
    """Record by record into what is kept, counted alone, or rejected."""

    def __init__(self, found: Records, redactor: Redactor) -> None:
        self.found, self.redactor = found, redactor
        self.events: list[MessageEvent] = []
        self.seen: Counter[tuple[str, str, str]] = Counter()
        self.scores: list[Score] = []
        self.evaluations: list[Evaluation] = []
        self.strange = 0

    def take(self, position: int, record: LogRecord) -> None:
        self.strange += not (record.time or record.name)
        if record.name in MESSAGES:
            self.take_message(position, record)
        elif record.name == RESULT:
            self.take_result(record)
        else:
            self.found.counted[record.name or UNNAMED] += 1

    def take_message(self, position: int, record: LogRecord) -> None:
        if ids(record.trace_id, record.span_id):
            self.found.reject(NO_SPAN, self.redactor.sample(sample(record)))
            return
        event = self.redacted(message_event(record, position, MESSAGES[record.name](record)))
        if event.input or event.output or event.name == EXCEPTION:
            self.events.append(self.distinct(identified(event)))
        else:
            self.found.counted[record.name] += 1

    def redacted(self, event: MessageEvent) -> MessageEvent:
        return self.redactor.item(event, ("input", "output", "attributes"))

    def distinct(self, event: MessageEvent) -> MessageEvent:
        """Two alike in one request are two, wherever clocks are coarse; the same request again tells the same two."""
        place = (event.trace_id, event.span_id, event.id)
        self.seen[place] += 1
        again = self.seen[place] - 1
        return replace(event, id=f"{event.id}.{again}") if again else event

    def take_result(self, record: LogRecord) -> None:
        found = evaluation(record)
        if isinstance(found, str):
            self.found.reject(found, self.redactor.sample(sample(record)))
            return
        score = self.redactor.score(found.score)
        if found.response_id:
            self.evaluations.append(Evaluation(found.response_id, score))
        else:
            self.scores.append(score)


def reading(body: Body, content_type: str, redactor: Redactor) -> Records:
    """Reads a request for logs; raises a Refusal where it can't be read as a whole."""
    found = Records()
    sorting, number = Sorting(found, redactor), 0
    for number, record in enumerate(records(body, content_type), 1):
        if isinstance(record, Unreadable):
            sorting.strange += 1
            found.reject(MALFORMED_RECORD, redactor.sample(f"log record from {record.scope[:80] or '–'}"))
        else:
            sorting.take(number, record)
    if number and sorting.strange == number:
        raise Malformed("Nothing in here is a log record: were traces or metrics sent to the logs path?")
    found.keep("messages", sorting.events, size_of_event)
    found.keep("scores", sorting.scores, lambda _score: SCORE_BYTES)
    found.keep("evaluations", sorting.evaluations, lambda _evaluation: SCORE_BYTES)
    return found


SCORE_BYTES = 2048


def records(body: Body, content_type: str) -> Iterable[LogRecord | Unreadable]:
    return from_json(body) if content_type == JSON else from_protobuf(body)


def size_of_event(event: MessageEvent) -> int:
    return 512 + len(event.input) + len(event.output)


def sample(record: LogRecord) -> str:
    """Who sent a rejected record, without anything that it said."""
    trace, span = record.trace_id[:64] or "–", record.span_id[:64] or "–"
    return f"log {record.name[:80]!r}, trace {trace}, span {span}, from {record.origin.scope[:80] or '–'}"
