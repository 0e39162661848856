"""chat.completions: its answers, its streams, and its messages in OpenTelemetry's form."""

from collections.abc import Mapping
from typing import Any

from opentelemetry.util.types import AttributeValue

from spanledger._content import as_json, readable
from spanledger._openai.endpoint import (
    Attributes,
    Endpoint,
    Params,
    Wire,
    finish_reasons,
    identity_of,
    usage_of,
)
from spanledger._openai.messages import message, parts, text, tool_call, tool_definitions


def facts(answer: Wire) -> dict[str, AttributeValue]:
    reasons = [choice.finish_reason for choice in answer.choices]
    usage = usage_of(answer.usage, "prompt_tokens", "completion_tokens") if answer.usage else {}
    return {**identity_of(answer), **finish_reasons(reasons), **usage}


def said(answer: Wire) -> list[dict[str, object]]:
    return [
        {
            "content": choice.message.content,
            "refusal": choice.message.refusal,
            "reasoning": getattr(choice.message, "reasoning_content", None),
            "calls": [call_of(call) for call in choice.message.tool_calls or ()],
            "finish_reason": choice.finish_reason,
        }
        for choice in answer.choices
    ]


def call_of(call: Wire) -> dict[str, object]:
    function = getattr(call, "function", None) or getattr(call, "custom", None)
    arguments = getattr(function, "arguments", None) or getattr(function, "input", None)
    return {"id": call.id, "name": getattr(function, "name", ""), "arguments": arguments}


class Choice:
    """One choice of a stream, as far as it has come."""

    __slots__ = ("calls", "content", "finish_reason", "reasoning", "refusal")

    def __init__(self) -> None:
        self.content: list[str] = []
        self.refusal: list[str] = []
        self.reasoning: list[str] = []
        self.calls: dict[int, dict[str, Any]] = {}  # id, name, and the list of pieces of the arguments
        self.finish_reason: str | None = None

    def add(self, delta: Wire, finish_reason: str | None) -> None:
        self.finish_reason = finish_reason or self.finish_reason
        if delta.content:
            self.content.append(delta.content)
        if delta.refusal:
            self.refusal.append(delta.refusal)
        thought = getattr(delta, "reasoning_content", None)
        if thought:
            self.reasoning.append(thought)
        for piece in delta.tool_calls or ():
            self._add_call(piece)

    def _add_call(self, piece: Wire) -> None:
        call = self.calls.setdefault(piece.index, {"id": None, "name": "", "arguments": []})
        call["id"] = piece.id or call["id"]
        if piece.function:
            call["name"] = piece.function.name or call["name"]
            call["arguments"].append(piece.function.arguments or "")

    def said(self) -> dict[str, object]:
        calls = [{**call, "arguments": "".join(call["arguments"])} for call in self.calls.values()]
        return {
            "content": "".join(self.content),
            "refusal": "".join(self.refusal),
            "reasoning": "".join(self.reasoning),
            "calls": calls,
            "finish_reason": self.finish_reason,
        }


class ChatStream:
    """A stream of chunks as the answer it adds up to."""

    def __init__(self) -> None:
        self._identity: dict[str, AttributeValue] = {}
        self._usage: Wire = None
        self._choices: dict[int, Choice] = {}

    def add(self, chunk: Wire) -> None:
        if not self._identity.get("gen_ai.response.id"):
            self._identity = identity_of(chunk)
        self._usage = chunk.usage or self._usage
        for choice in chunk.choices:
            gathered = self._choices.setdefault(choice.index, Choice())
            gathered.add(choice.delta, choice.finish_reason)

    def facts(self) -> dict[str, AttributeValue]:
        usage = usage_of(self._usage, "prompt_tokens", "completion_tokens") if self._usage else {}
        reasons = [choice.finish_reason for choice in self._choices.values()]
        return {**self._identity, **finish_reasons(reasons), **usage}

    def said(self) -> list[dict[str, object]]:
        return [choice.said() for choice in self._choices.values()]


def content(params: Params, answers: object) -> Attributes:
    asked = [message(each) for each in readable_list(params.get("messages"))]
    attributes: dict[str, AttributeValue] = {"gen_ai.input.messages": as_json(asked)}
    if params.get("tools"):
        attributes["gen_ai.tool.definitions"] = as_json(tool_definitions(readable_list(params["tools"])))
    replies = [reply(each) for each in readable_list(answers)]
    if replies:
        attributes["gen_ai.output.messages"] = as_json(replies)
    return attributes


def readable_list(value: object) -> list[Any]:
    plain = readable(value)
    return plain if isinstance(plain, list) else []


def reply(choice: Mapping[str, Any]) -> dict[str, object]:
    thoughts = [{"type": "reasoning", "content": choice["reasoning"]}] if choice.get("reasoning") else []
    words = parts(choice.get("content")) + ([text(choice["refusal"])] if choice.get("refusal") else [])
    calls = [tool_call(call["id"], call["name"], call["arguments"]) for call in choice.get("calls") or ()]
    made: dict[str, object] = {"role": "assistant", "parts": [*thoughts, *words, *calls]}
    if choice.get("finish_reason"):
        made["finish_reason"] = choice["finish_reason"]
    return made


CHAT = Endpoint(
    operation="chat",
    kind="generation",
    spoken=("messages", "tools"),
    facts=facts,
    said=said,
    content=content,
    gathering=ChatStream,
    asks_usage=True,
)
