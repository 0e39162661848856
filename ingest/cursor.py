"""Walking through a JSON body without building it: only what is wanted is ever made into objects."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.errors import Malformed, TooLarge
from ingest.limits import STEPS

TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
DEEPEST = 100
"""Brackets in brackets that are passed over at one go; what is deeper is walked through one by one."""


def brackets(levels: int) -> bytes:
    """A pattern for all between a bracket and its partner. What was matched once is never looked at again."""
    loose = rb'[^\[\]{}"]++'
    inner = rb"[\[{](?:" + loose + b"|" + TEXT + rb")*+[\]}]"
    for _ in range(levels):
        inner = rb"[\[{](?:" + loose + b"|" + TEXT + b"|" + inner + rb")*+[\]}]"
    return inner


SPACE = re.compile(rb"[ \t\r\n]*+")
ONE_TEXT = re.compile(TEXT, re.DOTALL)
VALUE = re.compile(TEXT + b"|" + brackets(DEEPEST) + rb'|[^\s,:"\[\]{}]++', re.DOTALL)
MARKS = re.compile(TEXT + rb"|[\[\]{}]", re.DOTALL)


type Body = bytes | bytearray


@dataclass(slots=True)
class Cursor:
    """A place in a body. Whoever is told of a member or an element goes past its value, by `skip` or by walking on."""

    raw: Body
    at: int = 0
    steps: int = STEPS

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        self.at = self.spaced(self.at)
        return chr(self.raw[self.at]) if self.at < len(self.raw) else ""

    def spaced(self, at: int) -> int:
        found = SPACE.match(self.raw, at)
        return found.end() if found else at

    def takes(self, mark: str) -> bool:
        """Goes past this character if it is the next."""
        if self.peek() != mark:
            return False
        self.at += 1
        return True

    def expect(self, mark: str) -> None:
        if not self.takes(mark):
            raise Malformed(f"The body is no JSON: expected {mark!r} at byte {self.at:,}.")

    def members(self) -> Iterator[str]:
        """The names in the object that begins here; at each, the cursor is at its value."""
        self.expect("{")
        if self.takes("}"):
            return
        while True:
            name = self.name()
            self.expect(":")
            yield name
            if self.takes("}"):
                return
            self.expect(",")

    def elements(self) -> Iterator[int]:
        """Stops at each element of the list that begins here."""
        self.expect("[")
        if self.takes("]"):
            return
        while True:
            self.step()
            yield self.at
            if self.takes("]"):
                return
            self.expect(",")

    def name(self) -> str:
        self.step()
        self.peek()
        found = ONE_TEXT.match(self.raw, self.at)
        if found is None:
            raise Malformed(f"The body is no JSON: expected a member's name at byte {self.at:,}.")
        self.at = found.end()
        return found.group()[1:-1].decode("utf-8", "replace")

    def skip(self) -> tuple[int, int]:
        """Goes past the value that begins here, and says where it lies."""
        self.peek()
        start, found = self.at, VALUE.match(self.raw, self.at)
        self.at = found.end() if found else self.deep()
        return start, self.at

    def deep(self) -> int:
        """The end of what is deeper than the pattern reaches."""
        depth = 0
        for found in MARKS.finditer(self.raw, self.at):
            self.step()
            mark = self.raw[found.start()]
            depth += 1 if mark in b"[{" else -1 if mark in b"]}" else 0
            if depth <= 0:
                return found.end()
        raise Malformed(f"The body is no JSON: what begins at byte {self.at:,} has no end.")

    def step(self) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise TooLarge("values around its spans, or levels of lists", STEPS)
