from typing import Any

import pytest

from ingest.conventions.tokens import Tokens, of_report
from ledger.domain.usage import Usage


@pytest.mark.parametrize(
    ("client", "report", "usage"),
    [
        (
            "OpenAI chat",
            {
                "prompt_tokens": 1210,
                "completion_tokens": 81,
                "total_tokens": 1291,
                "prompt_tokens_details": {"cached_tokens": 1024},
                "completion_tokens_details": {"reasoning_tokens": 5},
            },
            Usage(186, 1024, None, None, 81, 5),
        ),
        (
            "OpenAI responses",
            {"input_tokens": 1270, "input_tokens_details": {"cached_tokens": 1024}, "output_tokens": 151},
            Usage(246, 1024, None, None, 151, None),
        ),
        (
            "Anthropic, whose input excludes the cache",
            {
                "input_tokens": 210,
                "cache_read_input_tokens": 1000,
                "cache_creation_input_tokens": 300,
                "output_tokens": 9,
            },
            Usage(210, 1000, 300, None, 9, None),
        ),
        (
            "MLflow, whose input includes it",
            {"input_tokens": 1350, "output_tokens": 95, "total_tokens": 1445, "cache_read_input_tokens": 1024},
            Usage(326, 1024, None, None, 95, None),
        ),
        (
            "Langfuse's buckets, which are additive",
            {"input": 100, "output": 20, "cache_read_input_tokens": 50},
            Usage(100, 50, None, None, 20, None),
        ),
        (
            "Anthropic, whose cache may be smaller than its input",
            {"input_tokens": 2000, "cache_read_input_tokens": 1000, "output_tokens": 9},
            Usage(2000, 1000, None, None, 9, None),
        ),
        ("nobody", {}, Usage()),
    ],
)
def test_reports_of_providers_become_disjoint_classes(client: str, report: dict[str, Any], usage: Usage) -> None:
    assert of_report(report).disjoint() == usage, client


def test_a_total_tells_that_the_input_excludes_the_cache() -> None:
    assert Tokens(input=500, output=10, cache_read=400, total=910).disjoint().input == 500
    assert Tokens(input=500, output=10, cache_read=400, total=510).disjoint().input == 100
