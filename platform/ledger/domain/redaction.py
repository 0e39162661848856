"""What a project wants taken out of its texts before anything is kept."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import re2  # type: ignore[import-untyped] # its wheel brings no types

Mode = Literal["off", "mask", "drop"]
MODES: tuple[Mode, ...] = get_args(Mode)

PATTERNS = 32
PATTERN_BYTES = 1024
PROGRAM_SIZE = 20_000
"""Steps of one compiled pattern: a short text can stand for a huge machine."""

LABEL = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")


class BadPattern(ValueError):
    """A pattern of a project's own can't be used. The text says why, and what to do."""

    def __init__(self, label: str, reason: str) -> None:
        self.label, self.reason = label, reason
        super().__init__(f"Pattern '{label[:40]}': {reason}")


@dataclass(frozen=True, slots=True)
class OwnPattern:
    """A project's own pattern; what it finds becomes `[label:…]`."""

    label: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Policy:
    """`off` keeps texts as they are, `mask` replaces what is found, `drop` keeps no content at all.

    Keys, tokens and passwords are found always, personal data only where `personal` says so.
    """

    mode: Mode = "mask"
    personal: bool = False
    patterns: tuple[OwnPattern, ...] = ()

    @classmethod
    def of(cls, mode: str, personal: bool, patterns: Mapping[str, str]) -> "Policy":
        """Out of what the accounts' table holds; raises ValueError where that is no policy."""
        if mode not in MODES:
            raise ValueError(f"Redaction is {', '.join(MODES)}; not {mode!r}.")
        own = tuple(OwnPattern(label, pattern) for label, pattern in sorted(patterns.items()))
        for one in own:
            compiled(one)
        if len(own) > PATTERNS:
            raise BadPattern(own[PATTERNS].label, f"a project may have {PATTERNS} patterns at most; join some with |.")
        return cls(next(known for known in MODES if known == mode), personal, own)


STANDARD = Policy()
"""What holds for a project that has said nothing."""


def compiled(own: OwnPattern) -> "re2._Regexp":
    """The pattern, ready to search bytes; raises BadPattern where RE2 does not take it, or it takes too much."""
    if not LABEL.match(own.label):
        raise BadPattern(own.label, "name it with 1 to 32 small letters, digits and _, for example ticket.")
    size = len(own.pattern.encode(errors="replace"))
    if not own.pattern or size > PATTERN_BYTES:
        raise BadPattern(own.label, f"it has {size} bytes; 1 to {PATTERN_BYTES} are allowed.")
    try:
        found = re2.compile(own.pattern.encode(), options())
    except (re2.error, UnicodeEncodeError) as error:
        raise BadPattern(own.label, refusal(error)) from error
    if found.programsize > PROGRAM_SIZE:
        raise BadPattern(own.label, "it stands for too big a machine; use smaller repeat counts.")
    if any(found.fullmatch(text) for text in (b"", b" ")) or found.search(b"") is not None:
        raise BadPattern(own.label, "it matches the empty text or a single space, so it would match everywhere.")
    return found


def refusal(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    reason = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return (
        f"RE2 does not take it ({reason}). Look-around and back-references do not exist there, "
        "and a repeat count goes to 1000 at most."
    )


def options(captures: bool = False) -> "re2.Options":
    """Never logs to standard error, which would show the text; groups only where they are asked for."""
    made = re2.Options()
    made.log_errors = False
    made.never_capture = not captures
    return made


def parsed(said: Sequence[str]) -> dict[str, str]:
    """`label=pattern` texts, as a command line gives them."""
    found: dict[str, str] = {}
    for one in said:
        label, equals, pattern = one.partition("=")
        if not equals:
            raise BadPattern(one, "write LABEL=PATTERN, for example ticket='TCK-[0-9]{6}'.")
        found[label] = pattern
    return found
