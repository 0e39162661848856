import pytest

from ledger.domain.usage import Usage
from tests.ingest.conventions.sending import understood


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("ai.generateText", "workflow"),
        ("ai.generateText.doGenerate", "generation"),
        ("ai.streamText.doStream", "generation"),
        ("ai.embedMany.doEmbed", "embedding"),
        ("ai.toolCall", "tool"),
    ],
)
def test_wrappers_are_workflows_around_calls(operation: str, kind: str) -> None:
    assert understood({"ai.operationId": operation, "ai.usage.inputTokens": 5}).kind == kind


def test_the_provider_is_cut_at_its_dot() -> None:
    assert (
        understood({"ai.operationId": "ai.streamText.doStream", "ai.model.provider": "openai.chat"}).provider
        == "openai"
    )


def test_older_names_are_read_and_what_anthropic_wrote_to_its_cache() -> None:
    span = understood(
        {
            "ai.operationId": "ai.generateText.doGenerate",
            "ai.usage.promptTokens": 1510,
            "ai.usage.completionTokens": 91,
            "ai.usage.cachedInputTokens": 1000,
            "ai.response.providerMetadata": '{"anthropic":{"cacheCreationInputTokens":300}}',
        }
    )

    assert span.usage == Usage(210, 1000, 300, None, 91, None)


def test_who_and_what_for_stand_in_its_metadata() -> None:
    span = understood(
        {
            "ai.operationId": "ai.generateText",
            "ai.telemetry.functionId": "weather-fn",
            "ai.telemetry.metadata.userId": "u-17",
            "ai.telemetry.metadata.sessionId": "s-4",
            "ai.telemetry.metadata.tags": ["beta"],
            "ai.telemetry.metadata.variant": "b",
        }
    )

    assert (span.route, span.user_id, span.session_id, span.variant) == ("weather-fn", "u-17", "s-4", "b")
    assert span.tags == {"beta": "true", "variant": "b"}
