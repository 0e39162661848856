"""One call of the client, from the request to the end of its answer."""

import functools
import time
from collections.abc import Mapping
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind
from opentelemetry.util.types import AttributeValue

from spanledger import _late, _runtime
from spanledger._content import Kept
from spanledger._failure import record_failure
from spanledger._guard import harmless
from spanledger._late import Late
from spanledger._openai.endpoint import Attributes, Endpoint, Gathering, Wire, settings_of
from spanledger._openai.provider import provider_of, server_of

SCOPE = "spanledger.openai"
RAW_HEADER = "X-Stainless-Raw-Response"
"""With it the client gives a response that is not parsed: `true` read already, `stream` not even that."""
USAGE_REFUSALS = (400, 422)

_deaf: set[str] = set()
"""Addresses that refuse to be asked for a stream's usage."""


class Call:
    """A span, the request as it is sent, and what is known of the answer."""

    def __init__(self, endpoint: Endpoint, client: Wire, params: Mapping[str, Any], capture: bool) -> None:
        self.endpoint = endpoint
        self.params = dict(params)
        self.raw = raw_mode(params)
        self.streams = bool(params.get("stream")) and not is_sentinel(params["stream"])
        self._client = client
        self._capture = capture
        self._gathering: Gathering | None = None
        self.hides_usage = self._ask_usage()
        self._input = Kept({name: params[name] for name in endpoint.spoken if name in params}) if capture else None
        self.span = self._start()
        self.context = trace.set_span_in_context(self.span)
        self._began = time.perf_counter()
        self._first: float | None = None
        self._ended = False

    def _start(self) -> Span:
        model = str(self.params.get("model", ""))
        server = server_of(self._client)
        provider = provider_of(self._client, str(server["server.address"]), model)
        attributes: dict[str, AttributeValue] = {
            "gen_ai.operation.name": self.endpoint.operation,
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": model,
            "spanledger.kind": self.endpoint.kind,
            **server,
            **settings_of(self.params),
        }
        if self.streams:
            attributes["gen_ai.request.stream"] = True
        name = f"{self.endpoint.operation} {model}".rstrip()
        return _runtime.tracer_of(SCOPE).start_span(name, kind=SpanKind.CLIENT, attributes=attributes)

    def _ask_usage(self) -> bool:
        """Ask for the chunk with the usage where the program did not; it is hidden from the program later."""
        if not (self.endpoint.asks_usage and self.streams) or self.raw or self._address in _deaf:
            return False
        options = self.params.get("stream_options")
        given = dict(options) if isinstance(options, Mapping) else {}
        if given.get("include_usage"):
            return False
        self._own_options = options
        self._had_options = "stream_options" in self.params
        self.params["stream_options"] = {**given, "include_usage": True}
        return True

    @property
    def _address(self) -> str:
        return str(self._client.base_url)

    def withdraws(self, error: Exception) -> bool:
        """Whether the server refused only what we had asked for; then the request is again the program's own."""
        refused = getattr(error, "status_code", None) in USAGE_REFUSALS and "stream_options" in str(error)
        if not (self.hides_usage and refused):
            return False
        _deaf.add(self._address)
        self.hides_usage = False
        if self._had_options:
            self.params["stream_options"] = self._own_options
        else:
            del self.params["stream_options"]
        return True

    @harmless
    def answered(self, answer: Wire) -> None:
        """The whole answer is here, unless it is one whose body only the program may read."""
        facts: Attributes = {}
        said: object = None
        body = answer.parse() if self.raw == "true" and not self.streams else answer
        if self.raw != "stream" and not (self.raw and self.streams):
            facts = self.endpoint.facts(body)
            said = self.endpoint.said(body) if self._capture else None
        self._finish(facts, said)

    @harmless
    def took(self, chunk: Wire) -> bool:
        """Note a chunk of a stream; true where it is the one that the program did not ask for."""
        if self._first is None:
            self._first = time.perf_counter()
        if self._gathering is None and self.endpoint.gathering:
            self._gathering = self.endpoint.gathering()
        if self._gathering:
            self._gathering.add(chunk)
        return self.hides_usage and not chunk.choices and chunk.usage is not None

    def ended(self, error: BaseException | None = None) -> None:
        """The stream is over, by itself, by an error, or because the program has read enough."""
        facts, said = self._gathered() or ({}, None)
        self._finish(facts, said, error)

    @harmless
    def _gathered(self) -> tuple[Attributes, object]:
        if self._gathering is None:
            return {}, None
        return self._gathering.facts(), self._gathering.said() if self._capture else None

    @harmless
    def _finish(self, facts: Attributes, said: object, error: BaseException | None = None) -> None:
        if self._ended:
            return
        self._ended = True
        self.span.set_attributes(facts)
        if self._first is not None:
            self.span.set_attribute("gen_ai.response.time_to_first_chunk", self._first - self._began)
        if error is not None:
            self._blame(error)
        _late.end(self.span, self._content(said))

    def _blame(self, error: BaseException) -> None:
        record_failure(self.span, error)
        status = getattr(error, "status_code", None)
        if isinstance(status, int):
            self.span.set_attribute("http.response.status_code", status)

    def _content(self, said: object) -> Late | None:
        if self._input is None:
            return None
        answers = Kept(said)
        params = self._input.value
        make = functools.partial(self.endpoint.content, params, answers.value)  # type: ignore[arg-type] # a dict, from a dict
        return Late(self._input.size + answers.size, make)


@harmless
def begin(endpoint: Endpoint, resource: Wire, params: Mapping[str, Any]) -> Call | None:
    """The call to record; None where nothing is to be recorded."""
    runtime = _runtime.current()
    if runtime is None or otel_context.get_value(otel_context._SUPPRESS_INSTRUMENTATION_KEY):
        return None
    return Call(endpoint, resource._client, params, runtime.settings.capture_content)


def raw_mode(params: Mapping[str, Any]) -> str:
    headers = params.get("extra_headers")
    return str(headers.get(RAW_HEADER, "")) if isinstance(headers, Mapping) else ""


def is_sentinel(value: object) -> bool:
    """The client's own marks for "not given" are objects, never booleans."""
    return not isinstance(value, bool)
