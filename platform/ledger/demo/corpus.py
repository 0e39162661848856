"""The captured traffic of real clients, moved in time so that it happened in the last hours."""

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

CORPUS = Path(__file__).parents[3] / "tests" / "corpus"
TRACES = "/v1/traces"
PROTOBUF, JSON = "application/x-protobuf", "application/json"
BETWEEN = timedelta(minutes=17)
"""From one capture to the next one further back."""
MOMENT = re.compile(r'("?)(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)\1\Z')
DRIFT = timedelta(days=1)
"""A time inside an attribute belongs to the capture if it is no further than this from its end."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One request as it goes to the door."""

    path: str
    content_type: str
    body: bytes


class Capture(Protocol):
    """A captured body that can be moved."""

    def last(self) -> int:
        """Its latest end, in nanoseconds since 1970."""

    def moved(self, by: int) -> Sending: ...


def sendings(until: datetime, folder: Path = CORPUS) -> Iterator[Sending]:
    """Every captured request of spans; each combination of clients ends a little before the one read before it."""
    combinations = sorted(path for path in folder.glob("*") if path.is_dir())
    for place, combination in enumerate(combinations, start=1):
        captures = list(read(combination))
        if captures:
            end = int((until - place * BETWEEN).timestamp()) * 10**9
            shift = end - max(capture.last() for capture in captures)
            yield from (capture.moved(shift) for capture in captures)


def read(combination: Path) -> Iterator[Capture]:
    for note in sorted(combination.glob("*.headers.json")):
        told = json.loads(note.read_text())
        headers = {name.lower(): value for name, value in told["headers"]}
        path = told["path"] if told["transport"] == "http" else TRACES
        if not path.endswith(TRACES):
            continue
        body = note.with_name(note.name.replace(".headers.json", ".bin")).read_bytes()
        body = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        yield JsonCapture(path, body) if JSON in headers.get("content-type", "") else ProtobufCapture(path, body)


class ProtobufCapture:
    def __init__(self, path: str, body: bytes) -> None:
        self._path, self._export = path, ExportTraceServiceRequest.FromString(body)

    @property
    def _spans(self) -> Iterator[Any]:  # protobuf's own classes
        for resource in self._export.resource_spans:
            for scope in resource.scope_spans:
                yield from scope.spans

    def last(self) -> int:
        return max((span.end_time_unix_nano for span in self._spans), default=0)

    def moved(self, by: int) -> Sending:
        around = self.last()
        for span in self._spans:
            span.start_time_unix_nano += by
            span.end_time_unix_nano += by
            for event in span.events:
                event.time_unix_nano += by
            for attribute in span.attributes:
                if attribute.value.WhichOneof("value") == "string_value":
                    attribute.value.string_value = moved_text(attribute.value.string_value, by, around)
        return Sending(self._path, PROTOBUF, self._export.SerializeToString())


class JsonCapture:
    def __init__(self, path: str, body: bytes) -> None:
        self._path, self._export = path, json.loads(body)

    @property
    def _spans(self) -> Iterator[Any]:  # JSON as the client wrote it
        for resource in self._export["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                yield from scope["spans"]

    def last(self) -> int:
        return max((int(span["endTimeUnixNano"]) for span in self._spans), default=0)

    def moved(self, by: int) -> Sending:
        around = self.last()
        for span in self._spans:
            move_keys(span, ("startTimeUnixNano", "endTimeUnixNano"), by)
            for event in span.get("events", []):
                move_keys(event, ("timeUnixNano",), by)
            for attribute in span.get("attributes", []):
                value = attribute["value"]
                if "stringValue" in value:
                    value["stringValue"] = moved_text(value["stringValue"], by, around)
        return Sending(self._path, JSON, json.dumps(self._export).encode())


def move_keys(thing: dict[str, Any], keys: Sequence[str], by: int) -> None:
    for key in keys:
        thing[key] = str(int(thing[key]) + by)


def moved_text(text: str, by: int, around: int) -> str:
    """A text that is nothing but a moment of the capture, as clients send it beside the span's own times, moved too."""
    found = MOMENT.match(text)
    if found is None:
        return text
    moment = datetime.fromisoformat(found[2])
    if abs(moment.timestamp() - around / 10**9) > DRIFT.total_seconds():
        return text
    later = moment + timedelta(microseconds=by // 1000)
    return found[1] + later.isoformat(timespec="microseconds").replace("+00:00", "Z") + found[1]
