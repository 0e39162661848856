"""Tokens of one call."""

from collections.abc import Iterator
from dataclasses import dataclass

MOST_TOKENS = 10**9
"""More than any call can have: a larger figure is a mistake of its sender."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call, in classes that never overlap. None means that nobody said.

    `cache_write_1h` is the part of `cache_write` that is kept for an hour, `reasoning` the part of `output` that was
    thought and not said. `input_audio` and `input_image` are the parts of all that went in, cached or not, that were
    sound and pictures, `output_audio` and `output_image` those of `output`. All of these are "of which" figures and
    are never added to anything.
    """

    input: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None
    output: int | None = None
    reasoning: int | None = None
    input_audio: int | None = None
    output_audio: int | None = None
    input_image: int | None = None
    output_image: int | None = None

    @property
    def unknown(self) -> bool:
        """True where the usage can't be priced: input or output is missing, or a figure can't be true."""
        if self.input is None or self.output is None:
            return True
        return any(not 0 <= tokens <= MOST_TOKENS for _, tokens in self.by_class())

    @property
    def context(self) -> int:
        """All tokens that went in, cached or not: what tiers by context length look at."""
        return (self.input or 0) + (self.cache_read or 0) + (self.cache_write or 0)

    def by_class(self) -> Iterator[tuple[str, int]]:
        """Each billable class with its tokens; the 1-hour part is taken out of cache_write here."""
        hour = self.cache_write_1h or 0
        yield "input", self.input or 0
        yield "cache_read", self.cache_read or 0
        yield "cache_write", (self.cache_write or 0) - hour
        yield "cache_write_1h", hour
        yield "output", self.output or 0
