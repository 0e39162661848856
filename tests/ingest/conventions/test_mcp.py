from ingest.conventions.sent import CLIENT, SERVER, Origin
from tests.ingest.conventions.sending import understood

ORIGIN = Origin({}, "mcp-python-sdk")
CALL = {"mcp.method.name": "tools/call", "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "get_weather"}


def test_client_and_server_both_tell_of_the_tool() -> None:
    client = understood(CALL, name="MCP send tools/call get_weather", kind=CLIENT, origin=ORIGIN)
    server = understood(CALL, name="tools/call get_weather", kind=SERVER, origin=ORIGIN)

    assert {(span.kind, span.tool) for span in (client, server)} == {("tool", "get_weather")}


def test_a_tool_that_is_not_named_is_named_by_the_span() -> None:
    span = understood({"mcp.method.name": "tools/call"}, name="MCP send tools/call get_weather", kind=CLIENT)

    assert (span.kind, span.tool) == ("tool", "get_weather")


def test_other_methods_are_plain_spans() -> None:
    assert understood({"mcp.method.name": "tools/list"}, name="tools/list", parent_id="3" * 16).kind == "span"
