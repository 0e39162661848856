"""OpenAI's messages and items as OpenTelemetry's: a role and typed parts. Plain JSON in, plain JSON out."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

Part = dict[str, object]
Plain = Mapping[str, Any]  # JSON of foreign shape


def message(given: object) -> dict[str, object]:
    """One message of a chat."""
    if not isinstance(given, Mapping):
        return {"role": "user", "parts": parts(given)}
    role = str(given.get("role", "user"))
    if role in ("tool", "function"):
        return {"role": "tool", "parts": [tool_response(given.get("tool_call_id"), given.get("content"))]}
    calls = [call_part(call) for call in given.get("tool_calls") or () if isinstance(call, Mapping)]
    return {"role": role, "parts": [*parts(given.get("content")), *calls]}


def parts(content: object) -> list[Part]:
    """A text, or a list of typed pieces, as parts; nothing for an empty one."""
    if content is None or content == "":
        return []
    if isinstance(content, str):
        return [text(content)]
    pieces = content if isinstance(content, Sequence) else [content]
    return [part(piece) for piece in pieces]


def part(piece: object) -> Part:
    if not isinstance(piece, Mapping):
        return text(str(piece))
    if isinstance(piece.get("text"), str):
        return text(piece["text"])
    if isinstance(piece.get("refusal"), str):
        return text(piece["refusal"])
    image = piece.get("image_url")
    if image is not None:
        return picture(image)
    return {"type": str(piece.get("type", "unknown"))} | {
        key: value for key, value in piece.items() if key == "file_id"
    }


def text(words: str) -> Part:
    return {"type": "text", "content": words}


def picture(image: object) -> Part:
    """A picture as a reference: embedded data is named by its size."""
    address = str(image.get("url", "") if isinstance(image, Mapping) else image)
    if address.startswith("data:"):
        head = address.partition(",")[0]
        address = f"{head},… [{len(address) - len(head) - 1} characters]"
    return {"type": "uri", "modality": "image", "uri": address}


def call_part(call: Plain) -> Part:
    function = call.get("function") or call.get("custom") or {}
    return tool_call(call.get("id"), function.get("name", ""), function.get("arguments", function.get("input")))


def tool_call(ident: object, name: object, arguments: object) -> Part:
    return {"type": "tool_call", "id": ident, "name": name, "arguments": parsed(arguments)}


def tool_response(ident: object, response: object) -> Part:
    return {"type": "tool_call_response", "id": ident, "response": response}


def parsed(arguments: object) -> object:
    """Arguments as the model meant them; as the text it wrote where that is no JSON."""
    if not isinstance(arguments, str):
        return arguments
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


def tool_definitions(tools: Sequence[Any]) -> list[Part]:
    return [tool_definition(tool) for tool in tools if isinstance(tool, Mapping)]


def tool_definition(tool: Plain) -> Part:
    """A tool in one flat shape: chat nests it below `function`, responses do not."""
    inner = tool.get("function") or tool
    stated = {key: inner[key] for key in ("name", "description", "parameters") if key in inner}
    return {"type": tool.get("type", "function"), **stated}
