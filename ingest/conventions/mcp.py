"""MCP's own SDK: what a client asks of a server, and what the server made of it, in one trace."""

from ingest.conventions.convention import Convention
from ingest.conventions.sent import Sent
from ingest.conventions.values import text
from ledger.domain.span import Kind

CALL = "tools/call"


def kind(sent: Sent) -> Kind:
    """A tool is called; lists, prompts and resources are only read."""
    return "tool" if text("mcp.method.name")(sent) == CALL else "span"


def tool(sent: Sent) -> str | None:
    """The span is named after the method and the tool."""
    _, called, name = sent.name.partition(f"{CALL} ")
    return name.strip() or None if called else None


MCP = Convention(name="mcp", keys=("mcp.method.name",), kind=kind, tool=tool)
