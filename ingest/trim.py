"""What is too long or too deep is cut visibly, and the span that held it is flagged."""

import codecs
import hashlib
from dataclasses import dataclass, field

from ingest.limits import VALUE_LENGTH

TRUNCATED = "truncated"
INVALID_UTF8 = "invalid_utf8"
TOO_DEEP = "too_deep"
SPOILED = "spoiled_attribute"
ODD_NUMBER = "odd_number"
ATTRIBUTES_DROPPED = "attributes_dropped"

DEEPER = "… [deeper levels left out] …"

HEAD, TAIL = VALUE_LENGTH * 3 // 4, VALUE_LENGTH // 4
ROOM = TAIL - 256
"""For the tail, where the note between must fit in too."""
PIECE = 256 * 1024


def trimmed(text: str, flags: set[str]) -> str:
    """The text, or its head and tail around a note of its length and digest."""
    if len(text) <= VALUE_LENGTH:
        return text
    flags.add(TRUNCATED)
    digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()
    return f"{text[:HEAD]}{note(len(text), digest)}{text[-TAIL:]}"


def note(length: int, digest: str) -> str:
    return f"… [cut here: {length} characters in all, sha256 {digest}] …"


@dataclass(slots=True)
class Cut:
    """A text that is too long to be built: it is read piece by piece, and its head and tail are kept."""

    head: str = ""
    tail: str = ""
    length: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def add(self, piece: str) -> None:
        if len(self.head) < HEAD:
            self.head += piece[: HEAD - len(self.head)]
        self.tail = (self.tail + piece)[-ROOM:]
        self.length += len(piece)
        self.digest.update(piece.encode(errors="replace"))

    @property
    def text(self) -> str:
        """Not longer than a text may be, so that nobody cuts it again."""
        return f"{self.head}{note(self.length, self.digest.hexdigest())}{self.tail}"


def cut(raw: memoryview) -> Cut:
    """A text out of its bytes."""
    found, decoder = Cut(), codecs.getincrementaldecoder("utf-8")("replace")
    for at in range(0, len(raw), PIECE):
        found.add(decoder.decode(raw[at : at + PIECE], at + PIECE >= len(raw)))
    return found
