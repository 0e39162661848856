"""Bodies made to keep the door busy or to fill its memory, beside the largest honest ones."""

import gzip
import random
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import orjson
import zstandard
from google.protobuf.internal.encoder import _VarintBytes  # type: ignore[attr-defined]  # a private name

from tests.bench.payloads import as_json, batch, prose

MEBIBYTE = 1024 * 1024
NEARLY = 63 * MEBIBYTE
"""Below the limit of 64."""

START = 1_790_000_000_000_000_000


@dataclass(frozen=True, slots=True)
class Body:
    """One body and how it is sent; `make` is called when it is its turn."""

    name: str
    make: Callable[[], bytes]
    path: str = "/v1/traces"
    content_type: str = "application/x-protobuf"
    encoding: str = ""
    grpc: bool = False
    policy: str = "mask"
    """The project's redaction: `personal` looks for all there is."""
    at_once: int = 1
    headers: dict[str, str] = field(default_factory=dict)


def varint(number: int) -> bytes:
    return bytes(_VarintBytes(number))


def framed(number: int, content: bytes) -> bytes:
    """A field with a length."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def fixed(number: int, value: int) -> bytes:
    return varint(number << 3 | 1) + value.to_bytes(8, "little")


def attribute(key: str, text: bytes) -> bytes:
    return framed(9, framed(1, key.encode()) + framed(2, framed(1, text)))


def a_span(number: int, *fields: bytes) -> bytes:
    known = framed(1, b"\1" * 16) + framed(2, number.to_bytes(8)) + framed(5, b"a span")
    return framed(2, known + fixed(7, START) + fixed(8, START + 1000) + b"".join(fields))


def a_request(*spans: bytes) -> bytes:
    return framed(1, framed(2, b"".join(spans)))


def filled(piece: bytes, size: int = NEARLY) -> bytes:
    return piece * (size // len(piece))


def calls(size: int = NEARLY) -> bytes:
    """As many calls of 2.9 KB as fit: no two alike."""
    made, held = [], 0
    for seed in range(10_000):
        made.append(batch(512, seed))
        held += len(made[-1])
        if held + len(made[-1]) > size:
            break
    return b"".join(made)


def calls_in_json() -> bytes:
    pieces, held = [], 0
    for seed in range(10_000):
        whole = orjson.dumps(orjson.loads(as_json(batch(512, seed)))["resourceSpans"])[1:-1]
        if held + len(whole) > NEARLY:
            break
        pieces.append(whole)
        held += len(whole) + 1
    return b'{"resourceSpans":[' + b",".join(pieces) + b"]}"


def small_spans() -> bytes:
    return a_request(*(a_span(number + 1, attribute("gen_ai.operation.name", b"chat")) for number in range(100_000)))


def small_spans_in_json() -> bytes:
    pattern = '{"traceId":"%032x","spanId":"%016x","name":"a span","startTimeUnixNano":"%d","endTimeUnixNano":"%d"}'
    spans = ",".join(pattern % (1, number + 1, START, START + 1000) for number in range(100_000))
    return f'{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{spans}]}}]}}]}}'.encode()


def texts(make: Callable[[int], bytes], key: str = "text", count: int = 60) -> bytes:
    """Spans with one text of nearly a mebibyte each."""
    return a_request(*(a_span(number + 1, attribute(key, make(number))) for number in range(count)))


def repeated(piece: str) -> Callable[[int], bytes]:
    """A mebibyte of the same; the number makes no two texts alike."""
    return lambda number: f"{number} ".encode() + filled(piece.encode(), MEBIBYTE - 16)


def numbered(pattern: str) -> Callable[[int], bytes]:
    """A mebibyte in which every piece is another."""
    return lambda number: "".join(
        pattern.format(number * 100_000 + at) for at in range((MEBIBYTE - 16) // len(pattern.format(6_000_000)))
    ).encode()


def listed(piece: str, key: str) -> bytes:
    """JSON lists of a mebibyte each, under an attribute that a convention reads."""
    inner = "[" + ",".join([piece] * ((MEBIBYTE - 16) // (len(piece) + 1))) + "]"
    return texts(lambda _: inner.encode(), key)


def noise(number: int) -> bytes:
    return random.Random(number).randbytes(MEBIBYTE // 2).hex().encode()[: MEBIBYTE - 16]


def many_attributes(pattern: str, spans: int = 199, each: int = 10_000) -> bytes:
    held = b"".join(framed(9, framed(1, (pattern % at).encode()) + framed(2, b"\x18\x01")) for at in range(each))
    return a_request(*(a_span(number + 1, held) for number in range(spans)))


def log_records() -> bytes:
    """Answers of models as log records, 2 KB each."""
    rnd = random.Random(1)

    def record(number: int) -> bytes:
        content = framed(1, framed(1, b"content") + framed(2, framed(1, prose(rnd, 1900).encode())))
        body = framed(5, framed(6, content))
        return framed(
            2,
            fixed(1, START)
            + body
            + framed(9, b"\1" * 16)
            + framed(10, number.to_bytes(8))
            + framed(12, b"gen_ai.choice"),
        )

    return framed(1, framed(2, b"".join(record(number + 1) for number in range(30_000))))[: 64 * MEBIBYTE]


def points() -> bytes:
    """100,000 data points of a metric that is kept."""
    labels = framed(7, framed(1, b"gen_ai.token.type") + framed(2, framed(1, b"input")))

    def point(number: int) -> bytes:
        own = framed(7, framed(1, b"user.id") + framed(2, framed(1, str(number).encode() * 20)))
        return framed(1, labels + own + fixed(3, START) + fixed(6, number))

    gauge = framed(5, b"".join(point(number) for number in range(100_000)))
    return framed(1, framed(2, framed(2, framed(1, b"gen_ai.client.token.usage") + gauge)))


def in_json(inner: str) -> bytes:
    """A request in JSON with this where its spans are."""
    return f'{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{inner}]}}]}}]}}'.encode()


def bomb(size: int) -> Iterator[bytes]:
    return (bytes(MEBIBYTE) for _ in range(size // MEBIBYTE))


def gzip_bomb() -> bytes:
    squeezer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    return b"".join(squeezer.compress(part) for part in bomb(1024 * MEBIBYTE)) + squeezer.flush()


def zstd_bomb() -> bytes:
    squeezer = zstandard.ZstdCompressor(level=3).compressobj()
    return b"".join(squeezer.compress(part) for part in bomb(1024 * MEBIBYTE)) + squeezer.flush()


def zipped(make: Callable[[], bytes], level: int = 6) -> Callable[[], bytes]:
    return lambda: gzip.compress(make(), level)


JSON = "application/json"

BODIES = (
    Body("22,000 calls", calls),
    Body("22,000 calls over gRPC", calls, grpc=True),
    Body("22,000 calls, gzip", zipped(calls, 1), encoding="gzip"),
    Body("22,000 calls, gzip, over gRPC", zipped(calls, 1), grpc=True),
    Body("17,000 calls in JSON", calls_in_json, content_type=JSON),
    Body("100,000 small spans", small_spans),
    Body("100,000 small spans in JSON", small_spans_in_json, content_type=JSON),
    Body("one text of 60 MiB", lambda: texts(lambda _: b"x" * (60 * MEBIBYTE), count=1)),
    Body("60 texts of 1 MiB, noise", lambda: texts(noise)),
    Body("60 texts of 1 MiB, noise, over gRPC", lambda: texts(noise), grpc=True),
    Body("30,000,000 unknown fields", lambda: filled(b"\x78\x01")),
    Body("30,000,000 unknown fields in a span", lambda: a_request(a_span(1, filled(b"\xa0\x06\x01")))),
    Body("30,000,000 empty attributes", lambda: a_request(a_span(1, filled(b"\x4a\x00")))),
    Body(
        "30,000,000 empty members of a list",
        lambda: a_request(a_span(1, framed(9, framed(1, b"k") + framed(2, framed(5, filled(b"\x0a\x00")))))),
    ),
    Body("30,000,000 empty resources", lambda: filled(b"\x0a\x00")),
    Body("30,000,000 empty events", lambda: a_request(a_span(1, filled(b"\x5a\x00")))),
    Body(
        "4,000,000 empty spans, gzip",
        zipped(lambda: framed(1, framed(2, filled(b"\x12\x00", 8_000_000)))),
        encoding="gzip",
    ),
    Body("gzip bomb of 1 GiB", gzip_bomb, encoding="gzip"),
    Body("zstd bomb of 1 GiB", zstd_bomb, encoding="zstd"),
    Body("63 MiB of nothing, gzip", zipped(lambda: bytes(NEARLY), 9), encoding="gzip"),
    Body("10,000 attributes × 199 spans", lambda: many_attributes("attribute.%d")),
    Body("10,000 messages × 199 spans", lambda: many_attributes("llm.input_messages.%d.message.content")),
    Body("JSON 60,000,000 deep", lambda: b"[" * NEARLY, content_type=JSON),
    Body("JSON 500,000 deep, closed", lambda: in_json("[" * 500_000 + "]" * 500_000), content_type=JSON),
    Body("JSON with 1,900,000 empty spans", lambda: in_json(",".join(["{}"] * 1_900_000)), content_type=JSON),
    Body("JSON with 7,900,000 numbers", lambda: in_json(",".join(["1"] * 7_900_000)), content_type=JSON),
    Body(
        "JSON with 99,000 spans of strings",
        lambda: in_json(",".join(['{"name":"' + "n" * 600 + '"}'] * 99_000)),
        content_type=JSON,
    ),
    Body("JSON with a string of 60 MiB", lambda: in_json('"' + "x" * (60 * MEBIBYTE) + '"'), content_type=JSON),
    Body(
        "JSON with a string of 60 MiB, escaped",
        lambda: in_json('"' + "\\u00e4" * (10 * MEBIBYTE) + '"'),
        content_type=JSON,
    ),
    Body("broken JSON of 8 MiB", lambda: in_json(",".join(["[1.5]"] * 1_390_000) + "NaN"), content_type=JSON),
    Body("60 MiB of passwords", lambda: texts(repeated("password=hunter2hunter2 "))),
    Body("60 MiB of other passwords", lambda: texts(numbered("api_key: x{:07d}y "))),
    Body("60 MiB of names without secrets", lambda: texts(repeated("password: "))),
    Body("60 MiB of addresses", lambda: texts(numbered("p{:07d}@example.com ")), policy="personal"),
    Body("60 MiB of digits", lambda: texts(numbered("4111 1111 1{:07d} ")), policy="personal"),
    Body("60 MiB of colons", lambda: texts(repeated("a:b:")), policy="personal"),
    Body("60 MiB of JSON lists as messages", lambda: listed("{}", "gen_ai.input.messages")),
    Body(
        "60 MiB of JSON members as messages",
        lambda: listed('{"role":"user","content":"hello"}', "gen_ai.input.messages"),
    ),
    Body("60 MiB of JSON with a password", lambda: listed('{"password":"hunter2"}', "input.value")),
    Body("60 MiB of JSON numbers", lambda: listed("1", "output.value")),
    Body("30,000 log records", log_records, path="/v1/logs"),
    Body("100,000 data points", points, path="/v1/metrics"),
    Body(
        "scores, 60 MiB of empty ones",
        lambda: b"[" + b",".join([b"{}"] * (20 * MEBIBYTE)) + b"]",
        path="/v1/scores",
        content_type=JSON,
    ),
    Body(
        "scores, 400,000 good ones",
        lambda: orjson.dumps([{"trace_id": "1" * 32, "name": "n", "value": 1, "source": "code"}] * 400_000),
        path="/v1/scores",
        content_type=JSON,
    ),
    Body("22,000 calls, 8 at once", calls, at_once=8),
    Body("22,000 calls over gRPC, 8 at once", calls, grpc=True, at_once=8),
    Body("7,000 calls, 8 at once", lambda: calls(20 * MEBIBYTE), at_once=8),
    Body("60 texts of 1 MiB, noise, 8 at once", lambda: texts(noise), at_once=8),
    Body("10,000 attributes × 199 spans, 8 at once", lambda: many_attributes("attribute.%d"), at_once=8),
    Body("60 MiB of passwords, 8 at once", lambda: texts(repeated("password=hunter2hunter2 ")), at_once=8),
)
