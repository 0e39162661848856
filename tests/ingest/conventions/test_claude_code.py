from typing import Any

from ingest.conventions.sent import ERROR, Origin
from ledger.domain.span import Span
from ledger.domain.usage import Usage
from tests.ingest.conventions.sending import understood

ORIGIN = Origin({"service.name": "claude-code"}, "com.anthropic.claude_code.tracing", "1.0.0")
REQUEST = {
    "model": "claude-haiku-4-5-20251001",
    "gen_ai.system": "anthropic",
    "gen_ai.request.model": "claude-haiku-4-5-20251001",
    "input_tokens": 2,
    "output_tokens": 91,
    "cache_read_tokens": 84562,
    "cache_creation_tokens": 300,
    "ttft_ms": 420,
    "stop_reason": "end_turn",
    "request_id": "req_011",
    "session.id": "s-4",
    "success": True,
}


def step(name: str, attributes: dict[str, Any], **more: Any) -> Span:
    return understood(attributes, name=f"claude_code.{name}", origin=ORIGIN, **more)


def test_a_request_is_a_call_whose_input_excludes_the_cache() -> None:
    span = step("llm_request", REQUEST)

    assert (span.kind, span.provider, span.model) == ("generation", "anthropic", "claude-haiku-4-5-20251001")
    assert span.usage == Usage(2, 84562, 300, None, 91, None)
    assert (span.ttft, span.finish_reasons, span.session_id) == (420_000, ("end_turn",), "s-4")


def test_the_input_excludes_the_cache_also_where_it_could_hold_it() -> None:
    span = step("llm_request", REQUEST | {"input_tokens": 5000, "cache_read_tokens": 1000, "cache_creation_tokens": 0})

    assert span.usage.input == 5000


def test_its_request_id_stands_in_for_a_missing_response_id() -> None:
    assert step("llm_request", REQUEST).response_id == "req_011"
    assert step("llm_request", REQUEST | {"gen_ai.response.id": "msg_1"}).response_id == "msg_1"


def test_an_interaction_is_an_agent_and_a_hidden_prompt_is_none() -> None:
    shown = step("interaction", {"user_prompt": "Fix it"})
    hidden = step("interaction", {"user_prompt": "<REDACTED>"})

    assert (shown.kind, shown.input, hidden.input) == ("agent", "Fix it", "")


def test_a_tool_is_called_once_whatever_steps_it_has() -> None:
    tool = step("tool", {"tool_name": "Bash", "full_command": "ls"}, parent_id="3" * 16)
    inner = [step(name, {"success": True}).kind for name in ("tool.execution", "tool.blocked_on_user", "hook")]

    assert (tool.kind, tool.tool, tool.input) == ("tool", "Bash", "ls")
    assert inner == ["span", "span", "span"]


def test_a_failure_stands_in_an_attribute() -> None:
    span = step("llm_request", REQUEST | {"success": "false", "error": "Error code: 529 - overloaded"})

    assert (span.status, span.failure_kind) == ("error", "provider_error")


def test_a_failed_execution_keeps_its_error() -> None:
    span = step("tool.execution", {"success": False, "error": "no such file"}, status_code=ERROR)

    assert (span.status, span.error_message) == ("error", "no such file")


def test_the_same_words_of_another_program_mean_nothing() -> None:
    span = understood({"input_tokens": 5, "model": "a car", "tool_name": "hammer"})

    assert (span.kind, span.usage, span.model, span.tool) == ("span", Usage(), "", "")
