from dataclasses import fields, replace
from uuid import UUID

import pytest

from ledger.domain.span import Span, version_of
from ledger.domain.usage import Usage
from ledger.store.client import Row, Store
from ledger.store.writing import Sending, input_hash, write_spans

NOON = 1_793_620_800_000_000

TOOL = Span(trace_id="1" * 32, span_id="2" * 16, kind="tool", start=NOON, end=NOON + 1, input='{"city": "Oslo"}')


def stored(store: Store, project: UUID, span: Span) -> Row:
    write_spans(store, [Sending(project, span, version_of(span.end, NOON, 0), NOON)], [])
    return store.select("SELECT * FROM spans FINAL WHERE project_id = {project:UUID}", project=project)[0]


@pytest.mark.parametrize(
    "other",
    [
        '{"city":"Oslo"}',
        ' {"city"\n:"Oslo"} ',
        r'"{\"city\": \"Oslo\"}"',
    ],
)
def test_what_a_tool_was_asked_is_the_same_however_it_is_written(other: str) -> None:
    assert input_hash(replace(TOOL, input=other)) == input_hash(TOOL)


def test_the_order_of_members_says_nothing_and_that_of_a_list_does() -> None:
    first = replace(TOOL, input='{"a":1,"b":{"c":[1,2],"d":null}}')

    assert input_hash(replace(TOOL, input='{"b":{"d":null,"c":[1,2]},"a":1}')) == input_hash(first)
    assert input_hash(replace(TOOL, input='{"b":{"d":null,"c":[2,1]},"a":1}')) != input_hash(first)


@pytest.mark.parametrize("text", ["Oslo", "{not json", '"half', "[" * 2000, "[[1]]", "\ud800", "1", "{}"])
def test_whatever_was_asked_has_a_hash_of_64_bits(text: str) -> None:
    assert 0 < input_hash(replace(TOOL, input=text)) < 2**64


def test_a_tool_that_was_asked_nothing_and_what_is_no_tool_have_no_hash() -> None:
    assert input_hash(replace(TOOL, input="  ")) == 0
    assert input_hash(replace(TOOL, kind="agent")) == 0


def test_instance_hash_and_every_class_of_tokens_are_stored(store: Store, project: UUID) -> None:
    usage = Usage(*range(1, len(fields(Usage)) + 1))
    row = stored(store, project, replace(TOOL, instance="web-1:4711", usage=usage))

    assert (row["instance"], row["input_hash"]) == ("web-1:4711", input_hash(TOOL))
    assert [row[f"{field.name}_tokens"] for field in fields(Usage)] == list(range(1, len(fields(Usage)) + 1))
