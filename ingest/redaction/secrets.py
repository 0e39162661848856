"""Secrets: keys, tokens, passwords. They are found by their shape, or by the name before them."""

import re
import string

from ingest.redaction.finding import Found, Kind, Place
from ingest.redaction.marks import MARK
from ingest.redaction.names import secret_name
from ledger.domain.keys import parse_key

VENDORS = {
    "sk-": ("model_key", 20),
    "gsk_": ("model_key", 30),
    "hf_": ("model_key", 30),
    "AIza": ("model_key", 35),
    "r8_": ("model_key", 30),
    "xai-": ("model_key", 40),
    "pplx-": ("model_key", 30),
    "nvapi-": ("model_key", 40),
    "AKIA": ("aws_key", 20),
    "ASIA": ("aws_key", 20),
    "ya29.": ("gcp_key", 30),
    "GOCSPX-": ("gcp_key", 28),
    "ghp_": ("github_token", 36),
    "gho_": ("github_token", 36),
    "ghs_": ("github_token", 36),
    "ghu_": ("github_token", 36),
    "ghr_": ("github_token", 36),
    "github_pat_": ("github_token", 50),
    "glpat-": ("gitlab_token", 20),
    "xoxb-": ("slack_token", 20),
    "xoxp-": ("slack_token", 20),
    "xoxa-": ("slack_token", 20),
    "xapp-": ("slack_token", 20),
    "sk_live_": ("stripe_key", 20),
    "rk_live_": ("stripe_key", 20),
    "sk_test_": ("stripe_key", 20),
    "npm_": ("npm_token", 36),
    "pypi-": ("pypi_token", 60),
}
"""Beginnings that a vendor gives its keys, what they are called here, and how long one is at least."""

RUN = re.compile(r"[A-Za-z0-9]{8,}")
PEM_BODY = re.compile(r"(?a)(?:\\+[nr]|[\sA-Za-z0-9+/=:,.-])*")
PEM_END = re.compile(r"-----END [A-Z0-9 ]{0,40}-----")

PLACEHOLDER = re.compile(
    r"(?ai)\$\{[^}]*\}|\$[a-z_][a-z0-9_]*|\{+[a-z0-9_. ]*\}+|%\([^)]*\)s|<[^>]*>|\[?redacted\]?|\*+|x+|\.+|…"
    r"|null|none|true|false|undefined|string|str"
)
"""What stands where a secret will be put."""

OPEN = re.compile(r"(?a)\s{0,8}(\\*)([\"'])")
CLOSED = re.compile(r'(?:[^"\\]|\\.)*', re.DOTALL)
CLOSED_SINGLE = re.compile(r"(?:[^'\\]|\\.)*", re.DOTALL)
BARE = re.compile(r"(?a)[ \t]{0,8}([^\s\"'`&;,<>(){}\[\]\\|]{1,256})")
BARE_REST = re.compile(r"(?a)[^\s\"'`&;,<>(){}\[\]\\|]*")
SCHEME = re.compile(r"(?ai)[ \t]{0,8}(?:bearer|basic|token|digest|apikey|negotiate)[ \t]+([^\s\"',;\\]+)")
COOKIES = re.compile(r"(?a)[ \t]{0,8}([^\s=;,\"'\\(){}]{1,128}=[^\r\n\"'\\]+)")
SPOKEN = re.compile(r"(?ai)\s+is:?\s*\Z")
ODD = re.compile(r"[0-9]|[!#$%^*+@].")
IN_NAMES = string.ascii_letters + string.digits + "_.-"


def own_key(place: Place) -> Found | None:
    return place.whole("spanledger_key") if parse_key(place.found) else None


def vendor_key(place: Place) -> Found | None:
    """Long enough for its vendor, and not made of words: letters and digits mixed, or a very long word."""
    beginning = max((one for one in VENDORS if place.found.startswith(one)), key=len)
    label, length = VENDORS[beginning]
    rest = place.found[len(beginning) :]
    runs = RUN.findall(rest)
    if len(place.found) < length or not (mixed("".join(runs)) or any(len(run) >= 20 for run in runs)):
        return None
    if beginning in ("AKIA", "ASIA") and (len(place.found) != length or not place.found.isupper()):
        return None
    return place.whole(label)


def mixed(text: str) -> bool:
    return any(character.isdecimal() for character in text) and any(character.isalpha() for character in text)


def jwt(place: Place) -> Found | None:
    return place.whole("jwt") if len(place.found) >= 30 else None


def private_key(place: Place) -> Found | None:
    """From its first line to its last; where that was cut off, as far as it looks like a key."""
    body = PEM_BODY.match(place.text, place.end)
    stop = body.end() if body else place.end
    end = PEM_END.search(place.text, place.end, stop + 80)
    last = end.end() if end else stop
    return Found(place.start, last, "private_key", place.text[place.end : last])


def url_password(place: Place) -> Found | None:
    """The password alone: who, and where, may stay."""
    start = place.start + place.found.index(":", 3) + 1
    value = place.text[start : place.end - 1]
    return (
        None
        if PLACEHOLDER.fullmatch(value) or MARK.fullmatch(value)
        else Found(start, place.end - 1, "password", value)
    )


def azure_key(place: Place) -> Found | None:
    return place.whole("azure_key") if mixed(place.found) else None


def signature(place: Place) -> Found | None:
    start = place.start + 4
    return Found(start, place.end, "azure_key", place.text[start : place.end])


def bearer(place: Place) -> Found | None:
    start = place.start + len("bearer")
    value = place.text[start : place.end].lstrip()
    if len(value) < 16 or not mixed(value) or MARK.fullmatch(value):
        return None
    return Found(place.end - len(value), place.end, "token", value)


def named(place: Place) -> Found | None:
    """The value after a name such as `password:`; in quotes always, bare only where it can't be code or prose."""
    name = name_of(place)
    label = secret_name(name)
    span = value_after(place, label, name) if label else None
    if span is None:
        return None
    value = place.text[span[0] : span[1]]
    if not value.strip() or PLACEHOLDER.fullmatch(value) or MARK.fullmatch(value):
        return None
    return Found(*span, label, value)


def name_of(place: Place) -> str:
    """The whole name whose end was found: DB_PASSWORD, not PASSWORD."""
    behind = place.text[max(0, place.start - 64) : place.start]
    return behind[len(behind.rstrip(IN_NAMES)) :] + SPOKEN.sub("", place.found).rstrip(":=>~ \t\r\n").rstrip("\"'\\")


def value_after(place: Place, label: str, name: str) -> tuple[int, int] | None:
    if (quoted := OPEN.match(place.text, place.end)) and not SPOKEN.search(place.found):
        return in_quotes(place.text, quoted)
    if label == "authorization" and (scheme := SCHEME.match(place.text, place.end)):
        return scheme.span(1)
    if label == "cookie":
        cookies = COOKIES.match(place.text, place.end)
        return cookies.span(1) if cookies else None
    bare = BARE.match(place.text, place.end)
    if bare is None or not plausible(place, name, bare[1], place.text[bare.end() : bare.end() + 1]):
        return None
    rest = BARE_REST.match(place.text, bare.end())  # looked at only now: a text full of names must not be read often
    return bare.start(1), rest.end() if rest else bare.end()


def in_quotes(text: str, quoted: re.Match[str]) -> tuple[int, int]:
    """To the quote that closes it, however often the text was put into quotes; without one, to the text's end."""
    start, slashes, quote = quoted.end(), quoted[1], quoted[2]
    if slashes:
        end = text.find(slashes + quote, start)
        return start, len(text) if end < 0 else end
    body = (CLOSED if quote == '"' else CLOSED_SINGLE).match(text, start)
    return start, body.end() if body else len(text)


def plausible(place: Place, name: str, value: str, after: str) -> bool:
    """Whether a bare value is a secret, and not a variable, a type, or the next word of a sentence."""
    if place.text[place.end - 1 : place.end] == "=" and (name.isupper() or asked(place, name)):
        return True
    if after in ("(", "[", "{") or len(value) < 6 or secret_name(value.rpartition(".")[2]):
        return False
    return ODD.search(value) is not None


def asked(place: Place, name: str) -> bool:
    """Whether the name stands in the query of an address."""
    found = place.text.rfind(name, 0, place.end)
    return found > 0 and place.text[found - 1] in "?&"


NAMES = (
    r"password|passwd|passphrase|passcode|pwd|secrets?|credentials?|cookies?|authorization|token|jwt"
    r"|(?:api|secret|access|private|auth|signing|encryption|account|subscription|shared|master|storage|service)"
    r"[_. -]?keys?"
)
KINDS = (
    Kind(r"\bsl_(?:ingest|read|admin)_[A-Za-z0-9]+_[A-Za-z0-9]+_[0-9a-f]{8}\b", own_key),
    Kind(r"\b(?:" + "|".join(re.escape(one) for one in VENDORS) + r")[A-Za-z0-9_-]+", vendor_key),
    Kind(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)*", jwt),
    Kind(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----", private_key),
    Kind(r"://[^\s/:@\"'<>\\]*:[^\s@/\"'<>\\]+@", url_password),
    Kind(r"\b[A-Za-z0-9]+JQQJ9[9DH][A-Za-z0-9]+", azure_key),
    Kind(r"\b[A-Za-z0-9_~.]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}", azure_key),
    Kind(r"[?&;]sig=[A-Za-z0-9%+/=]{30,}", signature),
    Kind(rf"(?i:{NAMES})(?:(?:\\*[\"'])?\s*(?:=>|[:=])|\s+(?i:is):?\s)", named),
    Kind(r"(?i:\bbearer)\s+[A-Za-z0-9._~+/=-]+", bearer),
)
"""The first that fits where several begin at the same place."""
