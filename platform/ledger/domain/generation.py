"""A model call and what it answered, as evaluators see it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from ledger.domain.span import Status, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """A settled model call with what it answered; `output` is None where the client sent no content."""

    trace_id: str
    span_id: str
    start: datetime
    status: Status
    failure_kind: str
    finish_reasons: tuple[str, ...]
    output: Value
    attributes: Mapping[str, Value]

    def parts(self) -> Iterator[Mapping[str, Value]]:
        """The parts of the messages that were answered; an answer sent as bare text is one part."""
        if isinstance(self.output, str):
            yield {"type": "text", "content": self.output}
        for message in self.output if isinstance(self.output, list) else ():
            parts = message.get("parts") if isinstance(message, dict) else None
            yield from (part for part in parts if isinstance(part, dict)) if isinstance(parts, list) else ()

    def text(self) -> str:
        """All that was said, without the thinking before it."""
        said = (part.get("content") for part in self.parts() if part.get("type") == "text")
        return "\n".join(content for content in said if isinstance(content, str))

    def tool_calls(self) -> list[Mapping[str, Value]]:
        return [part for part in self.parts() if part.get("type") == "tool_call"]
