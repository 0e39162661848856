"""Names under which secrets are kept: of attributes, of JSON members, of settings."""

import re
from functools import lru_cache

ALONE = {
    "password": "password",
    "passwords": "password",
    "passwd": "password",
    "passphrase": "password",
    "passcode": "password",
    "pwd": "password",
    "secret": "secret",
    "secrets": "secret",
    "credential": "secret",
    "credentials": "secret",
    "cookie": "cookie",
    "cookies": "cookie",
    "authorization": "authorization",
    "token": "token",
    "apikey": "api_key",
    "apikeys": "api_key",
}
"""The last word of a name, and what is found under it."""

KEY_OF = frozenset(
    {
        "api", "secret", "access", "private", "auth", "signing", "encryption", "account", "subscription",
        "shared", "master", "storage", "service",
    }
)  # fmt: skip
"""Before `key`: an API key is secret, a primary key is not."""

ENDINGS = ("password", "passwd", "secret", "apikey", "accesskey", "secretkey", "privatekey", "accountkey")
TOKENS = frozenset(
    {
        "access", "auth", "refresh", "session", "bearer", "id", "csrf", "xsrf",
    }
)  # fmt: skip

COUNTED = frozenset(
    {
        "eos", "bos", "pad", "unk", "mask", "sep", "cls", "stop", "special", "page", "next", "continuation",
        "sync", "added", "prompt", "completion", "max", "min", "input", "output", "total", "num", "first", "last",
        "per", "cached", "reasoning", "image", "audio", "text",
    }
)  # fmt: skip
"""Before `token`: these are words of language models and of lists, not secrets."""

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def secret_name(name: str) -> str:
    """The label of what is kept under a name; empty where it is nothing secret. Its end is what counts."""
    return labelled(name[-LONGEST:])


LONGEST = 256


@lru_cache(4096)
def labelled(name: str) -> str:
    """By the last part between dots that holds a word."""
    parts = (WORD.findall(part) for part in reversed(name.split(".")))
    words = [word.lower() for word in next((found for found in parts if found), ())]
    if not words:
        return ""
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in ("key", "keys"):
        return "api_key" if before in KEY_OF else ""
    if last in ("token", "jwt"):
        return "" if before in COUNTED else "token"
    return ALONE.get(last) or joined(last)


def joined(word: str) -> str:
    """Of names written without any mark between their words: accesstoken, clientsecret."""
    for ending in ENDINGS:
        if word.endswith(ending):
            return "api_key" if ending.endswith("key") else "secret" if ending == "secret" else "password"
    return "token" if word.endswith("token") and word.removesuffix("token") in TOKENS else ""
