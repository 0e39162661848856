"""GenAI events that tell what was said in a span, made into messages of our form."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from ingest.checked import LATEST
from ingest.conventions.messages import Message, of_one
from ingest.conventions.opentelemetry import input_messages, output_messages
from ingest.conventions.sent import Sent
from ingest.conventions.table import CONTENT_LENGTH
from ingest.conventions.values import as_json, as_object
from ingest.logs_wire import LogRecord
from ledger.domain.message_event import DETAILS, EXCEPTION, MessageEvent
from ledger.domain.span import Value

type Said = tuple[str, str]
"""What went in and what came out: JSON lists of messages, empty where nothing was told."""


def details(record: LogRecord) -> Said:
    """A whole call in one event, under the names that a span has for it."""
    held = {**as_object(record.body), **record.attributes}
    sent = Sent(trace_id=record.trace_id, span_id=record.span_id, attributes=held)
    return input_messages(sent) or "", output_messages(sent) or ""


def heard(role: str) -> Callable[[LogRecord], Said]:
    """A message that went in; its role is told by the event's name unless the message tells another."""

    def read(record: LogRecord) -> Said:
        return spoken(content_of(record), role), ""

    return read


def choice(record: LogRecord) -> Said:
    """One answer; content, role and tool calls are in its message."""
    held = content_of(record)
    said = held.get("message")
    inner = as_object(said) if isinstance(said, dict | str) and as_object(said) else {"content": said}
    return "", spoken({**inner, "finish_reason": held.get("finish_reason")}, "assistant")


MESSAGES: dict[str, Callable[[LogRecord], Said]] = {
    DETAILS: details,
    "gen_ai.system.message": heard("system"),
    "gen_ai.user.message": heard("user"),
    "gen_ai.assistant.message": heard("assistant"),
    "gen_ai.tool.message": heard("tool"),
    "gen_ai.choice": choice,
    EXCEPTION: lambda _record: ("", ""),
}


def content_of(record: LogRecord) -> Mapping[str, Value]:
    """The event's own map: its body, or an attribute that some clients have in its place; a text is the content."""
    held = as_object(record.body) or as_object(record.attributes.get("gen_ai.event.content"))
    return held or ({"content": record.body} if isinstance(record.body, str) else {})


def spoken(held: Mapping[str, Value], role: str) -> str:
    """One message as a list in JSON; empty where it says nothing, because content is switched off."""
    said = {key: value for key, value in held.items() if value is not None}
    if role == "tool" and "id" in said:
        said = {"tool_call_id": said["id"], **said}
    made = of_one({"role": role, **said})
    return as_json([made]) if telling(made) else ""


def telling(made: Message) -> bool:
    """Whether a message has a text, a call or an answer in it: a role alone is nothing that was said."""
    parts = made.get("parts")
    held = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    return any(any(part.get(name) not in (None, "") for name in TOLD) for part in held)


TOLD = ("content", "name", "arguments", "result", "uri", "text", "data")


def message_event(record: LogRecord, position: int, said: Said) -> MessageEvent:
    """The event as it is kept, but for its id. Content over the limit is cut, as a span's is."""
    said_in, said_out = (text[:CONTENT_LENGTH] for text in said)
    return MessageEvent(
        trace_id=record.trace_id,
        span_id=record.span_id,
        id="",
        time=min(record.time // 1000, LATEST),
        position=position,
        name=record.name,
        input=said_in,
        output=said_out,
        attributes=record.attributes if record.name == EXCEPTION else {},
    )


def identified(event: MessageEvent) -> MessageEvent:
    """With an id out of what is kept of it: never out of a text that was taken out."""
    told = f"{event.name}\0{event.time}\0{event.input}\0{event.output}\0{as_json(event.attributes)}"
    return replace(event, id=hashlib.sha256(told.encode(errors="replace")).hexdigest()[:32])
