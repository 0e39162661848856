"""vLLM and SGLang: the server's side of a call, in OpenTelemetry's oldest names."""

from ingest.conventions.convention import Convention
from ingest.conventions.sent import Sent
from ingest.conventions.values import text
from ledger.domain.span import Kind

ENGINES = ("vllm", "sglang")


def kind(sent: Sent) -> Kind | None:
    """A request is a call; the steps inside it tell no tokens."""
    return "generation" if "gen_ai.usage.completion_tokens" in sent.attributes else None


def provider(sent: Sent) -> str:
    """The engine: a model of a known family that runs at home has not that family's price."""
    return next(engine for engine in ENGINES if sent.origin.scope.startswith(engine))


SERVING = Convention(
    name="serving",
    scopes=ENGINES,
    kind=kind,
    provider=provider,
    response_id=text("gen_ai.request.id"),
)
