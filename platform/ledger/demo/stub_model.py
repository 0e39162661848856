"""`python -m ledger.demo.stub_model --port N`: a model server that speaks OpenAI's protocol and knows a few answers.

Chat (whole and streamed), responses and embeddings. Token counts follow from the texts; latencies, failures and cut
answers are drawn from one seed, in the order of the requests.
"""

import argparse
import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ledger.demo.answers import answer_to, tool_wish
from ledger.demo.otlp import identity

Json = dict[str, Any]  # bodies of the protocol

DIMENSIONS = 256
HANG = 30.0
SEED = 7


class Failure(Exception):
    """What a provider answers on a bad day."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        self.status, self.kind = status, kind
        super().__init__(message)

    def response(self) -> Response:
        error = {"message": str(self), "type": self.kind, "code": self.kind, "param": None}
        return JSONResponse({"error": error}, self.status, {"Retry-After": "1"} if self.status == 429 else None)


class Mood:
    """How the server is today: `failures` is the share of requests that end badly."""

    def __init__(self, failures: float) -> None:
        self._rng = random.Random(SEED)  # noqa: S311 - a story, no secret
        self._failures = failures

    async def think(self) -> None:
        """Take a while; now and then fail instead, or take for ever."""
        luck = self._rng.random()
        delay = min(0.4, 0.05 * self._rng.lognormvariate(0.6, 0.6))
        if luck < self._failures * 0.15:
            await asyncio.sleep(HANG)
        await asyncio.sleep(delay)
        if luck < self._failures * 0.6:
            raise Failure(429, "rate_limit_exceeded", "Rate limit reached for requests. Please try again in 1s.")
        if luck < self._failures:
            raise Failure(500, "server_error", "The server had an error while processing your request.")

    def cuts(self) -> bool:
        """Whether this answer stops in the middle."""
        return self._rng.random() < self._failures * 0.4

    def pause(self) -> float:
        return self._rng.uniform(0.005, 0.03)


def application(failures: float) -> Starlette:
    app = Starlette(
        routes=[
            Route("/{prefix:path}chat/completions", chat, methods=["POST"]),
            Route("/{prefix:path}embeddings", embeddings, methods=["POST"]),
            Route("/{prefix:path}responses", responses, methods=["POST"]),
            Route("/healthz", healthz),
        ],
        exception_handlers={Failure: failed},
    )
    app.state.mood = Mood(failures)
    return app


async def failed(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, Failure)  # noqa: S101 - Starlette calls it for this class alone
    return failure.response()


async def healthz(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def chat(request: Request) -> Response:
    asked: Json = await request.json()
    mood: Mood = request.app.state.mood
    await mood.think()
    answer = completion(asked, mood.cuts())
    if asked.get("stream"):
        return StreamingResponse(streamed(asked, answer, mood), media_type="text/event-stream")
    return JSONResponse(answer)


async def embeddings(request: Request) -> Response:
    asked: Json = await request.json()
    await request.app.state.mood.think()
    texts = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
    found = [
        {"object": "embedding", "index": place, "embedding": vector(str(text))} for place, text in enumerate(texts)
    ]
    used = sum(count(str(text)) for text in texts)
    usage = {"prompt_tokens": used, "total_tokens": used}
    return JSONResponse({"object": "list", "model": asked["model"], "data": found, "usage": usage})


async def responses(request: Request) -> Response:
    asked: Json = await request.json()
    await request.app.state.mood.think()
    messages = asked["input"] if isinstance(asked["input"], list) else [{"role": "user", "content": asked["input"]}]
    text = answer_to(messages)
    said = {"type": "output_text", "text": text, "annotations": []}
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [said]}
    taken, given = prompt_tokens(messages), count(text)
    usage = {
        "input_tokens": taken,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": given,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": taken + given,
    }
    head = {"id": f"resp_{fresh()}", "object": "response", "created_at": 1, "status": "completed"}
    rest = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
    return JSONResponse({**head, **rest, "model": asked["model"], "output": [message], "usage": usage})


def completion(asked: Json, cut: bool) -> Json:
    """The whole answer, also the one that a stream is made of."""
    messages = asked["messages"]
    wish = tool_wish(messages, asked.get("tools") or [])
    text = "" if wish else answer_to(messages)
    if cut and not wish:
        text = text[: len(text) // 2]
    message: Json = {"role": "assistant", "content": text or None}
    if wish:
        message["tool_calls"] = [wish]
    reason = "tool_calls" if wish else "length" if cut else "stop"
    return {
        "id": f"chatcmpl-{fresh()}",
        "object": "chat.completion",
        "created": 1,
        "model": asked["model"],
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": reason}],
        "usage": usage_of(messages, text or json.dumps(wish)),
    }


def usage_of(messages: Sequence[Json], said: str) -> Json:
    """A prompt of 1,024 tokens and more is half served from the cache, as providers do in steps of 128."""
    taken, given = prompt_tokens(messages), count(said)
    cached = taken // 2 // 128 * 128 if taken >= 1024 else 0
    return {
        "prompt_tokens": taken,
        "completion_tokens": given,
        "total_tokens": taken + given,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


async def streamed(asked: Json, answer: Json, mood: Mood) -> AsyncIterator[bytes]:
    head = {**{key: answer[key] for key in ("id", "created", "model")}, "object": "chat.completion.chunk"}
    choice = answer["choices"][0]
    for delta in deltas(choice["message"]):
        yield event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        await asyncio.sleep(mood.pause())
    yield event({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]})
    if (asked.get("stream_options") or {}).get("include_usage"):
        yield event({**head, "choices": [], "usage": answer["usage"]})
    yield b"data: [DONE]\n\n"


def deltas(message: Json) -> Iterator[Json]:
    yield {"role": "assistant", "content": ""}
    for place, call in enumerate(message.get("tool_calls", [])):
        yield {"tool_calls": [{"index": place, **call}]}
    text = message["content"] or ""
    for start in range(0, len(text), 24):
        yield {"content": text[start : start + 24]}


def event(data: Json) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def prompt_tokens(messages: Sequence[Mapping[str, object]]) -> int:
    return sum(4 + count(json.dumps(message.get("content") or message.get("tool_calls") or "")) for message in messages)


def count(text: str) -> int:
    return 1 + len(text) // 4


def vector(text: str) -> list[float]:
    """The same text, the same vector."""
    rng = random.Random(identity(text, 8))  # noqa: S311 - a story, no secret
    return [round(rng.gauss(0, 0.06), 6) for _ in range(DIMENSIONS)]


def fresh() -> str:
    return f"{random.SystemRandom().getrandbits(96):024x}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ledger.demo.stub_model", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--failures", type=float, default=0.06, help="the share of requests that end badly")
    chosen = parser.parse_args()
    uvicorn.run(application(chosen.failures), host=chosen.host, port=chosen.port, log_level="warning")


if __name__ == "__main__":
    main()
