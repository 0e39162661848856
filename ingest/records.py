"""What a request of log records or data points came to: they are kept, counted alone, or rejected one by one."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ingest.batch import Content, Part
from ingest.payload import packed

PART_ITEMS = 1000
PART_BYTES = 4 * 1024 * 1024

MALFORMED_RECORD = "malformed_log_record"
NO_SPAN = "message_without_span"
NO_NAME = "evaluation_without_name"
NO_RESULT = "evaluation_without_result"
OF_NOTHING = "evaluation_of_nothing"
MALFORMED_POINT = "malformed_data_point"
POINT_TOO_LARGE = "data_point_too_large"
POINT_WITHOUT_TIME = "data_point_without_time"
BAD_BUCKETS = "bad_buckets"

EXPLAINED = {
    MALFORMED_RECORD: "can't be read as a log record",
    NO_SPAN: "is a GenAI message without a trace id and a span id, so that nothing says whose it is",
    NO_NAME: "is an evaluation result without gen_ai.evaluation.name",
    NO_RESULT: "is an evaluation result with neither a value, a label nor an error",
    OF_NOTHING: "is an evaluation result that names neither a trace nor a response",
    MALFORMED_POINT: "can't be read as a data point",
    POINT_TOO_LARGE: "holds more than a data point may",
    POINT_WITHOUT_TIME: "has no time between 1970 and 2299",
    BAD_BUCKETS: "has buckets that do not fit its bounds",
}


@dataclass(slots=True)
class Records:
    """What is kept, as records for the spool; what is counted alone, by name; and what was rejected, by reason."""

    parts: list[Part] = field(default_factory=list)
    kept: int = 0
    counted: Counter[str] = field(default_factory=Counter)
    rejected: dict[str, list[str]] = field(default_factory=dict)

    def reject(self, reason: str, sample: str) -> None:
        self.rejected.setdefault(reason, []).append(sample)

    def keep[T](self, content: Content, items: Sequence[T], size_of: Callable[[T], int]) -> None:
        self.kept += len(items)
        for piece, size in pieces(items, size_of):
            self.parts.append(Part(content, 0, size, packed(piece)))

    @property
    def refused(self) -> int:
        return sum(len(samples) for samples in self.rejected.values())

    @property
    def message(self) -> str:
        """What a person is told of what was rejected."""
        told = (f"{len(samples)} × {EXPLAINED[reason]}" for reason, samples in self.rejected.items())
        return f"Not taken, each by itself: {'; '.join(told)}." if self.rejected else ""


def pieces[T](items: Iterable[T], size_of: Callable[[T], int]) -> Iterator[tuple[list[T], int]]:
    """Items in records of bounded number and size."""
    piece: list[T] = []
    size = 0
    for item in items:
        piece.append(item)
        size += size_of(item)
        if len(piece) >= PART_ITEMS or size >= PART_BYTES:
            yield piece, size
            piece, size = [], 0
    if piece:
        yield piece, size
