import pytest

from ledger.domain.failures import Complaint, FailureKind, of_error, of_finish


@pytest.mark.parametrize(
    ("complaint", "kind"),
    [
        (Complaint("RateLimitError", "Error code: 429 - Rate limit reached for requests"), "rate_limit"),
        (Complaint("openai.RateLimitError"), "rate_limit"),
        (Complaint("rate_limit_error", "", 429), "rate_limit"),
        (Complaint("429", "429 None. {'error': {'message': 'Rate limit reached'}}"), "rate_limit"),
        (Complaint("", "Error code: 429 - slow down"), "rate_limit"),
        (Complaint("InternalServerError", "Error code: 500 - The server had an error"), "provider_error"),
        (Complaint("", "Error code: 500 - The server had an error"), "provider_error"),
        (Complaint("APITimeoutError", "Request timed out."), "timeout"),
        (Complaint("client_timeout_error"), "timeout"),
        (
            Complaint("BadRequestError", "Error code: 400 - This model's maximum context length is 128000 tokens."),
            "context_length",
        ),
        (Complaint("pydantic_ai.exceptions.ModelContextWindowExceededError", "status_code: 400"), "context_length"),
        (Complaint("BadRequestError", "Error code: 400 - unknown parameter"), "invalid_request"),
        (Complaint("AuthenticationError", "Error code: 401"), "auth"),
        (Complaint("", "", 403), "auth"),
        (Complaint("asyncio.CancelledError"), "cancelled"),
        (Complaint("OverloadedError", "", 529), "provider_error"),
        (Complaint("BadRequestError", "The response was filtered due to content management policy"), "content_filter"),
        (Complaint("ValueError", "boom"), "other"),
        (Complaint(), "other"),
    ],
)
def test_a_failed_call_is_named_by_type_status_and_text(complaint: Complaint, kind: FailureKind) -> None:
    assert of_error(complaint, "generation") == kind


def test_a_failed_tool_is_a_tool_error_whatever_it_raised() -> None:
    assert of_error(Complaint("TimeoutError", "timed out"), "tool") == "tool_error"


def test_a_finish_reason_can_tell_of_a_bad_end() -> None:
    assert of_finish(("stop",)) is None
    assert of_finish(("stop", "length")) == "truncated"
    assert of_finish(("MAX_TOKENS",)) == "truncated"
    assert of_finish(("content_filter",)) == "content_filter"
    assert of_finish(("refusal",)) == "refusal"
