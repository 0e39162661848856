"""Personal data: addresses, numbers of cards, accounts and people."""

import ipaddress
import re

from ingest.redaction.finding import Found, Kind, Place, is_word

NO_MAIL_ENDS = frozenset(
    {
        "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "js", "mjs", "ts", "tsx", "jsx", "css", "scss", "json",
        "tgz", "gz", "zip", "whl", "jar", "tar", "md", "html", "xml", "yml", "yaml", "lock", "py", "rb", "rs",
        "go", "java", "sh", "txt", "pdf", "map",
    }
)  # fmt: skip
NO_PEOPLE = frozenset({"git", "hg", "svn"})

ORDERED = re.compile(
    r"(?ai)(?:order|invoice|tracking|ticket|parcel|shipment|serial|sku|isbn|ean|batch|reference|ref|case|id|hash|seed)"
    r"[\s_-]{0,2}(?:number|num|no|nr|id|code)?\W{0,4}$"
)
"""What numbers that are no cards follow."""

CALLED = re.compile(
    r"(?ai)(?:phone|tel|telephone|mobile|cell|call|fax|whatsapp|sms|text|ring|dial)"
    r"\W{0,4}(?:me at |us at |at |on |is )?\W{0,2}$"
)
SOCIAL = re.compile(r"(?ai)(?:ssn|social.security.*)[^0-9]{0,24}$")

VERSIONED = re.compile(
    r"(?ai)(?:version|ver|release|build|firmware|assembly|driver|sdk|section|chapter|clause|figure|step|\xc2\xa7"
    r"|[a-z]/|[=~!<>^]=|[~^])"
    r"\W{0,4}v?$"
)
AT_HOST = re.compile(
    r"(?ai)(?:ip|ips|ipv4|addr|address|host|client|server|remote|peer|from|to|ping|dns|via|node|//|@)\W{0,4}$"
)

IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24,
    "XK": 20,
}  # fmt: skip
"""Characters by country."""


def email(place: Place) -> Found | None:
    local, _, domain = place.found.lower().replace("%40", "@").rpartition("@")
    if local in NO_PEOPLE or domain.rpartition(".")[2] in NO_MAIL_ENDS:
        return None
    return place.whole("email", f"{local}@{domain}")


def card(place: Place) -> Found | None:
    digits = only_digits(place.found)
    if not issued(digits) or not luhn(digits) or continues(place) or ORDERED.search(place.leading(24)):
        return None
    return place.whole("card", digits)


def issued(digits: str) -> bool:
    """Whether a card network gives out numbers of this beginning and length."""
    length, two, four = len(digits), int(digits[:2]), int(digits[:4])
    if digits[0] == "4":
        return length in (13, 16, 19)
    if 51 <= two <= 55 or 2221 <= four <= 2720:
        return length == 16
    if two in (34, 37):
        return length == 15
    if two in (36, 38) or 300 <= four // 10 <= 305:
        return length == 14
    return (four == 6011 or two in (35, 62, 65) or 644 <= four // 10 <= 649) and 16 <= length <= 19


def luhn(digits: str) -> bool:
    total = 0
    for at, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if at % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0 and len(set(digits)) > 1


def iban(place: Place) -> Found | None:
    """The right number of characters for its country, and the check digits right; what follows is left alone."""
    length = IBAN_LENGTHS.get(place.found[:2].upper())
    if length is None:
        return None
    inside = [at for at, character in enumerate(place.found) if character not in " -"][:length]
    plain, end = "".join(place.found[at] for at in inside), place.start + inside[-1] + 1
    if len(plain) < length or is_word(place.text[end : end + 1]) or not mod_97(plain):
        return None
    return Found(place.start, end, "iban", plain)


def mod_97(plain: str) -> bool:
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97 == 1


def social(place: Place) -> Found | None:
    digits = only_digits(place.found)
    if continues(place) or digits[:3] in ("000", "666") or digits[0] == "9" or digits[3:5] == "00":
        return None
    if digits[5:] == "0000" or ("-" not in place.found and not SOCIAL.search(place.leading(48))):
        return None
    return place.whole("ssn", digits)


def phone(place: Place) -> Found | None:
    """International with a plus; else written as phone numbers are, or after a word that announces one."""
    digits = only_digits(place.found)
    called = CALLED.search(place.leading(24))
    if not 7 <= len(digits) <= 15 or continues(place) or ORDERED.search(place.leading(24)):
        return None
    if place.found.isdecimal() and not called:
        return None
    if place.found[0] == "+" and len(digits) < 8:
        return None
    return place.whole("phone", digits)


def continues(place: Place) -> bool:
    """Whether a longer number or word goes on behind."""
    after = place.next
    return bool(after) and (
        is_word(after[0]) or after[0] == "_" or (after[0] in "-./" and len(after) > 1 and "0" <= after[1] <= "9")
    )


def ip4(place: Place) -> Found | None:
    """No version, no loopback, no mask of a network; four small numbers need a word that says they are an address."""
    octets = [int(part) for part in place.found.split(".")]
    leading, after = place.leading(20), place.next
    if max(octets) > 255 or octets[0] in (0, 127, 255) or VERSIONED.search(leading):
        return None
    if after and (is_word(after[0]) or after[0] in "_+" or (after[0] in ".-" and is_word(after[1:]))):
        return None
    if max(octets) < 10 and not AT_HOST.search(leading) and after[:1] not in (":", "/"):
        return None
    return place.whole("ip", place.found)


def ip6(place: Place) -> Found | None:
    text = place.found
    if place.start and (is_word(place.text[place.start - 1]) or place.text[place.start - 1] in "_:."):
        return None
    if is_word(place.next[:1]) or place.next[:1] in ("_", ":"):
        return None
    groups = [group for group in text.split(":") if group]
    if not any(character.isdecimal() for character in text) or (len(groups) < 3 and len(groups[0]) < 4):
        return None
    try:
        return place.whole("ip", ipaddress.IPv6Address(text).compressed)
    except ValueError:
        return None


def only_digits(text: str) -> str:
    return "".join(character for character in text if "0" <= character <= "9")


WORDS = r"A-Za-z0-9\x{C0}-\x{24F}"

KINDS = (
    Kind(rf"[{WORDS}._%+'-]*[{WORDS}_%+-](?:@|%40)(?:[{WORDS}-]+\.)+[A-Za-z]{{2,24}}\b", email, personal=True),
    Kind(
        r"[2-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,7}\b|3[47]\d{2}[ -]?\d{6}[ -]?\d{5}\b|3[068]\d{2}[ -]?\d{6}[ -]?\d{4}\b",
        card,
        personal=True,
        led=True,
    ),
    Kind(r"[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?", iban, personal=True, led=True),
    Kind(r"\d{3}[ -]\d{2}[ -]\d{4}\b|\d{9}\b", social, personal=True, led=True),
    Kind(
        r"\+[1-9][\d ().-]{6,22}\d\b"
        r"|(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])\d{3}[ .-]\d{4}\b"
        r"|\(?0[1-9]\d{1,4}\)?[ /-]\d{3,4}(?:[ -]?\d{2,5}){1,2}\b|\d{10,12}\b",
        phone,
        personal=True,
        led=True,
    ),
    Kind(r"(?:\d{1,3}\.){3}\d{1,3}\b", ip4, personal=True, led=True),
    Kind(r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:(?:\.\d{1,3}){3})?", ip6, personal=True),
)
