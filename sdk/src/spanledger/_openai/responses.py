"""responses: its answers, its event streams, and its items in OpenTelemetry's form."""

from collections.abc import Mapping
from typing import Any

from opentelemetry.util.types import AttributeValue

from spanledger._content import as_json, readable
from spanledger._openai.endpoint import Attributes, Endpoint, Params, Wire, finish_reasons, identity_of, usage_of
from spanledger._openai.messages import Part, message, parts, text, tool_call, tool_definitions, tool_response


def facts(answer: Wire) -> dict[str, AttributeValue]:
    usage = usage_of(answer.usage, "input_tokens", "output_tokens") if answer.usage else {}
    return {**identity_of(answer), **finish_reasons([finish_reason(answer)]), **usage}


def finish_reason(answer: Wire) -> str | None:
    """`stop` for a complete answer, else what cut it short."""
    reason = getattr(getattr(answer, "incomplete_details", None), "reason", None)
    if reason:
        return "length" if reason == "max_output_tokens" else str(reason)
    return {"completed": "stop", "failed": "error"}.get(str(answer.status))


def said(answer: Wire) -> list[object]:
    return list(answer.output)


class ResponseStream:
    """Events, of which the last carries the whole response."""

    def __init__(self) -> None:
        self._response: Wire = None

    def add(self, event: Wire) -> None:
        self._response = getattr(event, "response", None) or self._response

    def facts(self) -> dict[str, AttributeValue]:
        return facts(self._response) if self._response else {}

    def said(self) -> list[object]:
        return said(self._response) if self._response else []


def content(params: Params, answer: object) -> Attributes:
    attributes: dict[str, AttributeValue] = {"gen_ai.input.messages": as_json(asked(readable(params.get("input"))))}
    instructions = readable(params.get("instructions"))
    if isinstance(instructions, str):
        attributes["gen_ai.system_instructions"] = as_json([text(instructions)])
    tools = readable(params.get("tools"))
    if isinstance(tools, list) and tools:
        attributes["gen_ai.tool.definitions"] = as_json(tool_definitions(tools))
    replies = reply(readable(answer))
    if replies["parts"]:
        attributes["gen_ai.output.messages"] = as_json([replies])
    return attributes


def asked(given: object) -> list[dict[str, object]]:
    if isinstance(given, list):
        return [item_message(item) for item in given]
    return [{"role": "user", "parts": parts(given)}]


def item_message(item: object) -> dict[str, object]:
    """An item of the input: a message, or a step of a conversation with tools."""
    if not isinstance(item, Mapping) or "role" in item:
        return message(item)
    if item.get("type") == "function_call_output":
        return {"role": "tool", "parts": [tool_response(item.get("call_id"), item.get("output"))]}
    return {"role": "assistant", "parts": item_parts(item)}


def reply(items: object) -> dict[str, object]:
    found = (
        [part for item in items if isinstance(item, Mapping) for part in item_parts(item)]
        if isinstance(items, list)
        else []
    )
    return {"role": "assistant", "parts": found}


def item_parts(item: Mapping[str, Any]) -> list[Part]:
    kind = item.get("type")
    if kind == "function_call":
        return [tool_call(item.get("call_id"), item.get("name"), item.get("arguments"))]
    if kind == "reasoning":
        return [{"type": "reasoning", "content": part["content"]} for part in parts(item.get("summary"))]
    return parts(item.get("content"))


RESPONSES = Endpoint(
    operation="chat",
    kind="generation",
    spoken=("input", "instructions", "tools"),
    facts=facts,
    said=said,
    content=content,
    gathering=ResponseStream,
)
