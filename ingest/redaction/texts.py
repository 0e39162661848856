"""Texts and values with what was found in them replaced by marks. What is clean comes back as the same object."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
import re2  # type: ignore[import-untyped] # its wheel brings no types

from ingest.redaction.machine import Machine, machine
from ingest.redaction.marks import MARK, mark
from ingest.redaction.names import secret_name
from ingest.redaction.secrets import PLACEHOLDER
from ledger.domain.redaction import Policy, compiled
from ledger.domain.span import Value

CANDIDATES = 100_000
"""Of one request: a text that holds more than this is made to keep us busy."""

MEMBERS = 2_000_000
"""Values in the JSON of one request's texts that are walked through."""

SHORT, REMEMBERED = 256, 4_000
DEEPEST = 100
SCHEMA = frozenset({"type", "$ref", "anyOf", "oneOf", "allOf", "enum"})
"""Members by which a JSON schema is known: it describes a password, and holds none."""


NEVER: frozenset[type] = frozenset({float, bool, type(None)})
NEVER_NOR_WHOLE = NEVER | {int}


class TooDense(Exception):
    """A request holds more candidates than are looked at."""


class TooDeep(ValueError):
    """A JSON text is deeper than is walked."""


@dataclass(slots=True)
class Kit:
    """What the requests of one project share, as long as its policy stays the same."""

    policy: Policy
    key: bytes
    machine: Machine
    own: tuple[tuple[str, "re2._Regexp"], ...]
    clean: set[str] = field(default_factory=set)
    """Short texts in which there is nothing to find: attribute values repeat themselves."""
    plain: set[str] = field(default_factory=set)
    """Names under which nothing secret is kept, and in which there is nothing to find."""

    @classmethod
    def of(cls, policy: Policy, key: bytes) -> "Kit":
        own = tuple((one.label, compiled(one)) for one in policy.patterns)
        return cls(policy, key, machine(policy.personal), own)

    @property
    def safe(self) -> frozenset[type]:
        """Types whose values need no look. Digits are looked at only where somebody wants to find numbers."""
        return NEVER if self.policy.personal or self.own else NEVER_NOR_WHOLE


def remember(known: set[str], text: str) -> None:
    if len(known) >= REMEMBERED:
        known.clear()
    known.add(text)


@dataclass(slots=True)
class Texts:
    """The texts of one request."""

    kit: Kit
    left: int = CANDIDATES
    members: int = MEMBERS

    def text(self, text: str, before: str = "") -> str:
        """`before` is the name under which the text was sent; it tells a version from an address."""
        short = len(text) <= SHORT
        if short and text in self.kit.clean:
            return text
        raw = text.encode(errors="surrogatepass")
        if self.suspects(raw):
            cleaned = self.cleaned(text, raw, before)
            return text if cleaned == text else cleaned
        if short:
            remember(self.kit.clean, text)
        return text

    def suspects(self, raw: bytes) -> bool:
        return self.kit.machine.suspects(raw) or any(own.search(raw) is not None for _, own in self.kit.own)

    def cleaned(self, text: str, raw: bytes, before: str) -> str:
        """JSON is read, so that members are known by their names; all else is a row of characters."""
        if text.lstrip()[:1] in ("{", "["):
            try:
                held = orjson.loads(raw)
                walked = self.value(held, before)
                return text if walked is held else orjson.dumps(walked).decode()
            except (orjson.JSONDecodeError, orjson.JSONEncodeError, TooDeep):
                return self.flat(raw, before)
        return self.flat(raw, before)

    def flat(self, raw: bytes, before: str) -> str:
        for label, own in self.kit.own:
            raw = self.without_own(raw, label, own)
        text, pieces, done = raw.decode("latin-1"), [], 0
        for hit in self.kit.machine.hits(raw, text, before):
            self.spend()
            if hit.found is not None:
                pieces += [text[done : hit.found.start], self.mark(hit.found.label, hit.found.value.encode("latin-1"))]
                done = hit.found.end
        return "".join([*pieces, text[done:]]).encode("latin-1").decode(errors="surrogatepass")

    def without_own(self, raw: bytes, label: str, own: "re2._Regexp") -> bytes:
        pieces, done = [], 0
        for match in own.finditer(raw):
            self.spend()
            start, end = match.span()
            if start < end:
                pieces += [raw[done:start], self.mark(label, raw[start:end]).encode()]
                done = end
        return b"".join([*pieces, raw[done:]])

    def value(self, held: Value, name: str = "", label: str = "", depth: int = 0) -> Value:
        """A value of any type; with a label, all texts in it are secret."""
        if isinstance(held, str):
            return self.secret(held, label) if label else self.text(held, name)
        if depth > DEEPEST:
            raise TooDeep
        if isinstance(held, dict):
            return self.mapping(held, label, depth)
        if isinstance(held, list):
            self.walk(len(held))
            items = [self.value(item, name, label, depth + 1) for item in held]
            return held if all(new is old for new, old in zip(items, held, strict=True)) else items
        if type(held) is int:
            return self.number(held, name, label)
        return held

    def mapping(self, held: Mapping[str, Value], label: str = "", depth: int = 0) -> dict[str, Value]:
        """Members by their names; the same object where nothing changes."""
        self.walk(len(held))
        if label and not SCHEMA.isdisjoint(held):
            label = ""
        clean, plain, safe = self.kit.clean, self.kit.plain, self.kit.safe
        changed: dict[str, tuple[str, Value]] = {}
        for key, item in held.items():
            if not label and key in plain and (item in clean if type(item) is str else type(item) in safe):
                continue
            kept, new = self.member(key, item, held, label, depth)
            if new is not item or kept is not key:
                changed[key] = kept, new
        if not changed and isinstance(held, dict):
            return held
        return dict(changed.get(key, (key, item)) for key, item in held.items())

    def member(self, key: str, item: Value, siblings: Mapping[str, Value], label: str, depth: int) -> tuple[str, Value]:
        kept, own = self.text(key), self.label(key, siblings)
        if kept is key and not secret_name(key) and len(key) <= SHORT:
            remember(self.kit.plain, key)
        return kept, self.value(item, key, own or label, depth + 1)

    def label(self, key: str, siblings: Mapping[str, Value]) -> str:
        """A token beside its probability is a piece of a model's answer."""
        found = secret_name(key)
        return "" if found == "token" and ("logprob" in siblings or "bytes" in siblings) else found

    def secret(self, text: str, label: str) -> str:
        if not text.strip() or PLACEHOLDER.fullmatch(text) or MARK.fullmatch(text):
            return text
        self.spend()
        return self.mark(label, text.encode(errors="surrogatepass"))

    def number(self, held: int, name: str, label: str) -> Value:
        if label and label != "token":
            return self.mark(label, str(held).encode())
        if int in self.kit.safe:
            return held
        said = str(held)
        kept = self.text(said, name)
        return held if kept == said else kept

    def mark(self, label: str, value: bytes) -> str:
        return mark(self.kit.key, label, value)

    def walk(self, members: int) -> None:
        self.members -= members
        if self.members < 0:
            raise TooDense

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooDense
