"""One task of the history, told step by step by a clock of its own."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ledger.demo.otlp import Drawn, Value, identity

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Model:
    """A model as the shop uses it: its name, who runs it, tokens a second, seconds to the first one."""

    name: str
    provider: str
    speed: float
    first: float


class Trace:
    """Spans below one root. Everything random comes from `rng`, everything named from `name`."""

    def __init__(self, name: str, start: int, rng: random.Random, labels: Mapping[str, Value]) -> None:
        self.rng = rng
        self.now = start
        self.spans: list[Drawn] = []
        self.trace_id = identity(name, 16)
        self._name, self._labels = name, labels
        self._open: list[Drawn] = []

    @contextmanager
    def step(self, name: str, kind: str, **attributes: Value) -> Iterator[Drawn]:
        """A span around what happens inside; the root gets the labels of the trace, the others its route."""
        inherited = {"spanledger.route": self._labels["spanledger.route"]} if self._open else self._labels
        span = Drawn(
            trace_id=self.trace_id,
            span_id=identity(f"{self._name}/{len(self.spans)}", 8),
            parent_id=self._open[-1].span_id if self._open else b"",
            name=name,
            start=self.now,
            attributes={**inherited, "spanledger.kind": kind, **attributes},
        )
        self.spans.append(span)
        self._open.append(span)
        self.pass_time(0.002, 0.01)
        yield span
        self._open.pop()
        span.end = self.now

    def pass_time(self, shortest: float, longest: float) -> None:
        self.now += int(self.rng.uniform(shortest, longest) * 1000) * MILLION

    def tool(self, name: str, arguments: object, result: object, seconds: tuple[float, float]) -> None:
        with self.step(name, "tool", **{"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name}) as span:
            span.attributes["spanledger.input"] = json.dumps(arguments, ensure_ascii=False)
            span.attributes["spanledger.output"] = json.dumps(result, ensure_ascii=False)
            self.pass_time(*seconds)

    def broken_tool(self, name: str, arguments: object, error: tuple[str, str]) -> None:
        with self.step(name, "tool", **{"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name}) as span:
            span.attributes["spanledger.input"] = json.dumps(arguments, ensure_ascii=False)
            self.pass_time(1.0, 5.0)
            span.error = error

    def failed_call(self, model: Model, messages: Sequence[object], error: tuple[str, str], seconds: float) -> None:
        with self.step(f"chat {model.name}", "generation", **request(model, messages)) as span:
            self.now += int(seconds * 1000) * MILLION
            span.error = error

    def call(self, model: Model, messages: Sequence[object], answer: "Answer") -> None:
        """A model call that was answered."""
        with self.step(f"chat {model.name}", "generation", **request(model, messages)) as span:
            first = model.first * self.rng.lognormvariate(0, 0.35)
            self.now += int((first + answer.output / (model.speed * self.rng.uniform(0.7, 1.2))) * 1000) * MILLION
            span.attributes |= answer.attributes(model, f"resp-{span.span_id.hex()}")
            if answer.streamed:
                span.attributes |= {"gen_ai.request.stream": True, "gen_ai.response.time_to_first_chunk": first}

    def embedding(self, text: str, tokens: int) -> None:
        name = "text-embedding-3-small"
        asked: dict[str, Value] = {
            "gen_ai.operation.name": "embeddings",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": name,
            "gen_ai.response.model": name,
            "gen_ai.usage.input_tokens": tokens,
            "gen_ai.usage.output_tokens": 0,
            "spanledger.input": text,
        }
        with self.step(f"embeddings {name}", "embedding", **asked):
            self.pass_time(0.04, 0.16)


def request(model: Model, messages: Sequence[object]) -> dict[str, Value]:
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": model.provider,
        "gen_ai.request.model": model.name,
        "gen_ai.request.temperature": 0.2,
        "gen_ai.input.messages": json.dumps(messages, ensure_ascii=False),
    }


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said, and the tokens it took; `known` is false for a stream that told no usage."""

    parts: Sequence[object]
    input: int
    output: int
    cached: int = 0
    reason: str = "stop"
    streamed: bool = False
    known: bool = True

    def attributes(self, model: Model, ident: str) -> dict[str, Value]:
        message = {"role": "assistant", "parts": self.parts, "finish_reason": self.reason}
        said: dict[str, Value] = {
            "gen_ai.response.id": ident,
            "gen_ai.response.model": model.name,
            "gen_ai.response.finish_reasons": [self.reason],
            "gen_ai.output.messages": json.dumps([message], ensure_ascii=False),
        }
        return said | self.usage() if self.known else said

    def usage(self) -> dict[str, Value]:
        return {
            "gen_ai.usage.input_tokens": self.input,
            "gen_ai.usage.cache_read.input_tokens": self.cached,
            "gen_ai.usage.output_tokens": self.output,
        }


def text(role: str, words: str) -> dict[str, object]:
    return {"role": role, "parts": [{"type": "text", "content": words}]}
