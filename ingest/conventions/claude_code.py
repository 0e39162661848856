"""Claude Code: spans known by their names, attributes without a prefix, an input that excludes the cache."""

from collections.abc import Callable

from ingest.conventions.convention import Convention, Trouble
from ingest.conventions.sent import Sent
from ingest.conventions.tokens import Tokens
from ingest.conventions.values import as_cost, as_texts, count, milliseconds, text
from ledger.domain.span import Kind

SCOPE = "com.anthropic.claude_code"
KINDS_BY_NAME: dict[str, Kind] = {
    "claude_code.interaction": "agent",
    "claude_code.llm_request": "generation",
    "claude_code.tool": "tool",
}
HIDDEN = "<REDACTED>"


def kind(sent: Sent) -> Kind | None:
    """The steps inside a tool's span (waiting for leave, the execution) are no tool calls of their own."""
    return KINDS_BY_NAME.get(sent.name, "span") if sent.name.startswith("claude_code.") else None


def tokens(sent: Sent) -> Tokens:
    return Tokens(
        input=count("input_tokens")(sent),
        output=count("output_tokens")(sent),
        cache_read=count("cache_read_tokens")(sent),
        cache_write=count("cache_creation_tokens")(sent),
        exclusive=True,
    )


def trouble(sent: Sent) -> Trouble | None:
    """A failure stands in `success`; the status is often left unset."""
    if sent.attributes.get("success") not in (False, "false"):
        return None
    return Trouble(text("error_class", "error_type", "status_code")(sent) or "", text("error")(sent) or "")


def shown(*keys: str) -> Callable[[Sent], str | None]:
    """A text, unless Claude Code was told to hide it."""
    said = text(*keys)
    return lambda sent: found if (found := said(sent)) != HIDDEN else None


def finish_reasons(sent: Sent) -> tuple[str, ...] | None:
    return as_texts(sent.attributes.get("stop_reason")) or None


def reported_cost(sent: Sent) -> str | None:
    return as_cost(sent.attributes.get("cost_usd"))


CLAUDE_CODE = Convention(
    name="claude_code",
    scopes=(SCOPE,),
    kind=kind,
    request_model=text("model"),
    response_id=text("request_id"),
    finish_reasons=finish_reasons,
    tokens=tokens,
    reported_cost=reported_cost,
    ttft=milliseconds("ttft_ms"),
    trouble=trouble,
    agent=text("agent_name", "agent_id"),
    tool=text("tool_name"),
    tier=text("speed"),
    release=text("app.version"),
    input=shown("user_prompt", "tool_input", "full_command"),
    output=shown("response", "tool_output"),
)
