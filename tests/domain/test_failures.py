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
        (Complaint("ThrottlingException", "Too many tokens, please wait before trying again."), "rate_limit"),
        (Complaint("", "Error code: 429 - Too many tokens per day"), "rate_limit"),
        (Complaint("ResourceExhausted", "429 Quota exceeded"), "rate_limit"),
        (Complaint("google.genai.errors.ServerError", "503 UNAVAILABLE. The model is overloaded."), "provider_error"),
        (Complaint("overloaded_error", "Overloaded"), "provider_error"),
        (Complaint("APIConnectionError", "Connection error."), "provider_error"),
        (Complaint("APIStatusError", "", 502), "provider_error"),
        (Complaint("504", "504 DEADLINE_EXCEEDED"), "timeout"),
        (Complaint("httpx.ReadTimeout"), "timeout"),
        (Complaint("", "", 408), "timeout"),
        (Complaint("PermissionDeniedError", "Error code: 403"), "auth"),
        (Complaint("", "", 401), "auth"),
        (Complaint("NotFoundError", "Error code: 404 - no such model"), "invalid_request"),
        (Complaint("UnprocessableEntityError", "Error code: 422"), "invalid_request"),
        (Complaint("ValidationException", "The provided model identifier is invalid."), "invalid_request"),
        (Complaint("ValidationException", "Input is too long for requested model."), "context_length"),
        (Complaint("ContextWindowExceededError", ""), "context_length"),
        (
            Complaint(
                "400", "400 INVALID_ARGUMENT. The input token count (1200000) exceeds the maximum number of tokens"
            ),
            "context_length",
        ),
        (Complaint("BadRequestError", "Please reduce the length of the messages or completion."), "context_length"),
        (Complaint("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"), "context_length"),
        (Complaint("litellm.ContentPolicyViolationError"), "content_filter"),
        (Complaint("OutputParserException", "no JSON"), "schema_violation"),
        (
            Complaint("pydantic_core._pydantic_core.ValidationError", "1 validation error for Answer"),
            "schema_violation",
        ),
        (Complaint("BadRequestError", "Error code: 400 - 'timeout' is not a parameter"), "invalid_request"),
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
    assert of_finish(("FinishReason.SAFETY",)) == "content_filter"
    assert of_finish(("MALFORMED_FUNCTION_CALL",)) == "schema_violation"
