"""Who answers at a client's address."""

from opentelemetry.util.types import AttributeValue

from spanledger._openai.endpoint import Wire

HOSTS = (
    ("openai.com", "openai"),
    ("azure.com", "azure.ai.openai"),
    ("anthropic.com", "anthropic"),
    ("googleapis.com", "gcp.gemini"),
    ("amazonaws.com", "aws.bedrock"),
    ("deepseek.com", "deepseek"),
    ("groq.com", "groq"),
    ("x.ai", "x_ai"),
    ("mistral.ai", "mistral_ai"),
    ("perplexity.ai", "perplexity"),
    ("cohere.com", "cohere"),
    ("openrouter.ai", "openrouter"),
    ("together.xyz", "together"),
    ("fireworks.ai", "fireworks"),
)
MODELS = (
    ("claude", "anthropic"),
    ("gemini", "gcp.gemini"),
    ("deepseek", "deepseek"),
    ("grok", "x_ai"),
    ("mistral", "mistral_ai"),
)
"""At an unknown host, a proxy of one's own say, the model's family tells whose price applies."""


def server_of(client: Wire) -> dict[str, AttributeValue]:
    """Host and port of a client's base URL."""
    address = client.base_url
    found: dict[str, AttributeValue] = {"server.address": address.host}
    if address.port is not None:
        found["server.port"] = address.port
    return found


def provider_of(client: Wire, host: str, model: str) -> str:
    if "Azure" in type(client).__name__:
        return "azure.ai.openai"
    for domain, provider in HOSTS:
        if host == domain or host.endswith("." + domain):
            return provider
    return next((provider for family, provider in MODELS if model.startswith(family)), "openai")
