"""OpenLIT: OpenTelemetry's names, a total under a metric's name, and a cost of 0 where it knows none."""

from ingest.conventions.convention import Convention
from ingest.conventions.sent import Sent
from ingest.conventions.tokens import Tokens
from ingest.conventions.values import as_cost, count, text

total = count("gen_ai.client.token.usage")


def tokens(sent: Sent) -> Tokens:
    return Tokens(total=total(sent))


def reported_cost(sent: Sent) -> str | None:
    return as_cost(sent.attributes.get("gen_ai.usage.cost"))


OPENLIT = Convention(
    name="openlit",
    keys=("gen_ai.client.token.usage", "gen_ai.usage.cost", "gen_ai.environment"),
    tokens=tokens,
    reported_cost=reported_cost,
    environment=text("gen_ai.environment"),
)
