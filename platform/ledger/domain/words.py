"""Fields of few words, and the word that stands for all that were too many."""

from dataclasses import replace

from ledger.domain.span import Span

OTHER, TOO_MANY_WORDS = "other", "too_many_words"
LIMITED = (
    *("model", "request_model", "route", "provider", "operation", "error_type", "environment", "release", "service"),
    *("scope", "prompt", "agent", "tool", "tier", "region", "variant"),
)
"""Of a span. Names, customers and instances are many by nature."""


def still_other(old: Span, new: Span) -> Span:
    """A span that is read again brings no word back that was too many when it came."""
    if TOO_MANY_WORDS not in old.flags:
        return new
    same = {name: OTHER for name in LIMITED if getattr(old, name) == OTHER}
    return replace(new, **same, finish_reasons=old.finish_reasons, tags=old.tags)  # type: ignore[arg-type]
