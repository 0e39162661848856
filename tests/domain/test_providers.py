import pytest

from ledger.domain.providers import canonical, of_host


@pytest.mark.parametrize(
    ("sent", "known"),
    [
        ("openai", "openai"),
        ("OpenAI", "openai"),
        ("openai.chat", "openai"),
        ("openai.responses", "openai"),
        ("anthropic", "anthropic"),
        ("gemini", "google"),
        ("gcp.gemini", "google"),
        ("gcp.gen_ai", "google"),
        ("gcp.vertex_ai", "google"),
        ("google.generative-ai", "google"),
        ("vertex_ai", "google"),
        ("az.ai.openai", "azure"),
        ("azure.ai.inference", "azure"),
        ("azure", "azure"),
        ("aws.bedrock", "aws"),
        ("xai", "x-ai"),
        ("x-ai", "x-ai"),
        ("mistral_ai", "mistral"),
        ("groq", "groq"),
        ("House-Made", "house-made"),
    ],
)
def test_a_provider_is_named_as_in_the_price_book(sent: str, known: str) -> None:
    assert canonical(sent) == known


@pytest.mark.parametrize("sent", ["langchain", "", "None", "unknown"])
def test_a_framework_is_no_provider(sent: str) -> None:
    assert canonical(sent) == ""


def test_a_host_tells_its_provider() -> None:
    assert of_host("api.openai.com") == "openai"
    assert of_host("https://my-team.openai.azure.com:443/openai") == "azure"
    assert of_host("127.0.0.1") == ""
    assert of_host("evilapi.openai.com.example.org") == ""
