"""LiteLLM's callback: its own cost, the provider's usage as Python prints it, empty texts for what is not set."""

from collections.abc import Mapping

from ingest.conventions.convention import Convention, labels, pairs
from ingest.conventions.sent import Sent
from ingest.conventions.tokens import Tokens, of_report
from ingest.conventions.values import as_cost, as_printed, as_texts, text


def tokens(sent: Sent) -> Tokens:
    """The one place on the span that tells how much of the input was cached."""
    return of_report(as_printed(sent.attributes.get("metadata.usage_object")))


def reported_cost(sent: Sent) -> str | None:
    return as_cost(sent.attributes.get("gen_ai.cost.total_cost"))


def tags(sent: Sent) -> Mapping[str, str] | None:
    """Of the forty keys of its metadata those that the caller set."""
    own = as_printed(sent.attributes.get("metadata.requester_metadata"))
    team = text("metadata.user_api_key_team_alias")(sent)
    named = labels(as_texts(sent.attributes.get("metadata.tags")))
    return named | pairs(own) | ({"team": team[:200]} if team else {}) or None


LITELLM = Convention(
    name="litellm",
    keys=("litellm.", "gen_ai.cost.", "metadata.usage_object", "metadata.requester_metadata", "metadata.tags"),
    tokens=tokens,
    reported_cost=reported_cost,
    user_id=text("metadata.user_api_key_end_user_id"),
    tags=tags,
)
