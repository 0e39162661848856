"""The provider's own answer, where a client recorded it whole: its id is the key by which reports of a call meet."""

from collections.abc import Mapping

from ingest.conventions.values import as_object, as_text
from ledger.domain.span import Value

MARKS = frozenset(
    {"choices", "candidates", "usage", "usageMetadata", "usage_metadata", "model", "modelVersion", "object"}
)
"""A member that answers of providers have, and that JSON written by a model seldom has."""


def id_of(recorded: object) -> str | None:
    """The id of a recorded answer, or of the first message of a LangChain result. A model's own JSON has none."""
    answer = as_object(recorded)
    if not MARKS.isdisjoint(answer):
        return (
            as_text(answer.get("id")) or as_text(answer.get("responseId")) or as_text(answer.get("response_id")) or None
        )
    return generated_id(answer) or None


def generated_id(answer: Mapping[str, Value]) -> str:
    about = as_object(answer.get("llm_output"))
    if as_text(about.get("id")):
        return as_text(about.get("id"))
    held = as_object(as_object(first(first(answer.get("generations")))).get("message"))
    about = as_object(as_object(held.get("kwargs", held)).get("response_metadata"))
    return as_text(about.get("id"))


def first(value: Value) -> Value:
    return value[0] if isinstance(value, list) and value else None
