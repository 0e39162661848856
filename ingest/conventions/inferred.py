"""What no convention says in so many words: worked out from what is there, and believed last."""

import re

from ingest.conventions.convention import Convention
from ingest.conventions.sent import Sent
from ingest.conventions.values import as_list, as_object, as_text, first_of, seconds, since_start, text
from ledger.domain.providers import of_host
from ledger.domain.span import Kind

AGGREGATES = re.compile(r"agent|workflow|step|chain|graph|crew|task|invoke|fetch")
"""Operations around calls: the tokens they tell are those of the calls inside."""


def kind(sent: Sent) -> Kind | None:
    """What names a tool is a tool; what names a model and its tokens is a call, unless it is about other calls."""
    held = sent.attributes
    if "gen_ai.tool.name" in held:
        return "tool"
    if "gen_ai.request.model" not in held and "gen_ai.response.model" not in held:
        return None
    counted = any(key.startswith("gen_ai.usage.") for key in held)
    return (
        "generation" if counted and not AGGREGATES.search(as_text(held.get("gen_ai.operation.name")).lower()) else None
    )


called = text("server.address", "gen_ai.openai.api_base")


def host(sent: Sent) -> str | None:
    """The provider that answers at the host that was called."""
    said = called(sent)
    return of_host(said) or None if said else None


def server_ttft(sent: Sent) -> int | None:
    """Believed of streams alone: some clients send the whole duration here for every other call."""
    said = (
        sent.attributes.get(key) for key in ("gen_ai.request.stream", "gen_ai.is_streaming", "gen_ai.request.is_stream")
    )
    return (
        seconds("gen_ai.server.time_to_first_token")(sent)
        if any(one in (True, "True", "true") for one in said)
        else None
    )


def finish_reasons(answer: str) -> tuple[str, ...]:
    """As the answer's messages tell."""
    if not answer.startswith("[") or '"finish_reason"' not in answer:
        return ()
    said = (as_text(as_object(message).get("finish_reason")) for message in as_list(answer))
    return tuple(reason for reason in said if reason)


VARIANT = ("feature_flag.result.variant", "feature_flag.variant")


def variant(sent: Sent) -> str | None:
    """The variant of the first feature flag that was looked up on the span."""
    said = text(*VARIANT)(sent)
    flag = sent.first_event("feature_flag.evaluation", "feature_flag") if sent.events and not said else None
    found = (as_text(flag.attributes.get(key)) for key in VARIANT) if flag else ()
    return said or next((one for one in found if one), None)


INFERRED = Convention(
    name="inferred",
    kind=kind,
    provider=host,
    ttft=first_of(
        since_start("First Token Stream Event", "gen_ai.content.completion.chunk", "ai.stream.firstChunk"),
        server_ttft,
        seconds("gen_ai.latency.time_to_first_token"),
    ),
    variant=variant,
)
