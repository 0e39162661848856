"""What an endpoint of the client has to tell, and the pieces that all of them share."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from opentelemetry.util.types import AttributeValue

Attributes = Mapping[str, AttributeValue]
Wire = Any  # objects of the openai client: several majors, whose types we neither import nor rely on
Params = Mapping[str, Any]  # keyword arguments as the program gave them


class Gathering(Protocol):
    """Takes in a stream chunk by chunk. It runs on the caller's thread and therefore only takes references."""

    def add(self, chunk: Wire) -> None: ...

    def facts(self) -> dict[str, AttributeValue]: ...

    def said(self) -> object: ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of the client, read in two steps: facts at once, content in the background."""

    operation: str
    kind: str
    spoken: tuple[str, ...]
    """Parameters that hold content."""
    facts: Callable[[Wire], dict[str, AttributeValue]]
    """What an answer states about itself: model, id, finish reasons, usage."""
    said: Callable[[Wire], object]
    """References to what an answer says."""
    content: Callable[[Params, object], Attributes]
    """Both sides of the conversation as attributes."""
    gathering: Callable[[], Gathering] | None = None
    asks_usage: bool = False
    """Whether a stream has to be asked for its usage, with `stream_options`."""


SETTINGS: Mapping[str, str] = {
    "temperature": "gen_ai.request.temperature",
    "top_p": "gen_ai.request.top_p",
    "max_tokens": "gen_ai.request.max_tokens",
    "max_completion_tokens": "gen_ai.request.max_tokens",
    "max_output_tokens": "gen_ai.request.max_tokens",
    "frequency_penalty": "gen_ai.request.frequency_penalty",
    "presence_penalty": "gen_ai.request.presence_penalty",
    "seed": "gen_ai.request.seed",
    "n": "gen_ai.request.choice.count",
    "dimensions": "gen_ai.embeddings.dimension.count",
    "service_tier": "openai.request.service_tier",
}


def settings_of(params: Params) -> dict[str, AttributeValue]:
    """The request's settings that the program has really set."""
    return {
        attribute: params[name]
        for name, attribute in SETTINGS.items()
        if isinstance(params.get(name), int | float | str)
    }


def identity_of(answer: Wire) -> dict[str, AttributeValue]:
    return known(
        {
            "gen_ai.response.id": getattr(answer, "id", None),
            "gen_ai.response.model": getattr(answer, "model", None),
            "openai.response.service_tier": getattr(answer, "service_tier", None),
        }
    )


def usage_of(usage: Wire, incoming: str, outgoing: str) -> dict[str, AttributeValue]:
    """Tokens under OpenTelemetry's names; what the provider did not say is left out, never 0."""
    return known(
        {
            "gen_ai.usage.input_tokens": getattr(usage, incoming, None),
            "gen_ai.usage.cache_read.input_tokens": detail(usage, f"{incoming}_details", "cached_tokens"),
            "gen_ai.usage.output_tokens": getattr(usage, outgoing, None),
            "gen_ai.usage.reasoning.output_tokens": detail(usage, f"{outgoing}_details", "reasoning_tokens"),
        }
    )


def detail(usage: Wire, group: str, name: str) -> int | None:
    found: int | None = getattr(getattr(usage, group, None), name, None)
    return found


def known(attributes: Mapping[str, Any]) -> dict[str, AttributeValue]:
    return {key: value for key, value in attributes.items() if value is not None}


def finish_reasons(reasons: Iterable[str | None]) -> dict[str, AttributeValue]:
    stated = [reason for reason in reasons if reason]
    return {"gen_ai.response.finish_reasons": stated} if stated else {}
