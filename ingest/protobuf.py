"""OTLP's protobuf encoding, read leanly: attributes stay raw bytes until somebody wants them.

Protobuf decides by field number, not by name, so a private schema in which every text is bytes reads the same wire.
One bad string or one value nested too deep then spoils its attribute alone. Raw attributes that come again and again
are answered from a memo.
"""

import base64
import math
import struct
import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

from ingest.errors import TooLarge
from ingest.limits import ATTRIBUTES_READ, DEPTH, VALUE_LENGTH, VALUES
from ingest.trim import ATTRIBUTES_DROPPED, DEEPER, INVALID_UTF8, ODD_NUMBER, SPOILED, TOO_DEEP, trimmed
from ledger.domain.span import Value

FieldProto = descriptor_pb2.FieldDescriptorProto
BYTES, FIXED64 = FieldProto.TYPE_BYTES, FieldProto.TYPE_FIXED64
INT32, INT64 = FieldProto.TYPE_INT32, FieldProto.TYPE_INT64

type Scalar = descriptor_pb2.FieldDescriptorProto.Type.ValueType
type Field = tuple[str, int, Scalar | str | list[Scalar] | list[str]]

SHAPE: dict[str, list[Field]] = {
    "Status": [("message", 2, BYTES), ("code", 3, INT32)],
    "Event": [("time", 1, FIXED64), ("name", 2, BYTES), ("attributes", 3, [BYTES])],
    "Link": [("trace_id", 1, BYTES), ("span_id", 2, BYTES), ("attributes", 4, [BYTES])],
    "Span": [
        ("trace_id", 1, BYTES),
        ("span_id", 2, BYTES),
        ("trace_state", 3, BYTES),
        ("parent_id", 4, BYTES),
        ("name", 5, BYTES),
        ("kind", 6, INT32),
        ("start", 7, FIXED64),
        ("end", 8, FIXED64),
        ("attributes", 9, [BYTES]),
        ("events", 11, ["Event"]),
        ("links", 13, ["Link"]),
        ("status", 15, "Status"),
    ],
    "Scope": [("name", 1, BYTES), ("version", 2, BYTES)],
    "Resource": [("attributes", 1, [BYTES])],
    "Rpc": [("code", 1, INT32), ("message", 2, BYTES), ("details", 3, ["Packed"])],
    "Packed": [("type_url", 1, BYTES), ("value", 2, BYTES)],
    "RetryInfo": [("delay", 1, "Duration")],
    "Duration": [("seconds", 1, INT64)],
    "Partial": [("rejected", 1, INT64), ("message", 2, BYTES)],
    "Response": [("partial_success", 1, "Partial")],
}
"""Numbers are OTLP's and google.rpc's, names are ours; a list means repeated, a text names another message."""


def classes() -> dict[str, type[Message]]:
    """The message classes of SHAPE, in a pool of their own, so that they never meet OTLP's."""
    file = descriptor_pb2.FileDescriptorProto(name="lean.proto", package="lean", syntax="proto3")
    for name, fields in SHAPE.items():
        described = file.message_type.add(name=name)
        for field_name, number, kind in fields:
            add_field(described, field_name, number, kind)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"lean.{name}")) for name in SHAPE}


def add_field(
    described: descriptor_pb2.DescriptorProto,
    name: str,
    number: int,
    kind: Scalar | str | list[Scalar] | list[str],
) -> None:
    one = kind[0] if isinstance(kind, list) else kind
    label = FieldProto.LABEL_REPEATED if isinstance(kind, list) else FieldProto.LABEL_OPTIONAL
    field = described.field.add(name=name, number=number, label=label)
    if isinstance(one, str):
        field.type, field.type_name = FieldProto.TYPE_MESSAGE, f".lean.{one}"
    else:
        field.type = one


CLASSES = classes()


class Undecodable(ValueError):
    """The body is not what its content type says."""


def built(kind: str, raw: Any) -> Any:
    """One of SHAPE's messages, out of bytes or a view of some; its class is made at run time, hence Any."""
    try:
        return CLASSES[kind].FromString(raw)
    except DecodeError as error:
        raise Undecodable("The body is no protobuf message of OTLP's.") from error


def rpc_status(code: int, message: str, retry_after: int = 0) -> bytes:
    """A google.rpc.Status; with a RetryInfo where the same request may be sent again after some seconds."""
    status: Any = CLASSES["Rpc"](code=code, message=message.encode())
    if retry_after:
        info = CLASSES["RetryInfo"](delay=CLASSES["Duration"](seconds=retry_after))
        status.details.add(type_url=b"type.googleapis.com/google.rpc.RetryInfo", value=info.SerializeToString())
    return bytes(status.SerializeToString())


def partial_success(rejected: int, message: str) -> bytes:
    """An Export…Response of any of the three services: they share their shape."""
    partial = CLASSES["Partial"](rejected=rejected, message=message.encode())
    return CLASSES["Response"](partial_success=partial).SerializeToString()


type Raw = bytes | bytearray


def varint(raw: Raw, at: int) -> tuple[int, int]:
    """A number and the place after it."""
    number = shift = 0
    while True:
        byte = raw[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7
        if shift > 63:
            raise Undecodable("A number on the wire has more than 64 bits.")


def spans_of(raw: Raw, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """The fields between two places: number, wire type, and where the content lies (for a varint: twice its value)."""
    while at < end:
        tag, at = varint(raw, at)
        number, kind = tag >> 3, tag & 7
        if kind == 2:
            length, at = varint(raw, at)
            if at + length > end:
                break
            yield number, kind, at, at + length
            at += length
        elif kind == 0:
            value, at = varint(raw, at)
            yield number, kind, value, value
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            yield number, kind, at, at + size
            at += size
        else:
            raise Undecodable("The body holds a group, which OTLP does not know.")
    if at != end:
        raise Undecodable("The body ends in the middle of a field.")


class Patience(threading.local):
    """How many more fields of values a thread reads for the request in its hands: a small body can hold millions."""

    left = VALUES

    def begin(self) -> None:
        """A new request."""
        self.left = VALUES

    def fields(self, raw: Raw, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
        """As `spans_of`, but not for ever."""
        for field in spans_of(raw, at, end):
            self.left -= 1
            if self.left < 0:
                raise TooLarge("values in lists and maps", VALUES)
            yield field

    def messages(self, raw: Raw, at: int, end: int) -> Iterator[tuple[int, int]]:
        """The members of a list or a map."""
        return ((start, stop) for number, kind, start, stop in self.fields(raw, at, end) if number == 1 and kind == 2)


PATIENCE = Patience()


def counted(raw: Raw, path: Sequence[int], cap: int) -> int:
    """How many messages lie at the end of a path; counting stops above the cap, which holds for all else on it too."""
    return within(raw, 0, len(raw), path, cap)


def fields_in(raw: Raw, at: int, end: int, cap: int) -> int:
    """How many fields lie between two places; counting stops above the cap."""
    return sum(1 for _ in islice(spans_of(raw, at, end), cap + 1))


def within(raw: Raw, at: int, end: int, path: Sequence[int], cap: int) -> int:
    total = others = 0
    for number, kind, start, stop in spans_of(raw, at, end):
        if len(path) == 1 and number == path[0] and kind == 2:
            total += 1
        else:
            others += 1
            if number == path[0] and kind == 2:
                total += within(raw, start, stop, path[1:], cap - total)
        if total > cap or others > cap:
            return cap + 1
    return total


type Pair = tuple[str, Value, str]
"""Key, value and the flag that reading it raised, or an empty one."""

MEMO_ENTRIES, MEMO_BYTES = 20_000, 72


class Attributes:
    """Reads raw attributes; remembers the short ones, of which most come again. Its answers are shared: read only."""

    def __init__(self) -> None:
        self.memo: dict[bytes, Pair] = {}

    def read(self, raws: Iterable[bytes], flags: set[str]) -> dict[str, Value]:
        """Later keys win. Never raises: an attribute that can't be read is left out, and the span is flagged."""
        memo, found = self.memo, dict[str, Value]()
        for raw in raws:
            pair = memo.get(raw)
            if pair is None:
                pair = self.learn(raw)
            key, value, flag = pair
            if flag:
                flags.add(flag)
                if flag == SPOILED:
                    continue
            found[key] = value
            if len(found) >= ATTRIBUTES_READ:
                flags.add(ATTRIBUTES_DROPPED)
                break
        return found

    def learn(self, raw: bytes) -> Pair:
        try:
            pair = usual(raw) or key_value(raw)
        except (IndexError, ValueError, struct.error):
            pair = ("", None, SPOILED)
        if len(raw) <= MEMO_BYTES:
            if len(self.memo) >= MEMO_ENTRIES:
                self.memo.clear()
            self.memo[raw] = pair
        return pair


def usual(raw: bytes) -> Pair | None:
    """A key and a text, short enough and in the order in which everybody writes them; None for all that is not."""
    if raw[0] != 10:
        return None
    length, at = varint(raw, 1)
    middle = at + length
    if raw[middle] != 18:
        return None
    size, value = varint(raw, middle + 1)
    if not size or value + size != len(raw) or raw[value] != 10:
        return None
    said, begin = varint(raw, value + 1)
    if begin + said != len(raw) or said > VALUE_LENGTH:
        return None
    try:
        return raw[at:middle].decode(), raw[begin:].decode(), ""
    except UnicodeDecodeError:
        return None


def key_value(raw: bytes) -> Pair:
    """One KeyValue: a text and an AnyValue."""
    flags: set[str] = set()
    key, value = "", None
    for number, kind, start, stop in PATIENCE.fields(raw, 0, len(raw)):
        if number == 1 and kind == 2:
            key = text(raw[start:stop], flags)
        elif number == 2 and kind == 2:
            value = any_value(raw, start, stop, flags, 1)
    return key, value, min(flags, default="")


def any_value(raw: bytes, at: int, end: int, flags: set[str], depth: int) -> Value:
    """An AnyValue; one that is empty is None. What is nested is read in its place: copies of copies would add up."""
    if depth > DEPTH:
        flags.add(TOO_DEEP)
        return DEEPER
    found: Value = None
    for number, kind, start, stop in PATIENCE.fields(raw, at, end):
        found = scalar(number, kind, start, raw[start:stop], flags) if number in SCALARS else found
        if number == 5 and kind == 2:
            found = [any_value(raw, a, b, flags, depth + 1) for a, b in PATIENCE.messages(raw, start, stop)]
        elif number == 6 and kind == 2:
            found = key_values(raw, start, stop, flags, depth + 1)
    return found


SCALARS = frozenset({1, 2, 3, 4, 7})


def scalar(number: int, kind: int, value: int, raw: bytes, flags: set[str]) -> Value:
    """One of AnyValue's plain members, by its field number and wire type."""
    if number == 1 and kind == 2:
        return trimmed(text(raw, flags), flags)
    if number == 2 and kind == 0:
        return value != 0
    if number == 3 and kind == 0:
        return value - (1 << 64) if value >> 63 else value
    if number == 4 and kind == 1:
        return finite(struct.unpack("<d", raw)[0], flags)
    if number == 7 and kind == 2:
        return trimmed(base64.b64encode(raw).decode(), flags)
    return None


def key_values(raw: bytes, at: int, end: int, flags: set[str], depth: int) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for start, stop in PATIENCE.messages(raw, at, end):
        key, value = "", None
        for number, kind, a, b in PATIENCE.fields(raw, start, stop):
            if number == 1 and kind == 2:
                key = text(raw[a:b], flags)
            elif number == 2 and kind == 2:
                value = any_value(raw, a, b, flags, depth)
        found[key] = value
    return found


def text(raw: bytes, flags: set[str]) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        flags.add(INVALID_UTF8)
        return raw.decode("utf-8", "replace")


def finite(number: float, flags: set[str]) -> float | None:
    if math.isfinite(number):
        return number
    flags.add(ODD_NUMBER)
    return None
