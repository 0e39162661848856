"""What kind of failure a span ended in, by rule: type name, HTTP status, text, finish reason."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from ledger.domain.span import Kind

FailureKind = Literal[
    "timeout",
    "rate_limit",
    "provider_error",
    "auth",
    "invalid_request",
    "context_length",
    "content_filter",
    "truncated",
    "refusal",
    "schema_violation",
    "tool_error",
    "loop",
    "cancelled",
    "task_failed",
    "other",
]

FAILURE_KINDS: tuple[FailureKind, ...] = get_args(FailureKind)


@dataclass(frozen=True, slots=True)
class Complaint:
    """All that a client said about a span that ended in an error."""

    type: str = ""
    message: str = ""
    http_status: int | None = None


type Rules = tuple[tuple[FailureKind, re.Pattern[str]], ...]

RULES: Rules = (
    (
        "context_length",
        re.compile(
            r"context.?(length|window)|maximum (context|prompt)|(prompt|input) is too long|too many (input )?tokens"
            r"|token count .{0,40}exceeds|reduce the length of"
        ),
    ),
    (
        "content_filter",
        re.compile(r"content.?(filter|policy|management)|responsible.?ai|safety (system|settings)|moderation"),
    ),
    ("rate_limit", re.compile(r"rate.?limit|too.?many.?requests|resource.?exhausted|quota|throttl|insufficient_quota")),
    ("timeout", re.compile(r"time.?out|timed out|deadline.?exceeded")),
    ("cancelled", re.compile(r"cancell?ed|cancelederror|abort(ed|error)|keyboardinterrupt|generatorexit")),
    (
        "auth",
        re.compile(r"authentication|unauthori[sz]ed|permission.?denied|forbidden|invalid.?api.?key|incorrect api key"),
    ),
    (
        "schema_violation",
        re.compile(
            r"outputparser|output.?validation|structuredoutput|unexpectedmodelbehavior|schema.?(violation|validation)"
            r"|validation_?error"
        ),
    ),
    ("refusal", re.compile(r"refus(al|ed to answer)")),
    (
        "provider_error",
        re.compile(
            r"internal.?server|overloaded|service.?unavailable|bad.?gateway|apiconnection|connection.?(error|refused|reset)|api_error"
        ),
    ),
    (
        "invalid_request",
        re.compile(r"bad.?request|invalid.?(request|argument)|not.?found|unprocessable|validation_?exception"),
    ),
)

TOLD_BY_MESSAGE: Rules = RULES[:2]
"""What providers answer with a plain 400: only the message says more."""

UNTOLD = (None, "invalid_request")

BY_STATUS: dict[int, FailureKind] = {
    401: "auth",
    403: "auth",
    408: "timeout",
    413: "context_length",
    429: "rate_limit",
    499: "cancelled",
    504: "timeout",
}

BY_FINISH: dict[str, FailureKind] = {
    "length": "truncated",
    "max_tokens": "truncated",
    "max_output_tokens": "truncated",
    "model_context_window_exceeded": "context_length",
    "content_filter": "content_filter",
    "content-filter": "content_filter",
    "safety": "content_filter",
    "prohibited_content": "content_filter",
    "blocklist": "content_filter",
    "recitation": "content_filter",
    "spii": "content_filter",
    "image_safety": "content_filter",
    "malformed_function_call": "schema_violation",
    "refusal": "refusal",
}

STATUS_IN_TEXT = re.compile(
    r"(?:\A|error code:?|status(?:[_ ]code)?:?=?|http(?:/\d\.\d)?)\s*([1-5]\d\d)\b", re.IGNORECASE
)


def of_error(complaint: Complaint, kind: Kind) -> FailureKind:
    """The failure kind of a span whose status is error."""
    if kind == "tool":
        return "tool_error"
    return of_text(complaint) or "other"


def of_finish(reasons: tuple[str, ...]) -> FailureKind | None:
    """What the finish reasons of a call say went wrong, if anything."""
    words = (reason.lower().removeprefix("finishreason.") for reason in reasons)
    return next((BY_FINISH[word] for word in words if word in BY_FINISH), None)


def of_text(complaint: Complaint) -> FailureKind | None:
    """By the type's name and the HTTP status; the message is asked where those two say no more than a bad request."""
    message = complaint.message[:4096].lower()
    told = matching(complaint.type.lower(), RULES) or of_status(http_status(complaint))
    said = matching(message, TOLD_BY_MESSAGE) if told in UNTOLD else None
    return said or told or matching(message, RULES)


def matching(text: str, rules: Rules) -> FailureKind | None:
    return next((kind for kind, pattern in rules if pattern.search(text)), None) if text else None


def of_status(status: int | None) -> FailureKind | None:
    if status is None or status < 400:
        return None
    return BY_STATUS.get(status) or ("provider_error" if status >= 500 else "invalid_request")


def http_status(complaint: Complaint) -> int | None:
    """The HTTP status as sent, else as the type's name or the message's beginning tells it."""
    if complaint.http_status is not None:
        return complaint.http_status
    if complaint.type.isdecimal() and len(complaint.type) == 3:
        return int(complaint.type)
    found = STATUS_IN_TEXT.search(complaint.message[:512])
    return int(found[1]) if found else None
