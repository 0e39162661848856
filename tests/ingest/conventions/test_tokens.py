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
        (
            "OpenAI chat with sound",
            {
                "prompt_tokens": 100,
                "completion_tokens": 60,
                "prompt_tokens_details": {"audio_tokens": 70, "cached_tokens": 0},
                "completion_tokens_details": {"audio_tokens": 50, "reasoning_tokens": 0},
            },
            Usage(100, 0, None, None, 60, 0, input_audio=70, output_audio=50),
        ),
        (
            "OpenAI's pictures",
            {
                "input_tokens": 50,
                "input_tokens_details": {"image_tokens": 40, "text_tokens": 10},
                "output_tokens": 272,
                "output_tokens_details": {"image_tokens": 272, "text_tokens": 0},
            },
            Usage(50, None, None, None, 272, None, input_image=40, output_image=272),
        ),
        (
            "Gemini, whose thoughts stand beside its answer",
            {
                "promptTokenCount": 300,
                "candidatesTokenCount": 61,
                "thoughtsTokenCount": 40,
                "cachedContentTokenCount": 100,
                "totalTokenCount": 401,
                "promptTokensDetails": [
                    {"modality": "TEXT", "tokenCount": 20},
                    {"modality": "AUDIO", "tokenCount": 180},
                    {"modality": "IMAGE", "tokenCount": 100},
                ],
                "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 61}],
            },
            Usage(200, 100, None, None, 101, 40, input_audio=180, input_image=100, output_image=61),
        ),
        (
            "Langfuse's buckets of LangChain, taken out of input and output",
            {
                "input": 30,
                "input_audio": 70,
                "input_cache_read": 1000,
                "output": 10,
                "output_reasoning": 40,
                "output_audio": 50,
                "total": 1200,
            },
            Usage(100, 1000, None, None, 100, 40, input_audio=70, output_audio=50),
        ),
        (
            "Langfuse's buckets, left inside by somebody's own hand",
            {"input": 1100, "input_cached_tokens": 1000, "output": 50, "output_reasoning_tokens": 40, "total": 1150},
            Usage(100, 1000, None, None, 50, 40),
        ),
        ("nobody", {}, Usage()),
    ],
)
def test_reports_of_providers_become_disjoint_classes(client: str, report: dict[str, Any], usage: Usage) -> None:
    assert of_report(report).disjoint() == usage, client


def test_a_total_tells_that_the_input_excludes_the_cache() -> None:
    assert Tokens(input=500, output=10, cache_read=400, total=910).disjoint().input == 500
    assert Tokens(input=500, output=10, cache_read=400, total=510).disjoint().input == 100
