"""Anthropic's own SDK: OpenTelemetry's names, and beside them what only this provider knows."""

from ingest.conventions.convention import Convention
from ingest.conventions.sent import Sent
from ingest.conventions.tokens import Tokens
from ingest.conventions.values import as_texts, count, text

WRITTEN = "anthropic.usage.cache_creation.ephemeral_"

written_5m = count(f"{WRITTEN}5m_input_tokens")
written_1h = count(f"{WRITTEN}1h_input_tokens")


def tokens(sent: Sent) -> Tokens:
    """How long what was written to the cache is kept: five minutes, or an hour at a higher price."""
    short, long = written_5m(sent), written_1h(sent)
    both = short + long if short is not None and long is not None else None
    return Tokens(cache_write=both, cache_write_1h=long)


def finish_reasons(sent: Sent) -> tuple[str, ...] | None:
    return as_texts(sent.attributes.get("anthropic.message.stop_reason")) or None


ANTHROPIC = Convention(
    name="anthropic",
    keys=("anthropic.",),
    finish_reasons=finish_reasons,
    tokens=tokens,
    tier=text("anthropic.response.service_tier", "anthropic.request.service_tier"),
)
