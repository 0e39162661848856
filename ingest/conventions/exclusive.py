"""Instrumentors whose input leaves the cache out, though the convention that they speak counts it in."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instrumentor:
    """Known by its scope; up to the version that mended it, and for one provider's calls where only those are wrong."""

    scope: str
    mended: tuple[int, ...] = ()
    provider: str = ""

    def made(self, scope: str, version: str, provider: str) -> bool:
        if not scope.startswith(self.scope) or self.provider not in ("", provider):
            return False
        return not self.mended or (bool(version) and numbers(version) < self.mended)


EXCLUSIVE = (
    Instrumentor("com.anthropic.claude_code"),
    # https://github.com/Arize-ai/openinference/issues/3610
    Instrumentor("openinference.instrumentation.claude_agent_sdk", mended=(0, 1, 12)),
    # https://github.com/Arize-ai/openinference/pull/2414
    Instrumentor("openinference.instrumentation.langchain", mended=(0, 1, 55), provider="anthropic"),
    # https://github.com/traceloop/openllmetry/issues/4449
    Instrumentor("opentelemetry.instrumentation.bedrock"),
)


def excludes_cache(scope: str, version: str, provider: str) -> bool:
    return any(one.made(scope, version, provider) for one in EXCLUSIVE)


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
