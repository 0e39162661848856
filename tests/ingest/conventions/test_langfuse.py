from typing import Any

import pytest

from ledger.domain.usage import Usage
from tests.ingest.conventions.sending import understood

CALL = {"langfuse.observation.type": "generation", "langfuse.observation.model.name": "gpt-4o"}


@pytest.mark.parametrize(
    ("report", "usage"),
    [
        ('{"input":100,"output":20,"cache_read_input_tokens":50}', Usage(100, 50, None, None, 20, None)),
        (
            '{"prompt_tokens":1210,"completion_tokens":81,"prompt_tokens_details":{"cached_tokens":1024}}',
            Usage(186, 1024, None, None, 81, None),
        ),
        ('{"input":"100","output":"20"}', Usage(100, None, None, None, 20, None)),
    ],
)
def test_its_buckets_are_additive_and_openai_s_usage_is_not(report: str, usage: Usage) -> None:
    assert understood(CALL | {"langfuse.observation.usage_details": report}).usage == usage


def test_json_in_json_is_decoded_once_more() -> None:
    span = understood(
        CALL
        | {
            "langfuse.trace.metadata.tenant": '"acme"',
            "langfuse.trace.metadata.customer_id": '"acme-1"',
            "langfuse.observation.metadata.id": '"resp_1"',
            "langfuse.observation.completion_start_time": '"1970-01-01T00:00:01.250Z"',
        }
    )

    assert (span.tags["tenant"], span.customer, span.response_id, span.ttft) == ("acme", "acme-1", "resp_1", 250_000)


def test_an_error_is_a_level() -> None:
    level: dict[str, Any] = {
        "langfuse.observation.level": "ERROR",
        "langfuse.observation.status_message": "Error code: 429 - Rate limit reached",
    }

    span = understood(CALL | level)

    assert (span.status, span.failure_kind) == ("error", "rate_limit")


def test_a_zero_cost_is_unknown() -> None:
    assert understood(CALL | {"langfuse.observation.cost_details": '{"total": 0}'}).reported_cost is None
    assert understood(CALL | {"langfuse.observation.cost_details": '{"total": 0.5}'}).reported_cost == "0.5000000000"
