"""Messages in one form, whoever sent them: `[{"role", "parts": [{"type", …}], "finish_reason"?}]`.

A part is `{"type": "text", "content"}`, `{"type": "tool_call", "id", "name", "arguments"}`,
`{"type": "tool_call_response", "id", "result"}`, `{"type": "reasoning", "content"}`, or whatever else was sent.
"""

from collections.abc import Iterable, Mapping

from ingest.conventions.values import as_list, as_object
from ledger.domain.span import Value

type Part = dict[str, Value]
type Message = dict[str, Value]


def message(role: str, parts: Iterable[Part], finish_reason: str = "") -> Message:
    made: Message = {"role": role, "parts": list(parts)}
    return made | {"finish_reason": finish_reason} if finish_reason else made


def text_part(content: Value) -> Part:
    return {"type": "text", "content": content}


def tool_call(ident: Value, name: Value, arguments: Value) -> Part:
    return {"type": "tool_call", "id": ident, "name": name, "arguments": arguments}


def tool_response(ident: Value, result: Value) -> Part:
    return {"type": "tool_call_response", "id": ident, "result": result}


MOST = 10_000
"""Messages of one call; a list of more is no conversation."""


def of_chat(sent: Value) -> list[Message]:
    """A list of messages, or one, in any of the shapes that chat APIs and frameworks use; empty where it is none."""
    if sent is None:
        return []
    items = as_list(sent) or [dict(as_object(sent))]
    if len(items) > MOST:
        return []
    return [of_one(item) for item in items if isinstance(item, dict) and item]


def of_one(item: Mapping[str, Value]) -> Message:
    role = str(item.get("role") or "assistant")
    if isinstance(item.get("parts"), list):
        said: Message = {key: value for key, value in item.items() if value is not None}
        return said | {"role": role}
    if role == "tool" and item.get("tool_call_id"):
        return message(role, [tool_response(item.get("tool_call_id"), item.get("content"))])
    finish = item.get("finish_reason")
    return message(role, [*of_content(item.get("content")), *of_calls(item)], str(finish) if finish else "")


def of_content(content: Value) -> list[Part]:
    if content is None or content == "":
        return []
    if isinstance(content, list):
        return [of_block(block) for block in content]
    return [text_part(content)]


def of_block(block: Value) -> Part:
    """One content block of OpenAI's, Anthropic's or Vercel's kind."""
    if not isinstance(block, dict):
        return text_part(block)
    kind = block.get("type")
    if kind in ("text", "input_text", "output_text"):
        return text_part(block.get("text"))
    if kind in ("tool-call", "tool_use"):
        ident, name = block.get("toolCallId", block.get("id")), block.get("toolName", block.get("name"))
        return tool_call(ident, name, block.get("input", block.get("args")))
    if kind in ("tool-result", "tool_result"):
        ident = block.get("toolCallId", block.get("tool_use_id"))
        return tool_response(ident, block.get("output", block.get("result", block.get("content"))))
    if kind in ("reasoning", "thinking"):
        return {"type": "reasoning", "content": block.get("text", block.get("thinking"))}
    return block


def of_calls(item: Mapping[str, Value]) -> list[Part]:
    """The tool calls beside a message's content, as OpenAI writes them."""
    parts = []
    for call in as_list(item.get("tool_calls")):
        if isinstance(call, dict):
            function = as_object(call.get("function")) or call
            parts.append(tool_call(call.get("id"), function.get("name"), function.get("arguments")))
    return parts
