"""Usage as clients send it, and how it becomes classes that never overlap."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from ingest.conventions.values import as_count, as_object
from ledger.domain.span import Value
from ledger.domain.usage import Usage


@dataclass(frozen=True, slots=True)
class Tokens:
    """One convention's report. `input` usually includes the cache; `exclusive` says that this sender's does not."""

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None
    reasoning: int | None = None
    total: int | None = None
    exclusive: bool = False

    def or_else(self, other: "Tokens") -> "Tokens":
        """This report, its gaps filled from another."""
        filled = {
            field.name: mine if (mine := getattr(self, field.name)) is not None else getattr(other, field.name)
            for field in fields(Tokens)
            if field.name != "exclusive"
        }
        return Tokens(**filled, exclusive=self.exclusive if self.input is not None else other.exclusive)

    def disjoint(self) -> Usage:
        """The same tokens with the cache taken out of the input, where it was in it."""
        cached = (self.cache_read or 0) + (self.cache_write or 0)
        uncached = self.input
        if self.input is not None and not self.excludes(cached):
            uncached = self.input - cached
        return Usage(
            input=uncached,
            cache_read=self.cache_read,
            cache_write=self.cache_write,
            cache_write_1h=self.cache_write_1h,
            output=self.output,
            reasoning=self.reasoning,
        )

    def excludes(self, cached: int) -> bool:
        """True where the input can't hold the cache: told, too small for it, or the total says so."""
        if self.exclusive or self.input is None or cached > self.input:
            return True
        return cached > 0 and self.total is not None and self.total == self.input + (self.output or 0) + cached


NOTHING = Tokens()


def of_report(report: Mapping[str, Value]) -> Tokens:
    """Reads a usage object as providers write it: OpenAI's, its Responses', Anthropic's, or a flat list of buckets."""
    if not report:
        return NOTHING
    inward = as_object(report.get("prompt_tokens_details")) or as_object(report.get("input_tokens_details"))
    outward = as_object(report.get("completion_tokens_details")) or as_object(report.get("output_tokens_details"))
    made = as_object(report.get("cache_creation"))
    return Tokens(
        input=first(report, "prompt_tokens", "input_tokens", "inputTokens", "input"),
        output=first(report, "completion_tokens", "output_tokens", "outputTokens", "output"),
        cache_read=first(inward, "cached_tokens")
        if inward
        else first(report, "cache_read_input_tokens", "cachedInputTokens"),
        cache_write=first(report, "cache_creation_input_tokens", "cache_write_input_tokens"),
        cache_write_1h=first(made, "ephemeral_1h_input_tokens"),
        reasoning=first(outward, "reasoning_tokens")
        if outward
        else first(report, "reasoning_tokens", "reasoningTokens"),
        total=first(report, "total_tokens", "totalTokens", "total"),
        exclusive=additive(report),
    )


def additive(report: Mapping[str, Value]) -> bool:
    """True for Langfuse's buckets and Anthropic's own figures: their input stands beside the cache, not around it."""
    if "prompt_tokens" in report:
        return False
    beside = "cache_read_input_tokens" in report or "cache_creation_input_tokens" in report
    return "input_tokens" not in report or (beside and "total_tokens" not in report)


def first(report: Mapping[str, Value], *names: str) -> int | None:
    return next((found for name in names if (found := as_count(report.get(name))) is not None), None)
