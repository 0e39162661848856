"""Logfire: names that are templates, usage as the provider wrote it, a stream's usage in a second span."""

from collections.abc import Mapping, Sequence

from ingest.conventions.convention import Convention, labels
from ingest.conventions.sent import Sent
from ingest.conventions.tokens import Tokens, of_report
from ingest.conventions.values import as_object, as_texts, text

LOG_OF_PARENT = "log_of_parent"
"""A second report of its parent's call: no call of its own."""


def tokens(sent: Sent) -> Tokens:
    return of_report(as_object(sent.attributes.get("gen_ai.usage.raw")))


def tags(sent: Sent) -> Mapping[str, str] | None:
    return labels(as_texts(sent.attributes.get("logfire.tags"))) or None


def flags(sent: Sent) -> Sequence[str] | None:
    return (LOG_OF_PARENT,) if sent.attributes.get("logfire.span_type") == "log" else None


LOGFIRE = Convention(
    name="logfire",
    keys=("logfire.", "gen_ai.usage.raw"),
    display_name=text("logfire.msg"),
    tokens=tokens,
    tags=tags,
    flags=flags,
)
