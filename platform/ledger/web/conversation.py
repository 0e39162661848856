"""What was said, as a person reads it: messages of any client's shape become roles and pieces of plain text.

Messages come as `{"role", "parts": […]}`, as `{"role", "content": text or […], "tool_calls": […]}`, or not as messages
at all; nothing is left out: what isn't understood is shown as the JSON it is.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ledger.domain.span import Value

TEXT_KEYS = ("content", "text", "input_text", "output_text", "reasoning", "thinking")
CALL_TYPES = ("tool_call", "tool_use", "tool-call", "function_call", "function")
ANSWER_TYPES = ("tool_call_response", "tool_result", "tool-result", "function_call_output")
THOUGHT_TYPES = ("reasoning", "thinking")
DEEP = 30


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a message; `label` says what it is where it isn't simply text."""

    text: str
    label: str = ""
    code: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. The role is empty where the text isn't a message."""

    role: str
    pieces: tuple[Piece, ...]


def read(value: Value) -> list[Message]:
    """The messages in a span's input or output."""
    return [] if value is None or value == "" else list(messages(value))


def messages(value: Value) -> Iterator[Message]:
    match value:
        case dict() if are_messages(value.get("messages")):
            yield from messages(value["messages"])
            yield from rest({name: part for name, part in value.items() if name != "messages"})
        case list() if are_messages(value):
            yield from map(message, value)
        case _:
            yield message(value)


def rest(others: dict[str, Value]) -> Iterator[Message]:
    """What stood beside the messages of a request: its model, its tools."""
    if others:
        yield Message("", (Piece(pretty(others), "sent along", code=True),))


def are_messages(value: Value) -> bool:
    return isinstance(value, list) and bool(value) and all(role(item) for item in value)


def role(value: Value) -> str:
    """Who speaks; empty where the value is no message."""
    said = value.get("role") if isinstance(value, dict) else ""
    return said if isinstance(said, str) else ""


def message(value: Value) -> Message:
    if isinstance(value, dict) and role(value):
        return Message(role(value), tuple(pieces(value)) or (Piece("", "nothing was recorded"),))
    return Message("", (written(value),))


def pieces(value: dict[str, Value]) -> Iterator[Piece]:
    for name in ("reasoning_content", "content", "parts", "refusal"):
        yield from content(value.get(name), "" if name in ("content", "parts") else name.replace("_", " "))
    calls = value.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        yield part(call) if is_typed(call) else tool_call(call)


def content(value: Value, label: str = "") -> Iterator[Piece]:
    match value:
        case None | "" | []:
            return
        case str():
            yield Piece(value, label)
        case list():
            yield from map(part, value)
        case _:
            yield written(value)


def is_typed(value: Value) -> bool:
    return isinstance(value, dict) and isinstance(value.get("type"), str)


def part(value: Value) -> Piece:
    if not isinstance(value, dict):
        return written(value)
    kind = value.get("type")
    if kind in CALL_TYPES:
        return tool_call(value)
    if kind in ANSWER_TYPES:
        return tool_answer(value)
    label = "reasoning" if kind in THOUGHT_TYPES else ""
    text = next((value[key] for key in TEXT_KEYS if isinstance(value.get(key), str)), None)
    return Piece(text, label) if isinstance(text, str) else Piece(pretty(value), str(kind or ""), code=True)


def tool_call(value: Value) -> Piece:
    """`lookup(…)` in any of its spellings: flat, or inside `function`."""
    call = value.get("function", value) if isinstance(value, dict) else value
    if not isinstance(call, dict):
        return written(value)
    name = call.get("name") or call.get("toolName") or "a tool without a name"
    given = next((call[key] for key in ("arguments", "input", "args") if key in call), None)
    return Piece(pretty(parsed(given)), f"calls {name}", code=True)


def tool_answer(value: dict[str, Value]) -> Piece:
    said = next((value[key] for key in ("result", "response", "content", "output") if key in value), None)
    return Piece(pretty(parsed(said)), "tool answers", code=not isinstance(parsed(said), str))


def written(value: Value) -> Piece:
    """A value that is no message: text as it is, everything else as JSON."""
    return Piece(value) if isinstance(value, str) else Piece(pretty(value), code=True)


def parsed(value: Value) -> Value:
    """Arguments travel as JSON inside a string."""
    if not isinstance(value, str):
        return value
    try:
        inner: Value = json.loads(value)
    except (ValueError, RecursionError):  # not JSON, or nested deeper than anyone reads
        return value
    return inner


def pretty(value: Value) -> str:
    """JSON with line breaks; too deep for those it is one line, since indents grow with the square of the depth."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, indent=2 if depth(value) <= DEEP else None)
    except RecursionError:
        return "nested too deep to be shown"


def depth(value: Value) -> int:
    level, deepest = [value], 0
    while level and deepest <= DEEP:
        level = [inner for outer in level for inner in inside(outer)]
        deepest += 1
    return deepest


def inside(value: Value) -> Iterable[Value]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
        case _:
            return ()
