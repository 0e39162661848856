"""Usage as clients send it, and how it becomes classes that never overlap."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from ingest.conventions.values import as_count, as_list, as_object
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
    input_audio: int | None = None
    output_audio: int | None = None
    input_image: int | None = None
    output_image: int | None = None
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
            input_audio=self.input_audio,
            output_audio=self.output_audio,
            input_image=self.input_image,
            output_image=self.output_image,
        )

    def excludes(self, cached: int) -> bool:
        """True where the input can't hold the cache: told, too small for it, or the total says so."""
        if self.exclusive or self.input is None or cached > self.input:
            return True
        return cached > 0 and self.total is not None and self.total == self.input + (self.output or 0) + cached


NOTHING = Tokens()


def of_report(report: Mapping[str, Value]) -> Tokens:
    """Reads a usage object as providers and Langfuse write it."""
    if not report:
        return NOTHING
    if "promptTokenCount" in report or "prompt_token_count" in report:
        return of_gemini(report)
    if ("input" in report or "output" in report) and "input_tokens" not in report:
        return of_buckets(report)
    return of_provider(report)


def of_provider(report: Mapping[str, Value]) -> Tokens:
    """OpenAI's, its Responses', Anthropic's, and what frameworks make of them."""
    inward = as_object(report.get("prompt_tokens_details")) or as_object(report.get("input_tokens_details"))
    outward = as_object(report.get("completion_tokens_details")) or as_object(report.get("output_tokens_details"))
    made = as_object(report.get("cache_creation"))
    return Tokens(
        input=first(report, "prompt_tokens", "input_tokens", "inputTokens"),
        output=first(report, "completion_tokens", "output_tokens", "outputTokens"),
        cache_read=first(inward, "cached_tokens")
        if inward
        else first(report, "cache_read_input_tokens", "cachedInputTokens"),
        cache_write=first(report, *WRITTEN),
        cache_write_1h=first(made, "ephemeral_1h_input_tokens"),
        reasoning=first(outward, "reasoning_tokens")
        if outward
        else first(report, "reasoning_tokens", "reasoningTokens"),
        input_audio=first(inward, "audio_tokens"),
        output_audio=first(outward, "audio_tokens"),
        input_image=first(inward, "image_tokens"),
        output_image=first(outward, "image_tokens"),
        total=first(report, "total_tokens", "totalTokens", "total"),
        exclusive=additive(report),
    )


def of_gemini(report: Mapping[str, Value]) -> Tokens:
    """Gemini's: its thoughts stand beside the answer, and modalities are lists."""
    said, thought = first(report, "candidatesTokenCount", "candidates_token_count"), first(report, *THOUGHTS)
    asked = by_modality(report, "promptTokensDetails", "prompt_tokens_details")
    answered = by_modality(report, "candidatesTokensDetails", "candidates_tokens_details")
    return Tokens(
        input=first(report, "promptTokenCount", "prompt_token_count"),
        output=None if said is None and thought is None else (said or 0) + (thought or 0),
        cache_read=first(report, "cachedContentTokenCount", "cached_content_token_count"),
        reasoning=thought,
        input_audio=asked.get("audio"),
        output_audio=answered.get("audio"),
        input_image=asked.get("image"),
        output_image=answered.get("image"),
        total=first(report, "totalTokenCount", "total_token_count"),
    )


THOUGHTS = ("thoughtsTokenCount", "thoughts_token_count")


def by_modality(report: Mapping[str, Value], *names: str) -> dict[str, int]:
    """`[{"modality": "AUDIO", "tokenCount": 12}]` as a mapping."""
    listed = next((found for name in names if (found := as_list(report.get(name)))), [])
    counts = ((as_object(one).get("modality"), first(as_object(one), "tokenCount", "token_count")) for one in listed)
    return {word.lower(): count for word, count in counts if isinstance(word, str) and count is not None}


def of_buckets(report: Mapping[str, Value]) -> Tokens:
    """Langfuse's: what is told apart as `input_…` or `output_…` has been taken out of `input` and `output`.

    Where the total is reached without those parts, they were left inside.
    """
    asked, answered, total = first(report, "input"), first(report, "output"), first(report, "total")
    inward, outward = parts(report, "input"), parts(report, "output")
    left_in = bool(inward or outward) and total == (asked or 0) + (answered or 0)
    fresh = 0 if left_in else sum(count for name, count in inward.items() if not name.startswith("cache"))
    rest = 0 if left_in else sum(outward.values())
    return Tokens(
        input=None if asked is None else asked + fresh,
        output=None if answered is None else answered + rest,
        cache_read=part(inward, "cache_read", "cached", or_else=first(report, "cache_read_input_tokens")),
        cache_write=part(inward, "cache_creation", "cache_write", or_else=first(report, *WRITTEN)),
        reasoning=part(outward, "reasoning"),
        input_audio=part(inward, "audio"),
        output_audio=part(outward, "audio"),
        input_image=part(inward, "image"),
        output_image=part(outward, "image"),
        total=total,
        exclusive=not left_in,
    )


WRITTEN = ("cache_creation_input_tokens", "cache_write_input_tokens")


def parts(report: Mapping[str, Value], whole: str) -> dict[str, int]:
    """`input_audio_tokens` is the part `audio` of `input`; some write `input_modality_AUDIO`."""
    counts = ((key.lower(), as_count(value)) for key, value in report.items() if key.startswith(f"{whole}_"))
    return {
        key.removeprefix(f"{whole}_").removeprefix("modality_").removesuffix("_tokens"): count
        for key, count in counts
        if count is not None
    }


def part(told: Mapping[str, int], *names: str, or_else: int | None = None) -> int | None:
    return next((told[name] for name in names if name in told), or_else)


def additive(report: Mapping[str, Value]) -> bool:
    """True for Anthropic's own figures: their input stands beside the cache, not around it."""
    if "prompt_tokens" in report:
        return False
    beside = "cache_read_input_tokens" in report or "cache_creation_input_tokens" in report
    return "input_tokens" not in report or (beside and "total_tokens" not in report)


def first(report: Mapping[str, Value], *names: str) -> int | None:
    return next((found for name in names if (found := as_count(report.get(name))) is not None), None)
