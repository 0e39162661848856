"""Batches like those that agents send: a root, calls with messages, tools; about 2 KB of text a call."""

import random

import orjson
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.ingest.requests import Plain, request, span

WORDS = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "is",
    "that",
    "for",
    "it",
    "as",
    "was",
    "with",
    "be",
    "by",
    "on",
    "not",
    "he",
    "his",
    "but",
    "at",
    "are",
    "this",
    "have",
    "from",
    "or",
    "had",
    "an",
]
MODELS = ("gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18", "claude-sonnet-4-5-20250929")
ROUTES = ("support.refunds", "search.answers", "reports.weekly")


def prose(rnd: random.Random, length: int) -> str:
    return " ".join(rnd.choices(WORDS, k=length // 4))


def attributes(rnd: random.Random, number: int) -> dict[str, Plain]:
    asked = [
        {"role": "system", "parts": [{"type": "text", "content": prose(rnd, 600)}]},
        {"role": "user", "parts": [{"type": "text", "content": prose(rnd, 700)}]},
    ]
    said = [{"role": "assistant", "parts": [{"type": "text", "content": prose(rnd, 600)}], "finish_reason": "stop"}]
    model = rnd.choice(MODELS)
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic" if model.startswith("claude") else "openai",
        "gen_ai.request.model": model.rpartition("-")[0],
        "gen_ai.response.model": model,
        "gen_ai.response.id": f"chatcmpl-{rnd.randbytes(12).hex()}",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.request.temperature": 0.2,
        "gen_ai.request.max_tokens": 1024,
        "gen_ai.request.top_p": 0.9,
        "gen_ai.usage.input_tokens": rnd.randrange(200, 4000),
        "gen_ai.usage.cache_read.input_tokens": rnd.randrange(0, 200),
        "gen_ai.usage.output_tokens": rnd.randrange(20, 800),
        "gen_ai.usage.reasoning.output_tokens": 0,
        "gen_ai.response.time_to_first_chunk": rnd.random(),
        "gen_ai.input.messages": orjson.dumps(asked).decode(),
        "gen_ai.output.messages": orjson.dumps(said).decode(),
        "session.id": f"session-{number // 8}",
        "user.id": f"user-{number % 97}",
        "spanledger.route": rnd.choice(ROUTES),
        "spanledger.tag.plan": rnd.choice(("free", "pro")),
        "server.address": "api.openai.com",
        "server.port": 443,
        "app.version": "2026.11.3",
        "app.instance": f"web-{number % 4}",
        "app.feature.flag": True,
    }


def batch(spans: int, seed: int) -> bytes:
    """One request of spans with 25 attributes each; two seeds share no id."""
    rnd = random.Random(seed)
    now = 1_790_000_000_000_000_000 + seed * 1_000_000_000
    made = [
        span(
            rnd.getrandbits(63) + 1,
            rnd.getrandbits(100) + 1 if number % 8 == 0 else seed * 1000 + number // 8 + 1,
            name="chat",
            start=now + number * 1_000_000,
            length=rnd.randrange(10**8, 3 * 10**9),
            attributes=attributes(rnd, number),
        )
        for number in range(spans)
    ]
    return request(*made, resource={"service.name": "bench", "deployment.environment.name": "test"}).SerializeToString()


def as_json(body: bytes) -> bytes:
    """The same request as OTLP/JSON: ids in hex."""
    whole = MessageToDict(ExportTraceServiceRequest.FromString(body))
    sent = ExportTraceServiceRequest.FromString(body)
    for resource, plain in zip(sent.resource_spans, whole["resourceSpans"], strict=True):
        for scope, plain_scope in zip(resource.scope_spans, plain["scopeSpans"], strict=True):
            for one, plain_span in zip(scope.spans, plain_scope["spans"], strict=True):
                plain_span["traceId"], plain_span["spanId"] = one.trace_id.hex(), one.span_id.hex()
    return orjson.dumps(whole)
