"""Words that programs put into the metadata of any client: a session, a user, a route of their own."""

from collections.abc import Iterator

from ingest.conventions.convention import Convention
from ingest.conventions.sent import Sent
from ingest.conventions.values import Read, as_object, as_text, parsed
from ledger.domain.span import Value

PLACES = (
    "traceloop.association.properties.",
    "lmnr.association.properties.metadata.",
    "langfuse.trace.metadata.",
    "langsmith.metadata.",
    "ai.telemetry.metadata.",
    "metadata.",
)


def word(*names: str) -> Read[str]:
    """The first of these names that any metadata holds."""
    keys = tuple(place + name for place in PLACES for name in names)

    def read(sent: Sent) -> str | None:
        flat = (sent.attributes[key] for key in keys if key in sent.attributes)
        return next((found for value in (*flat, *nested(sent, names)) if (found := plain(value))), None)

    return read


def nested(sent: Sent, names: tuple[str, ...]) -> Iterator[Value]:
    """What `metadata` holds where it is one JSON object."""
    held = as_object(sent.attributes["metadata"]) if "metadata" in sent.attributes else {}
    return (held[name] for name in names if name in held)


def plain(value: Value) -> str:
    """A word, also where it was written as JSON once more."""
    said = as_text(value)
    return as_text(parsed(said)) if said.startswith('"') else said


METADATA = Convention(
    name="metadata",
    keys=("metadata", *PLACES),
    route=word("route"),
    session_id=word("session_id", "sessionId", "thread_id", "conversation_id"),
    user_id=word("user_id", "userId"),
    customer=word("customer_id", "customer", "tenant_id"),
    environment=word("environment"),
    variant=word("variant"),
)
