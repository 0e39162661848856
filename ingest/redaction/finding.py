"""A kind of text to find: a quick pattern for RE2, and a second look at what it found."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """Where it lies in the text, and in what spelling it is compared with others."""

    start: int
    end: int
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Place:
    """A candidate in its text, one character a byte. `before` is the name under which the text was sent."""

    text: str
    start: int
    end: int
    before: str = ""

    @property
    def found(self) -> str:
        return self.text[self.start : self.end]

    @property
    def next(self) -> str:
        return self.text[self.end : self.end + 2]

    def leading(self, length: int) -> str:
        """What stands before; the name, where the candidate begins the text."""
        known = self.text[max(0, self.start - length) : self.start]
        return known if self.start else self.before

    def whole(self, label: str, value: str = "") -> Found:
        return Found(self.start, self.end, label, value or self.found)


def is_word(character: str) -> bool:
    """A letter or digit of ASCII. All else may be half a character: texts have one character a byte here."""
    return character.isascii() and character.isalnum()


type Confirm = Callable[[Place], Found | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """`pattern` has no groups of its own. With `led`, the candidate must not follow a letter, digit, dot, or dash."""

    pattern: str
    confirm: Confirm
    personal: bool = False
    led: bool = False

    @property
    def group(self) -> str:
        return rf"(?:\A|[^A-Za-z0-9_.-])({self.pattern})" if self.led else f"({self.pattern})"
