"""Which metrics are kept: those of model calls, and those of the engines that serve models."""

KEPT = (
    *("gen_ai.", "gen_ai_", "llm.", "llm_", "operation.cost", "operation_cost"),
    *("claude_code.", "claude_code_", "pydantic_ai.", "litellm.", "litellm_", "traceloop."),
    *("vllm:", "vllm_", "vllm.", "sglang:", "sglang_", "sglang.", "tgi_", "tgi."),
)
"""Beginnings of names. A Collector that speaks Prometheus writes underscores in place of points and colons."""


def is_kept(name: str) -> bool:
    return name.startswith(KEPT)
