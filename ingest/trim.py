"""What is too long or too deep is cut visibly, and the span that held it is flagged."""

import hashlib

from ingest.limits import VALUE_LENGTH

TRUNCATED = "truncated"
INVALID_UTF8 = "invalid_utf8"
TOO_DEEP = "too_deep"
SPOILED = "spoiled_attribute"
ODD_NUMBER = "odd_number"
ATTRIBUTES_DROPPED = "attributes_dropped"

DEEPER = "… [deeper levels left out] …"

HEAD, TAIL = VALUE_LENGTH * 3 // 4, VALUE_LENGTH // 4


def trimmed(text: str, flags: set[str]) -> str:
    """The text, or its head and tail around a note of its length and digest."""
    if len(text) <= VALUE_LENGTH:
        return text
    flags.add(TRUNCATED)
    digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()
    return f"{text[:HEAD]}… [cut here: {len(text)} characters in all, sha256 {digest}] …{text[-TAIL:]}"
