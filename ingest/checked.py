"""What every span must have, whatever its encoding: ids and a start. One that lacks them is rejected by itself."""

from dataclasses import dataclass

SECOND = 1_000_000
LATEST = 10_413_791_999 * SECOND
"""The end of the year 2299, where the store's calendar ends."""

NO_IDS = "no_ids"
BAD_TRACE_ID = "bad_trace_id"
BAD_SPAN_ID = "bad_span_id"
NO_START = "no_start"
OUT_OF_TIME = "time_out_of_range"
MALFORMED = "malformed_span"
OVERSIZE = "span_too_large"
OLDER = "older_than_retention"

EXPLAINED = {
    NO_IDS: "has neither trace id nor span id",
    BAD_TRACE_ID: "has no trace id of 16 bytes that are not all zero",
    BAD_SPAN_ID: "has no span id of 8 bytes that are not all zero",
    NO_START: "has no start time",
    OUT_OF_TIME: "starts or ends after the year 2299",
    MALFORMED: "is not an object",
    OVERSIZE: "holds more than a single span may",
    OLDER: "starts before the time that is kept (SPANLEDGER_RETENTION_DAYS)",
}

NEGATIVE_DURATION = "negative_duration"
BAD_PARENT = "bad_parent_id"
BAD_LINK = "bad_link"


@dataclass(frozen=True, slots=True)
class Rejected:
    """One span that was not taken: why, and enough of it to find its sender."""

    reason: str
    sample: str


@dataclass(frozen=True, slots=True)
class Times:
    start: int
    end: int


def ids(trace_id: str, span_id: str) -> str:
    """The reason why these two, in hex, can't name a span; empty where they can."""
    if not trace_id.strip("0") and not span_id.strip("0"):
        return NO_IDS
    if not is_id(trace_id, 32):
        return BAD_TRACE_ID
    return "" if is_id(span_id, 16) else BAD_SPAN_ID


def is_id(text: str, digits: int) -> bool:
    return len(text) == digits and bool(text.strip("0"))


def parent(span_id: str, flags: set[str]) -> str:
    """The parent's id; empty for a root, and, with a flag, for what is no id."""
    if not span_id.strip("0"):
        return ""
    if not is_id(span_id, 16):
        flags.add(BAD_PARENT)
        return ""
    return span_id


def times(start: int, end: int, flags: set[str]) -> Times | str:
    """Nanoseconds become microseconds; without an end, a span ends where it starts. A text is a reason to reject."""
    if start <= 0:
        return NO_START
    begun, ended = start // 1000, end // 1000 if end > 0 else start // 1000
    if begun > LATEST or ended > LATEST:
        return OUT_OF_TIME
    if ended < begun:
        flags.add(NEGATIVE_DURATION)
    return Times(begun, ended)


def sample(name: str, trace_id: str, span_id: str, scope: str) -> str:
    """Who sent a rejected span, without anything that it said."""
    return f"span {name[:80]!r}, trace {trace_id[:64] or '–'}, id {span_id[:64] or '–'}, from {scope[:80] or '–'}"
