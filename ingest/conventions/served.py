"""A request that was served: its path names the feature. On a client's span it would be the provider's own path."""

from ingest.conventions.convention import Convention
from ingest.conventions.sent import SERVER, Sent
from ingest.conventions.values import text


def route(sent: Sent) -> str | None:
    return text("http.route")(sent) if sent.kind == SERVER else None


SERVED = Convention(name="served", keys=("http.route",), route=route)
