"""Labelled snippets: what must be found, by class, and what must be left alone. All values are made up here."""

import base64
import random
import string
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson

from ledger.domain.keys import new_key

ALNUM = string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + string.digits


@dataclass(frozen=True, slots=True)
class Snippet:
    """A text, and the value in it that must not stay; an empty value where nothing may be touched."""

    label: str
    text: str
    value: str = ""


type Make = Callable[[random.Random], str]


def chars(rnd: random.Random, alphabet: str, length: int) -> str:
    """At least one letter and one digit among them."""
    return "".join([*rnd.choices(alphabet, k=length - 2), rnd.choice("ABCDEF"), rnd.choice(string.digits)])


def digits(rnd: random.Random, length: int) -> str:
    return "".join(rnd.choices(string.digits, k=length))


def with_luhn(stem: str) -> str:
    """The stem and its check digit: every second digit from the right doubled, the sum a multiple of ten."""
    total = 0
    for place, digit in enumerate(reversed(stem)):
        doubled = int(digit) * (1 if place % 2 else 2)
        total += doubled // 10 + doubled % 10
    return stem + str(-total % 10)


def card(rnd: random.Random) -> str:
    beginning, length = rnd.choice([("4", 16), ("51", 16), ("55", 16), ("37", 15), ("6011", 16), ("2301", 16)])
    number = with_luhn(beginning + digits(rnd, length - len(beginning) - 1))
    if length == 15:
        return rnd.choice([number, f"{number[:4]} {number[4:10]} {number[10:]}"])
    parts = [number[at : at + 4] for at in range(0, 16, 4)]
    return rnd.choice(["", " ", "-"]).join(parts)


def iban(rnd: random.Random) -> str:
    country, length = rnd.choice([("DE", 22), ("FR", 27), ("NL", 18), ("ES", 24), ("AT", 20), ("CH", 21)])
    letters = "" if country != "NL" else "ABNA"
    body = letters + digits(rnd, length - 4 - len(letters))
    numbered = "".join(str(int(one, 36)) for one in f"{body}{country}00")
    whole = f"{country}{98 - int(numbered) % 97:02d}{body}"
    spaced = " ".join(whole[at : at + 4] for at in range(0, len(whole), 4))
    return rnd.choice([whole, spaced])


def email(rnd: random.Random) -> str:
    who = rnd.choice(["ada", "j.doe", "maria+news", "o'neil", "k_lee", "zoë", "x1", "first.last"])
    where = rnd.choice(["example.com", "mail.example.co.uk", "firma-süd.de", "sub.example.org", "EXAMPLE.NET"])
    return f"{who}{rnd.randrange(1000)}@{where}"


def ssn(rnd: random.Random) -> str:
    return f"{rnd.randrange(100, 660)}-{rnd.randrange(10, 99)}-{rnd.randrange(1000, 9999)}"


def phone(rnd: random.Random) -> str:
    area, exchange, line = rnd.randrange(201, 990), rnd.randrange(201, 990), digits(rnd, 4)
    return rnd.choice(
        [
            f"({area}) {exchange}-{line}",
            f"{area}-{exchange}-{line}",
            f"{area}.{exchange}.{line}",
            f"(555) 123-{line}",
            f"+1 {area} {exchange} {line}",
            f"+1-{area}-{exchange}-{line}",
            f"+49 30 {rnd.randrange(1000000, 9999999)}",
            f"+4915{rnd.randrange(100000000, 999999999)}",
            f"+44 20 {digits(rnd, 4)} {digits(rnd, 4)}",
            f"0{rnd.randrange(151, 179)} {rnd.randrange(1000, 9999)}{digits(rnd, 3)}",
        ]
    )


def ip(rnd: random.Random) -> str:
    if rnd.random() < 0.6:
        return f"{rnd.randrange(11, 126)}.{rnd.randrange(256)}.{rnd.randrange(256)}.{rnd.randrange(1, 255)}"
    groups = [f"{rnd.randrange(0x1000, 0xFFFF):x}" for _ in range(6)]
    return rnd.choice([f"2001:db8:{':'.join(groups)}", f"2a02:{groups[0]}::{groups[1]}", f"2001:db8::{groups[2]}:1"])


def jwt(rnd: random.Random) -> str:
    parts = [orjson.dumps({"alg": "HS256"}), orjson.dumps({"sub": digits(rnd, 9)}), rnd.randbytes(32)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def private_key(rnd: random.Random) -> str:
    kind = rnd.choice(["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "])
    body = base64.encodebytes(rnd.randbytes(180)).decode()
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}-----END {kind}PRIVATE KEY-----"


def model_key(rnd: random.Random) -> str:
    return rnd.choice(
        [
            f"sk-{chars(rnd, ALNUM, 48)}",
            f"sk-proj-{chars(rnd, ALNUM, 60)}_{chars(rnd, ALNUM, 30)}",
            f"sk-ant-api03-{chars(rnd, ALNUM, 40)}-{chars(rnd, ALNUM, 50)}AA",
            f"AIza{chars(rnd, ALNUM + '-_', 35)}",
            f"hf_{chars(rnd, ALNUM, 34)}",
            f"gsk_{chars(rnd, ALNUM, 52)}",
        ]
    )


def aws_key(rnd: random.Random) -> str:
    return rnd.choice(["AKIA", "ASIA"]) + chars(rnd, UPPER, 16)


def gcp_key(rnd: random.Random) -> str:
    return rnd.choice([f"ya29.{chars(rnd, ALNUM, 60)}", f"GOCSPX-{chars(rnd, ALNUM, 28)}"])


def azure_key(rnd: random.Random) -> str:
    return rnd.choice(
        [
            f"{chars(rnd, ALNUM, 3)}8Q~{chars(rnd, ALNUM, 34)}",
            f"{chars(rnd, ALNUM, 52)}JQQJ99{chars(rnd, ALNUM, 26)}",
        ]
    )


def spanledger_key(rnd: random.Random) -> str:
    return new_key(rnd.choice(["ingest", "read", "admin"])).text


VALUES: dict[str, Make] = {
    "email": email,
    "card": card,
    "iban": iban,
    "ssn": ssn,
    "phone": phone,
    "ip": ip,
    "jwt": jwt,
    "private_key": private_key,
    "model_key": model_key,
    "aws_key": aws_key,
    "gcp_key": gcp_key,
    "azure_key": azure_key,
    "spanledger_key": spanledger_key,
}

SENTENCES = (
    "Please note {}, thank you.",
    "{}",
    "I sent it from {} yesterday and nobody answered.",
    "Kundin schrieb: «{}» – bitte prüfen.",
    "it is ({}) as agreed",
    "日本のお客様 {} です",
    '{{"role": "user", "content": "here you are: {}"}}',
    '[{{"type":"tool_call","arguments":"{{\\"value\\": \\"{}\\"}}"}}]',
    "a=1, b={}; c=3",
    "line one\n{}\nline three",
)

PASSWORDS = ("hunter2", "correct horse battery", "S3cret!pass", "pä$$wört9", 'with \\" quote', "0", "abcdefgh")
NAMED = (
    ("password", '"password": "{}"'),
    ("password", "{{'db_password': '{}'}}"),
    ("password", 'PGPASSWORD="{}"'),
    ("secret", 'client_secret = "{}"'),
    ("secret", '{{"clientSecret":"{}"}}'),
    ("api_key", '"apiKey" : "{}"'),
    ("api_key", '{{"headers": {{"x-api-key": "{}"}}}}'),
    ("api_key", 'api_key="{}")'),
    ("token", '"access_token":"{}"'),
    ("token", '{{"refreshToken": "{}", "expires_in": 3600}}'),
    ("cookie", '"Set-Cookie": "{}"'),
    ("authorization", '{{"Authorization": "{}"}}'),
)
BARE = (
    ("password", "PASSWORD={}", "hunter"),
    ("password", "export DB_PASSWORD={}", "correcthorse"),
    ("password", "password: {}", "hunter22"),
    ("password", "passwd={}", "tr0ub4dor"),
    ("password", "hi, my password is {} and it does not work", "hunter22"),
    ("token", "The token is: {}.", "123456"),
    ("model_key", "use {}", "sk-abcdefghijklmnopqrstuvwxyzABCDEF"),
    ("password", "postgres://app:{}@db.internal:5432/app", "pw"),
    ("password", "redis://:{}@cache:6379/0", "pw9"),
    ("token", "GET /v1/items?token={}&page=2", "abcdef"),
    ("token", "curl -H 'X-Auth-Token: {}'", "9f8e7d6c5b4a"),
    ("api_key", "OPENAI_API_KEY={}", "whatever"),
    ("api_key", "https://example.org/search?q=x&api_key={}", "plainword"),
    ("api_key", "AccountName=store;AccountKey={};EndpointSuffix=x", "ab12CD34ef56=="),
    ("authorization", "Authorization: Bearer {}", "opaque"),
    ("authorization", "authorization: Basic {}", "dXNlcjpwYXNz"),
    ("authorization", "< Authorization: Token {}", "abc"),
    ("token", "sent with bearer {}", "abcd1234efgh5678ijkl"),
    ("cookie", "Cookie: {}", "sid=31d4d96e407aad42; theme=dark"),
    ("cookie", "Set-Cookie: {}", "session=abc123; Path=/; HttpOnly"),
    ("api_key", "aws_secret_access_key = {}", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"),
)


def wanted() -> Iterator[Snippet]:
    """What must be found: every class in every sentence, and secrets under their names."""
    rnd = random.Random(20261122)
    for label, make in VALUES.items():
        for sentence in SENTENCES * 3:
            value = make(rnd)
            if '"' in sentence:
                value = orjson.dumps(value).decode()[1:-1]
            yield Snippet(label, sentence.format(value), value)
    for label, form in NAMED:
        for value in PASSWORDS:
            if form.count("'") < 4 or '"' not in value:
                yield Snippet(label, form.format(value), value)
    for label, form, value in BARE:
        yield Snippet(label, form.format(value), value)


def plain() -> Iterator[Snippet]:
    """What must be left alone: code, ids, hashes, numbers, versions."""
    rnd = random.Random(4711)
    for _ in range(60):
        yield Snippet("uuid", f"request {uuid.UUID(int=rnd.getrandbits(128), version=4)} was retried")
        yield Snippet("uuid", str(uuid.UUID(int=rnd.getrandbits(128), version=4)).upper())
        yield Snippet("hash", f"sha256:{rnd.randbytes(32).hex()}")
        yield Snippet("hash", f"commit {rnd.randbytes(20).hex()} on main")
        yield Snippet("hash", f"etag {base64.b64encode(rnd.randbytes(24)).decode()}")
        yield Snippet("order", f"order {digits(rnd, 16)} was shipped")
        yield Snippet("order", f"Order number: {digits(rnd, 12)}")
        yield Snippet("order", f"order 112-{digits(rnd, 7)}-{digits(rnd, 7)}")
        yield Snippet("order", f"invoice INV-{rnd.randrange(2020, 2027)}-{digits(rnd, 8)}")
        yield Snippet("order", f"tracking 1Z{chars(rnd, UPPER, 16)}")
        yield Snippet("order", f'{{"order_id": {rnd.randrange(4 * 10**15, 5 * 10**15)}, "items": 3}}')
        version = f"{rnd.randrange(30)}.{rnd.randrange(30)}.{rnd.randrange(99)}"
        yield Snippet("version", f"version {version}.{rnd.randrange(9)}")
        yield Snippet("version", f"upgrade to v{version}.{rnd.randrange(200)}-rc1")
        yield Snippet("version", f"Chrome/{rnd.randrange(90, 140)}.0.{rnd.randrange(1000, 7000)}.{rnd.randrange(200)}")
        yield Snippet("version", f"package=={version}.{rnd.randrange(50)}")
        yield Snippet("version", f'"sdk_version": "{version}.{rnd.randrange(50)}"')
        yield Snippet("number", f"at {1_790_000_000_000 + rnd.randrange(10**9)} ms, {rnd.random()} of it")
        yield Snippet("number", f"[{rnd.random()}, -{rnd.random()}, {rnd.uniform(-9, 9)}, {rnd.random():.16f}]")
        yield Snippet("number", f"start={1_790_000_000_000_000_000 + rnd.randrange(10**15)}")
        yield Snippet(
            "number", f"{rnd.randrange(2000, 2030)}-{rnd.randrange(10, 12)}-{rnd.randrange(10, 28)}T12:34:56Z"
        )
        yield Snippet("id", f"chatcmpl-{chars(rnd, ALNUM, 29)}")
        yield Snippet("id", f"call_{chars(rnd, ALNUM, 24)} from toolu_{chars(rnd, ALNUM, 24)}")
    for text in CODE * 3:
        yield Snippet("code", text)


CODE = (
    "def login(user: str, password: str) -> Token:",
    "password = getpass.getpass()",
    "if token is None: raise Missing(token)",
    "client = OpenAI(api_key=os.environ['OPENAI_API_KEY'])",
    "client = Client(api_key=settings.api_key, token=token)",
    "const token = await getToken(user.id);",
    "let secret: Secret = store.secret(name)?;",
    "password: z.string().min(8)",
    "password=${DB_PASSWORD}",
    "api_key: {{ openai_api_key }}",
    "Authorization: <your key>",
    '{"password": null, "token": "", "secret": "***"}',
    '{"properties": {"password": {"type": "string", "description": "at least 8 characters"}}}',
    '{"max_tokens": 1024, "token_count": 17, "stop_token": "</s>", "eos_token": "<|end|>"}',
    '{"logprobs": [{"token": "Hello", "logprob": -0.1, "bytes": [72]}]}',
    '{"next_page_token": "abc123def456", "items": []}',
    "The secret: be patient. The token: a coin.",
    "The secret is patience, the password is required, the token is missing, a cookie is 'set'",
    "Enter your password: then press return",
    "forgot password? the cookie: chocolate",
    "std::vector<std::pair<a::b, c::d>> x = y[1::2];",
    "for (i = 0; i < 10; ++i) sum += a[i] + 12345678;",
    "@app.route('/users/<id>')",
    "npm install lodash@4.17.21 @types/node@20.1.0",
    "git clone git@github.com:someone/something.git",
    '<img src="logo@2x.png">',
    ".sk-fading-circle-delay-12 { animation: x 1.2s }",
    "task-1234567890abcdefghij done by desk-a1b2c3d4e5f6g7h8i9j0",
    "12:34:56.789 took 00:00:01",
    "MAC aa:bb:cc:dd:ee:ff on 127.0.0.1 and ::1 and 0.0.0.0:8080",
    "netmask 255.255.255.0",
    "assert f(3.14159265358979) == 2.718281828459045",
    "SELECT * FROM t WHERE a = '2024-01-02' AND b BETWEEN 100 AND 200 -- 555",
    "x = {'key': 'value', 'primary_key': 'id', 'foreign_key': 'user_id'}",
    "sorted(d, key=lambda one: one.key)",
    "UTC+02:00, +12, +1.5e10, 1-800 things",
    "ISBN 978-3-16-148410-0 and EAN 4006381333931",
    "see section 1.2.3.4 of the manual",
    "AKIATA is a town; ASIAN food; sky-blue; eyJust",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
    "bearer of bad news, bearer-token authentication",
    "https://example.org:8443/path?x=1#frag and ftp://host/file",
    "tokenizer: cl100k_base, tokens: 12, token_type: Bearer",
    "gpt-4o-2024-08-06 then claude-sonnet-4-5-20250929 then gemini-2.5-pro-001",
    "lr=0.0001 beta=0.999 seed=1234567890",
    "0x7fffffffffffffff == 9223372036854775807",
)
