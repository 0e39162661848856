"""What the writer needs of the store: which spans it knows, and groups written so that a repeat does nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from itertools import batched
from typing import Any
from uuid import UUID

import orjson

from ledger.domain.span import Span
from ledger.store.client import Columns, Store

type Key = tuple[str, str]
"""Trace id and span id in hex."""

KEYS_AT_ONCE = 2000
"""A question goes to the server in its address, which may hold a mebibyte at most."""

PREVIEW = 200
NO_SPAN = b"\0" * 8


@dataclass(frozen=True, slots=True)
class Known:
    """Where the store has a span, and in which version."""

    start: int
    version: int


@dataclass(frozen=True, slots=True)
class Sending:
    """One sending of a span, with the version in which it competes with others; times in microseconds since 1970."""

    project: UUID
    span: Span
    version: int
    received_at: int


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A span that has moved leaves its old place empty."""

    project: UUID
    trace_id: str
    span_id: str
    start: int
    version: int


def known(store: Store, project: UUID, keys: Sequence[Key]) -> dict[Key, Known]:
    """Those of the keys that the store has."""
    found: dict[Key, Known] = {}
    for some in batched(dict.fromkeys(keys), KEYS_AT_ONCE):
        rows = store.query("known_keys", project=project, keys=",".join(trace + span for trace, span in some))
        found |= {(row["trace"], row["span"]): Known(row["start"], row["version"]) for row in rows}
    return found


def is_written(store: Store, node: str, seq: int) -> bool:
    """Whether this group is wholly in the store: asked before a replay, which may come after any delay."""
    return bool(store.query("group_written", node=node, seq=seq)[0]["found"])


def write_spans(store: Store, sendings: Sequence[Sending], tombstones: Sequence[Tombstone], token: str = "") -> None:
    """Bodies first, so that a span that can be seen can be opened; each table's rows are taken once under one token."""
    store.insert("bodies", bodies(sendings), token and f"{token}:bodies")
    store.insert("spans", facts(sendings), token and f"{token}:spans")
    store.insert("spans", gone(tombstones), token and f"{token}:tombstones")
    store.insert("span_keys", keys_of(sendings), token and f"{token}:span_keys")


def announce(store: Store, sendings: Sequence[Sending], node: str, seq: int, token: str) -> None:
    """Tells the followers which traces have grown, and notes that the group is wholly here."""
    traces = list(dict.fromkeys((one.project, one.span.trace_id) for one in sendings))
    arrivals: Columns = {
        "node": [node] * len(traces),
        "group_seq": [seq] * len(traces),
        "project_id": [project for project, _ in traces],
        "trace_id": [bytes.fromhex(trace_id) for _, trace_id in traces],
    }
    store.insert("arrivals", arrivals, f"{token}:arrivals")
    written: Columns = {"node": [node], "group_seq": [seq], "spans": [len(sendings)]}
    store.insert("written_groups", written, f"{token}:written_groups")


def places(sendings: Sequence[Sending]) -> dict[str, Sequence[Any]]:
    """The columns that spans, bodies and keys share; values are whatever the column's type takes, hence Any."""
    return {
        "project_id": [one.project for one in sendings],
        "start_time": [one.span.start for one in sendings],
        "trace_id": [bytes.fromhex(one.span.trace_id) for one in sendings],
        "span_id": [bytes.fromhex(one.span.span_id) for one in sendings],
        "version": [one.version for one in sendings],
    }


def keys_of(sendings: Sequence[Sending]) -> Columns:
    return places(sendings)


def bodies(sendings: Sequence[Sending]) -> Columns:
    spans = [one.span for one in sendings]
    return places(sendings) | {
        "input": [span.input for span in spans],
        "output": [span.output for span in spans],
        "attributes": [as_json(span.attributes) for span in spans],
        "resource": [as_json(span.resource) for span in spans],
        "events": [as_json(span.events) if span.events else "[]" for span in spans],
        "links": [as_json(span.links) if span.links else "[]" for span in spans],
        "envelope": [as_json(span.envelope) for span in spans],
    }


def facts(sendings: Sequence[Sending]) -> Columns:
    spans = [one.span for one in sendings]
    return (
        places(sendings)
        | described(spans)
        | counted(spans)
        | {
            "parent_id": [bytes.fromhex(span.parent_id) or NO_SPAN for span in spans],
            "received_at": [one.received_at for one in sendings],
            "duration_us": [span.duration for span in spans],
            "own_route": [span.route for span in spans],
            "input_preview": [preview(span.input) for span in spans],
            "output_preview": [preview(span.output) for span in spans],
            "finish_reasons": [list(span.finish_reasons) for span in spans],
            "flags": [list(span.flags) for span in spans],
            "ttft_us": [span.ttft for span in spans],
            "mapping_version": [span.mapping_version for span in spans],
            "weight": [span.weight for span in spans],
            "input_hash": [input_hash(span) for span in spans],
            "tags": [span.tags for span in spans],
        }
    )


SAME = (
    *("kind", "name", "status", "failure_kind", "error_type", "error_message", "operation", "provider", "model"),
    *("request_model", "response_id", "session_id", "user_id", "customer", "environment", "release"),
    *("service", "instance", "scope", "prompt", "agent", "tool", "tier", "region", "variant"),
)
"""Fields of a span that are columns of the same name."""


def described(spans: Sequence[Span]) -> dict[str, Sequence[Any]]:
    return {name: [getattr(span, name) for span in spans] for name in SAME}


def counted(spans: Sequence[Span]) -> dict[str, Sequence[Any]]:
    """Tokens and the client's own cost; None stays None."""
    usages = [span.usage for span in spans]
    return {
        "input_tokens": [usage.input for usage in usages],
        "cache_read_tokens": [usage.cache_read for usage in usages],
        "cache_write_tokens": [usage.cache_write for usage in usages],
        "cache_write_1h_tokens": [usage.cache_write_1h for usage in usages],
        "output_tokens": [usage.output for usage in usages],
        "reasoning_tokens": [usage.reasoning for usage in usages],
        "input_audio_tokens": [usage.input_audio for usage in usages],
        "output_audio_tokens": [usage.output_audio for usage in usages],
        "input_image_tokens": [usage.input_image for usage in usages],
        "output_image_tokens": [usage.output_image for usage in usages],
        "reported_cost": [None if span.reported_cost is None else Decimal(span.reported_cost) for span in spans],
    }


def gone(tombstones: Sequence[Tombstone]) -> Columns:
    return {
        "project_id": [one.project for one in tombstones],
        "start_time": [one.start for one in tombstones],
        "trace_id": [bytes.fromhex(one.trace_id) for one in tombstones],
        "span_id": [bytes.fromhex(one.span_id) for one in tombstones],
        "version": [one.version for one in tombstones],
        "is_deleted": [1] * len(tombstones),
    }


def input_hash(span: Span) -> int:
    """What a tool was asked, as a number of 64 bits that is the same however it was written down; 0 for nothing."""
    asked = span.input.strip()
    if span.kind != "tool" or not asked:
        return 0
    return int.from_bytes(blake2b(canonical(asked), digest_size=8).digest()) or 1


def canonical(text: str) -> bytes:
    """JSON, or JSON in a JSON string, without its spaces and with its members in order; any other text as it is."""
    if text[0] in '{["':
        try:
            held = orjson.loads(text)
            if isinstance(held, str):
                return canonical(held) if held[:1] in ("{", "[") else held.encode()
            return orjson.dumps(held, option=orjson.OPT_SORT_KEYS)
        except (orjson.JSONDecodeError, orjson.JSONEncodeError, UnicodeEncodeError):
            pass
    return text.encode(errors="surrogatepass")


def as_json(value: object) -> str:
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def preview(content: str) -> str:
    """The beginning of a text; of a conversation, of what was said last."""
    if content.startswith("[{") and len(content) <= 65_536:
        content = " ".join(said(content)) or content
    return content[:PREVIEW]


def said(conversation: str) -> Iterator[str]:
    """The texts of the last message that has any."""
    try:
        messages = orjson.loads(conversation)
    except orjson.JSONDecodeError:
        return
    for message in reversed(messages):
        parts = message.get("parts") if isinstance(message, Mapping) else None
        texts = [part.get("content") for part in parts or () if isinstance(part, Mapping)]
        found = [text for text in texts if isinstance(text, str) and text]
        if found:
            yield from found
            return
