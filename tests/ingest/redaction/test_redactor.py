from dataclasses import fields, replace
from uuid import UUID

import pytest

from ingest.redaction import machine
from ingest.redaction.redactor import AS_SENT, DROPPED, FAILED, LEFT_OUT, REDACTED, TEXTS, Redactor, Redactors
from ledger.domain.redaction import Mode, OwnPattern, Policy
from ledger.domain.score import Score
from ledger.domain.span import Envelope, Event, Link, Span, Value
from ledger.domain.usage import Usage

KEY = "sk-proj-Ab3dEfGh1jKlMn0pQrStUvWx"
REDACTORS = Redactors("a secret")


def redactor(mode: Mode = "mask", *, personal: bool = False, own: str = "") -> Redactor:
    patterns = (OwnPattern("own", own),) if own else ()
    return REDACTORS.of(UUID(int=1), Policy(mode, personal, patterns))


def planted(secret: str = KEY) -> Span:
    """A span that says the secret wherever a client can say anything."""
    said: dict[str, Value] = {"app.note": f"use {secret}", "nested": {"list": [{"deep": secret}]}, "n": 3, secret: True}
    span = Span(
        trace_id="1" * 32,
        span_id="2" * 16,
        start=1,
        end=2,
        model="gpt-4o",
        provider="openai",
        usage=Usage(input=7, output=3),
        tags={"plan": "pro", "note": secret},
        attributes=said | {"gen_ai.request.model": "gpt-4o", "http.request.header.authorization": ["Bearer abc"]},
        resource=dict(said),
        events=(Event(5, f"said {secret}", dict(said)),),
        links=(Link("3" * 32, "4" * 16, dict(said)),),
        envelope=Envelope(name=secret, status_code=2, status_message=f"bad {secret}", trace_state=f"a={secret}"),
    )
    words = {name: f"{name} {secret}" for name in TEXTS if isinstance(getattr(span, name), str)}
    return replace(span, **words, route=f"name {secret}")


class TestMask:
    def test_every_field_with_free_text_is_redacted(self) -> None:
        said = redactor().span(planted())

        assert KEY not in repr(said)
        assert "Bearer abc" not in repr(said)
        assert REDACTED in said.flags
        assert said.input.startswith("input [model_key:")

    def test_every_field_is_either_redacted_or_known_to_hold_no_text(self) -> None:
        assert {field.name for field in fields(Span)} == AS_SENT | set(TEXTS)

    def test_what_a_call_is_counted_by_stays(self) -> None:
        sent = planted()
        said = redactor().span(sent)

        for name in AS_SENT - {"route", "flags", "events", "links", "envelope"}:
            assert getattr(said, name) == getattr(sent, name)
        assert said.links[0].trace_id == "3" * 32
        assert said.attributes["n"] == 3

    def test_a_clean_span_comes_back_as_it_is(self) -> None:
        span = Span(trace_id="1" * 32, span_id="2" * 16, start=1, end=2, input="hello", attributes={"a": [1, "b"]})

        assert redactor().span(span) is span

    def test_a_users_address_becomes_a_name_of_its_own(self) -> None:
        span = Span(trace_id="1" * 32, span_id="2" * 16, start=1, end=2, user_id="ada@example.com")
        redact = redactor(personal=True)

        said = redact.span(replace(span, attributes={"user.id": "ada@example.com"}))

        assert said.user_id.startswith("[email:")
        assert said.attributes["user.id"] == said.user_id
        assert redactor().span(span).user_id == "ada@example.com"


class TestModes:
    def test_off_keeps_everything(self) -> None:
        assert redactor("off").span(planted()) == planted()

    def test_drop_keeps_no_content(self) -> None:
        sent = replace(planted(), input="a question", output="an answer")
        sent.attributes["db.statement"] = "select a question"

        said = redactor("drop").span(sent)

        assert (said.input, said.output, said.error_message) == ("", "", "")
        assert "question" not in repr(said)
        assert KEY not in repr(said)
        assert said.attributes["gen_ai.request.model"] == "gpt-4o"
        assert (said.model, said.usage.input, said.attributes["n"]) == ("gpt-4o", 7, 3)
        assert said.tags["plan"] == "pro"
        assert DROPPED in said.flags

    def test_reasons_of_scores_are_content(self) -> None:
        score = Score(trace_id="1" * 32, span_id="", name="helpful", value=1.0, source="human", reason=f"saw {KEY}")

        assert KEY not in redactor().score(score).reason
        assert redactor("drop").score(score).reason == ""
        assert redactor("off").score(score) == score


class TestFailure:
    @pytest.fixture
    def broken(self, monkeypatch: pytest.MonkeyPatch) -> Redactor:
        def fail(*_: object) -> bool:
            raise RuntimeError(f"never tell {KEY}")

        monkeypatch.setattr(machine.Machine, "suspects", fail)
        return Redactors("a secret").of(UUID(int=1), Policy())

    def test_content_is_left_out_and_the_rest_is_kept(self, broken: Redactor) -> None:
        said = broken.span(planted())

        assert KEY not in repr(said)
        assert "input" not in said.input
        assert (said.trace_id, said.model, said.usage.output) == ("1" * 32, "gpt-4o", 3)
        assert FAILED in said.flags
        assert broken.failed == 1

    def test_scores_and_samples_are_left_out_too(self, broken: Redactor) -> None:
        score = Score(trace_id="1" * 32, span_id="", name="helpful", value=1.0, source="human", reason=f"saw {KEY}")

        assert broken.score(score).reason == ""
        assert broken.sample(f"span {KEY}") == LEFT_OUT
        assert broken.failed == 2

    def test_a_policy_that_cannot_be_read_lets_no_content_in(self) -> None:
        redact = REDACTORS.of(UUID(int=1), None)

        assert KEY not in repr(redact.span(planted()))
        assert redact.failed == 1

    def test_a_text_that_is_too_dense_costs_its_span_the_content(self) -> None:
        dense = replace(planted(), input=f"{KEY} " * 110_000)
        redact = redactor()

        assert KEY not in repr(redact.span(dense))
        assert redact.failed == 1
