"""Every captured client is taken in, and what it sent is read as what it was."""

from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from ingest import otlp, otlp_json
from ingest.checked import Rejected
from ingest.conventions.logfire import LOG_OF_PARENT
from ingest.conventions.table import read
from ledger.domain.span import CALL_KINDS, Span
from tests.ingest.captured import COMBINATIONS, Captured, Combination
from tests.ingest.house import House


def spans_of(request: Captured) -> list[Span]:
    reader = otlp_json.spans if request.content_type == "application/json" else otlp.spans
    found = []
    for one in reader(request.decoded):
        assert not isinstance(one, Rejected)
        found.append(read(one))
    return found


def all_spans(combination: Combination) -> list[Span]:
    return [span for request in combination.traces for span in spans_of(request)]


def calls(combination: Combination) -> list[Span]:
    """The spans that are calls; a second report by the same instrumentor is none."""
    return [span for span in all_spans(combination) if span.kind in CALL_KINDS and LOG_OF_PARENT not in span.flags]


def matching(call: dict[str, Any], spans: list[Span]) -> list[Span]:
    """The spans that report a true call: its response id, or its number of tokens, which no other call has."""
    usage = call["usage"]
    total = usage and usage["input_total"]
    return [
        span
        for span in spans
        if (call.get("response_id") and span.response_id == call["response_id"])
        or (total and span.usage.input is not None and span.usage.context == total)
    ]


@pytest.fixture(params=COMBINATIONS, ids=lambda combination: str(combination.name))
def combination(request: pytest.FixtureRequest) -> Combination:
    found: Combination = request.param
    return found


def test_every_request_is_answered_with_200(combination: Combination, house: House, key: str) -> None:
    for request in combination.requests:
        if "/v1/" not in request.path:
            continue  # a score sent to another product's REST interface: no OTLP
        headers = {"content_type": request.content_type} | (
            {"content_encoding": request.encoding} if request.encoding else {}
        )
        assert house.post(request.body, key, request.path, **headers).status_code == 200


def test_every_span_is_stored_once(combination: Combination, house: House, key: str, project: UUID) -> None:
    for request in combination.traces + combination.traces:
        headers = {"content_type": request.content_type, "content_encoding": request.encoding or "identity"}
        house.post(request.body, key, request.path, **headers)

    counts = house.drain(project)

    distinct = combination.expected["answers"]["span_ids"]
    assert counts == {"received": 2 * distinct, "stored": distinct, "merged": distinct, "rejected": 0, "spooled": 0}


def test_tokens_are_read_in_classes_that_do_not_overlap(combination: Combination) -> None:
    spans = [span for span in all_spans(combination) if span.kind in CALL_KINDS]
    for call in combination.expected["answers"]["calls"]:
        usage = call["usage"]
        if usage is None:
            continue
        found = matching(call, spans)

        assert found, f"call {call['n']} is not among the spans"
        told = next((span.usage for span in found if span.usage.input is not None), None)
        assert told is not None
        cached = (usage["cache_read"] or 0) + (usage["cache_write"] or 0)
        assert told.input == usage["input_total"] - cached
        assert (told.cache_read or 0) == (usage["cache_read"] or 0)
        assert (told.cache_write or 0) == (usage["cache_write"] or 0)
        assert told.output == usage["output"]
        assert (told.reasoning or 0) == (usage["reasoning"] or 0)


def test_what_was_not_sent_is_unknown(combination: Combination) -> None:
    without = [call for call in combination.expected["answers"]["calls"] if call["usage"] is None and call["ok"]]

    silent = [span for span in calls(combination) if span.status == "ok" and span.usage.unknown]

    assert len(silent) >= len(without)
    assert all(span.usage.output is None for span in silent)


def test_failed_calls_are_errors_of_the_right_kind(combination: Combination) -> None:
    failed = [call for call in combination.expected["answers"]["calls"] if not call["ok"]]

    told = Counter(span.failure_kind for span in calls(combination) if span.status == "error")

    for call in failed:
        assert sum(told[kind] for kind in call["failure_kind"]) == call["copies"]
    assert told.total() == sum(call["copies"] for call in failed)


def test_models_and_providers_are_named(combination: Combination) -> None:
    families = {call["model"] for call in combination.expected["answers"]["calls"]}

    for span in calls(combination):
        assert any(span.model.startswith(family) for family in families), span.model
        assert span.provider in ("openai", "anthropic", "google")


def test_sessions_and_users_are_known_per_trace(combination: Combination) -> None:
    for trace_id, truth in combination.expected["answers"]["traces"].items():
        spans = [span for span in all_spans(combination) if span.trace_id == trace_id]

        assert len({span.span_id for span in spans}) == truth["spans"]
        if truth["session_id"]:
            assert {span.session_id for span in spans} - {""} == {truth["session_id"]}
        if truth["user_id"]:
            assert {span.user_id for span in spans} - {""} == {truth["user_id"]}


def test_tools_and_agents_are_seen(combination: Combination) -> None:
    must = combination.expected["must_show"]
    spans = all_spans(combination)

    for tool in must.get("tools", ()):
        assert any(span.kind == "tool" and span.tool == tool for span in spans)
    for agent in must.get("agents", ()):
        assert any(span.kind == "agent" and span.agent == agent for span in spans)


def test_tags_are_kept(combination: Combination) -> None:
    tags = {key: value for span in all_spans(combination) for key, value in span.tags.items()}

    for tag in combination.expected["must_show"].get("tags", ()):
        assert tags[tag] == "true"
    for name, value in combination.expected["must_show"].get("metadata", {}).items():
        if name != "route":  # a route has a place of its own
            assert tags[name] == value


def test_a_tree_hangs_together(combination: Combination) -> None:
    """Parents come from the wire as they are; only MLflow's export leaves its root out."""
    spans = all_spans(combination)
    known = {(span.trace_id, span.span_id) for span in spans}

    orphans = [span for span in spans if span.parent_id and (span.trace_id, span.parent_id) not in known]

    assert bool(orphans) == (combination.name == "mlflow-otlp")


def test_no_number_and_no_text_was_odd(combination: Combination) -> None:
    assert {flag for span in all_spans(combination) for flag in span.flags} <= {LOG_OF_PARENT}
