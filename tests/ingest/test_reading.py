from uuid import UUID

import orjson
import pytest
import zstandard

from ingest.answers import PROTOBUF
from ingest.limits import ATTRIBUTES_KEPT, WORDS
from ingest.reading import Reading, reading
from ingest.redaction.redactor import Redactors
from ingest.trim import ATTRIBUTES_DROPPED
from ingest.words import Words
from ledger.domain.redaction import Policy
from ledger.domain.words import OTHER
from tests.ingest.requests import Plain, body, span

REDACTORS = Redactors("a secret")


def read(*attributes: dict[str, Plain], words: Words | None = None) -> tuple[Reading, list[dict[str, object]]]:
    raw = body(*(span(number + 1, attributes=held) for number, held in enumerate(attributes)))
    found = reading(raw, PROTOBUF, REDACTORS.of(UUID(int=1), Policy()), words=words)
    return found, [one for part in found.parts for one in orjson.loads(zstandard.decompress(part.payload))]


def test_of_very_many_attributes_some_are_kept_and_those_that_say_what_it_is_before_all_others() -> None:
    many: dict[str, Plain] = {f"a{at}": at for at in range(10_000 - 2)}

    found, (kept,) = read(many | {"gen_ai.request.model": "m", "spanledger.tag.plan": "pro"})

    held = kept["attributes"]
    assert isinstance(held, dict)
    assert list(held)[:3] == ["gen_ai.request.model", "spanledger.tag.plan", "a0"]
    assert len(held) == ATTRIBUTES_KEPT
    assert (found.attributes_dropped, kept["model"], kept["flags"]) == (
        10_000 - ATTRIBUTES_KEPT,
        "m",
        [ATTRIBUTES_DROPPED],
    )


def test_what_a_conversation_was_read_from_does_not_count() -> None:
    said: dict[str, Plain] = {f"llm.input_messages.{at}.message.content": "hello" for at in range(1_000)}

    found, (kept,) = read(said | {"openinference.span.kind": "LLM"})

    assert found.attributes_dropped == 0
    assert str(kept["input"]).count("hello") == 1_000


def test_words_beyond_the_limit_of_a_day_are_other() -> None:
    words = Words(seen={"route": set(range(WORDS))})

    _, (kept,) = read({"spanledger.route": "a new one"}, words=words)

    assert kept["route"] == OTHER


@pytest.mark.parametrize("key", ["x" * 70_000, "", "a.b[0].__proto__", "__class__", "{0.__class__}", "." * 10_000, "'"])
def test_no_name_of_an_attribute_is_too_odd(key: str) -> None:
    _, (kept,) = read({key: "v"})

    assert kept["attributes"] == {key: "v"}
