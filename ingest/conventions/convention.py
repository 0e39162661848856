"""What a convention is: for each field of our span, how its attributes say it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ingest.conventions.sent import Sent
from ingest.conventions.tokens import Tokens
from ingest.conventions.values import Read
from ledger.domain.span import Kind, Value


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error as a convention words it, beside what OTLP itself says."""

    type: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    """One way of writing model calls down as attributes. A reader that is missing says nothing about its field.

    `keys` are the attributes, and beginnings of attributes (those that end in a dot), by which it is recognised;
    `scopes` are beginnings of the names of instrumentors that speak it. One that has neither is asked about every span.
    `withheld` names attributes that are not kept at all.
    `content` are attributes whose whole content is in our `input` and `output`, so that they need not be kept twice.
    """

    name: str
    keys: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    withheld: Callable[[str], bool] | None = None

    kind: Read[Kind] | None = None
    operation: Read[str] | None = None
    display_name: Read[str] | None = None
    provider: Read[str] | None = None
    request_model: Read[str] | None = None
    model: Read[str] | None = None
    response_id: Read[str] | None = None
    finish_reasons: Read[tuple[str, ...]] | None = None
    tokens: Read[Tokens] | None = None
    reported_cost: Read[str] | None = None
    ttft: Read[int] | None = None
    trouble: Read[Trouble] | None = None
    route: Read[str] | None = None
    session_id: Read[str] | None = None
    user_id: Read[str] | None = None
    customer: Read[str] | None = None
    environment: Read[str] | None = None
    release: Read[str] | None = None
    prompt: Read[str] | None = None
    agent: Read[str] | None = None
    tool: Read[str] | None = None
    tier: Read[str] | None = None
    region: Read[str] | None = None
    variant: Read[str] | None = None
    tags: Read[Mapping[str, str]] | None = None
    weight: Read[float] | None = None
    input: Read[str] | None = None
    output: Read[str] | None = None
    flags: Read[Sequence[str]] | None = None
    content: tuple[str, ...] = ()


def kind_of(words: Mapping[str, Kind], word: Callable[[Sent], str | None]) -> Read[Kind]:
    """The kind that a word stands for; no kind for a word that is not in the list."""

    def read(sent: Sent) -> Kind | None:
        said = word(sent)
        return words.get(said.lower()) if said else None

    return read


HOUSEKEEPING = ("ls_", "langgraph_", "checkpoint_ns", "session_id", "user_id", "thread_id", "conversation_id", "route")
"""Metadata of frameworks, and what has a field of its own: no tags."""


def labels(value: Sequence[str]) -> dict[str, str]:
    """Tags that have no value of their own."""
    return {label[:200]: "true" for label in value[:32]}


def pairs(value: Mapping[str, Value], leave: tuple[str, ...] = ()) -> dict[str, str]:
    """Tags out of somebody's metadata: short scalars only."""
    tags: dict[str, str] = {}
    for key, held in value.items():
        if isinstance(held, str | int | float) and not key.startswith(leave):
            said = str(held).lower() if isinstance(held, bool) else str(held)
            if 0 < len(said) <= 200 and len(tags) < 32:
                tags[key[:200]] = said
    return tags
