import orjson
import pytest

from ledger.domain.usage import Usage
from tests.ingest.conventions.sending import understood


@pytest.mark.parametrize(
    ("word", "kind"),
    [("LLM", "generation"), ("TOOL", "tool"), ("EVALUATOR", "evaluator"), ("CACHED", "span"), ("DEFAULT", "span")],
)
def test_its_types_are_kinds(word: str, kind: str) -> None:
    assert understood({"lmnr.span.type": word}).kind == kind


def test_its_default_type_leaves_the_word_to_others() -> None:
    span = understood({"lmnr.span.type": "DEFAULT", "gen_ai.tool.name": "get_weather"})

    assert (span.kind, span.tool) == ("tool", "get_weather")


def test_who_and_what_for_stand_under_association_properties() -> None:
    span = understood(
        {
            "lmnr.span.type": "LLM",
            "lmnr.association.properties.session_id": "s-4",
            "lmnr.association.properties.user_id": "u-17",
            "lmnr.association.properties.tags": ["beta"],
            "lmnr.association.properties.metadata.plan": "pro",
            "lmnr.association.properties.metadata.route": "weather",
        }
    )

    assert (span.session_id, span.user_id, span.route) == ("s-4", "u-17", "weather")
    assert span.tags == {"beta": "true", "plan": "pro"}


def test_its_cache_has_underscores() -> None:
    span = understood(
        {
            "lmnr.span.type": "LLM",
            "gen_ai.usage.input_tokens": 1210,
            "gen_ai.usage.output_tokens": 81,
            "gen_ai.usage.cache_read_input_tokens": 1024,
        }
    )

    assert span.usage == Usage(186, 1024, None, None, 81, None)


def test_messages_in_openai_s_shape_become_ours() -> None:
    span = understood({"lmnr.span.type": "LLM", "lmnr.span.input": '[{"role":"user","content":"Hot?"}]'})

    assert orjson.loads(span.input) == [{"role": "user", "parts": [{"type": "text", "content": "Hot?"}]}]
    assert "lmnr.span.input" not in span.attributes
