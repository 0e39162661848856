"""Providers by the names of the price book, whatever a client calls them."""

ALIASES = {
    "gemini": "google",
    "google-genai": "google",
    "google_genai": "google",
    "google_generative_ai": "google",
    "google_vertexai": "google",
    "gcp": "google",
    "vertex": "google",
    "vertex_ai": "google",
    "vertexai": "google",
    "az": "azure",
    "azure_openai": "azure",
    "azure-openai": "azure",
    "azure_ai": "azure",
    "amazon": "aws",
    "amazon_bedrock": "aws",
    "amazon-bedrock": "aws",
    "bedrock": "aws",
    "bedrock_converse": "aws",
    "aws_bedrock": "aws",
    "xai": "x-ai",
    "x_ai": "x-ai",
    "mistralai": "mistral",
    "mistral_ai": "mistral",
    "cohere_chat": "cohere",
    "fireworks_ai": "fireworks",
    "together_ai": "together",
    "togetherai": "together",
    "moonshot": "moonshotai",
    "moonshot_ai": "moonshotai",
    "zai-org": "zai",
    "meta_llama": "meta",
    "voyage": "voyageai",
    "openai_responses": "openai",
    "openai-chat": "openai",
    "chatopenai": "openai",
    "chatanthropic": "anthropic",
}

NOT_PROVIDERS = frozenset(
    {"langchain", "langgraph", "llamaindex", "litellm", "gcp.vertex.agent", "none", "unknown", "_other", "other"}
)
"""Frameworks, and ways to say nothing, that clients write where a provider belongs."""

HOSTS = {
    "api.openai.com": "openai",
    "api.anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "google",
    "aiplatform.googleapis.com": "google",
    "openai.azure.com": "azure",
    "services.ai.azure.com": "azure",
    "amazonaws.com": "aws",
    "api.x.ai": "x-ai",
    "api.mistral.ai": "mistral",
    "api.groq.com": "groq",
    "api.deepseek.com": "deepseek",
    "api.cohere.com": "cohere",
    "api.cohere.ai": "cohere",
    "openrouter.ai": "openrouter",
    "api.together.xyz": "together",
    "api.fireworks.ai": "fireworks",
    "api.perplexity.ai": "perplexity",
    "api.cerebras.ai": "cerebras",
}

FAMILIES: dict[str, tuple[str, ...]] = {
    "openai": ("gpt-", "chatgpt-", "o1", "o3", "o4", "text-embedding-", "davinci", "babbage", "whisper-", "dall-e-"),
    "anthropic": ("claude-",),
    "google": ("gemini-", "text-embedding-gecko"),
    "mistral": ("mistral-", "ministral-", "codestral-", "magistral-", "pixtral-", "open-mistral", "open-mixtral"),
    "x-ai": ("grok-",),
    "deepseek": ("deepseek-",),
    "cohere": ("command-", "embed-english", "embed-multilingual", "rerank-"),
}


def canonical(name: str) -> str:
    """The price book's name of a provider: aliases resolved, cut at its dot, unknown names in lower case."""
    lowered = name.strip().lower()
    stem = lowered.partition(".")[0]
    if stem in NOT_PROVIDERS or lowered in NOT_PROVIDERS:
        return ""
    if lowered.startswith(("azure.", "az.")):
        return "azure"
    return ALIASES.get(lowered) or ALIASES.get(stem, stem)


def of_host(host: str) -> str:
    """The provider that answers at a host, or an empty string."""
    bare = host.strip().lower().partition("://")[2] or host.strip().lower()
    bare = bare.partition("/")[0].partition(":")[0]
    return next((provider for suffix, provider in HOSTS.items() if bare == suffix or bare.endswith("." + suffix)), "")


def of_model(model: str) -> str:
    """The provider whose family a model's name belongs to, or an empty string; for clients that name no provider."""
    lowered = model.lower()
    return next((provider for provider, stems in FAMILIES.items() if lowered.startswith(stems)), "")
