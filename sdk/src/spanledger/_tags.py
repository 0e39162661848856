"""tag(): what a trace is about."""

from collections.abc import Mapping

from opentelemetry import trace
from opentelemetry.util.types import AttributeValue

from spanledger._content import as_text, clipped
from spanledger._guard import harmless
from spanledger._task import SESSION, USER, task_of

KNOWN: Mapping[str, str] = {
    "user": USER,
    "session": SESSION,
    "customer": "spanledger.customer",
    "prompt": "spanledger.prompt",
    "release": "spanledger.release",
    "environment": "spanledger.environment",
    "variant": "spanledger.variant",
}
LONGEST = 1_000


@harmless
def tag(**labels: object) -> None:
    """Label the current trace: `tag(user="u-17", session="s-4", plan="pro")`.

    Args:
        labels: `user`, `session`, `customer`, `prompt`, `release`, `environment` and `variant` are known words; all
            others become tags of that name. None is left out. Outside a trace nothing happens.
    """
    span = trace.get_current_span()
    if not span.is_recording():
        return
    stated = {attribute_of(name): plain(value) for name, value in labels.items() if value is not None}
    task_of(span).tag(stated, span)


def attribute_of(name: str) -> str:
    return KNOWN.get(name, f"spanledger.tag.{name}")


def plain(value: object) -> AttributeValue:
    if isinstance(value, bool | int | float):
        return value
    return clipped(as_text(value), LONGEST)
