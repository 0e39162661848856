"""Whatever mixture of words a span holds, with whatever values: it is read, and reads the same again."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ingest.conventions.sent import CLIENT, SERVER, Origin
from ingest.conventions.table import CONVENTIONS
from ledger.domain.span import KINDS, Event
from ledger.domain.usage import Usage
from tests.ingest.conventions import test_precedence as precedence
from tests.ingest.conventions.sending import START, understood

OURS = ("spanledger.input", "spanledger.output")
"""What was read is put back under these."""

KNOWN = sorted(
    key
    for key in {
        *(key for words in vars(precedence).values() if isinstance(words, list) for key, _, _ in words),
        *(key if key[-1] != "." else f"{key}x" for one in CONVENTIONS for key in (*one.keys, *one.content)),
        *("llm.input_messages.0.message.content", "gen_ai.prompt.0.content", "error.type", "error.code", "success"),
    }
    if key not in OURS
)
MARKS = {f"{key}mark": "1" for one in CONVENTIONS for key in one.keys if key.endswith(".") and key not in one.content}
"""A client is known by some attribute that is no content: every real one sends such."""

SAID = [value for words in vars(precedence).values() if isinstance(words, list) for _, value, _ in words]
ODD: list[Any] = [
    *(None, "", " ", "{", "[", '"', "{}", "[]", '""', "null", "{'a': 1}", "{'cache_read': -1}", "[[[", "True", "LLM"),
    *(
        -1,
        0,
        1.5,
        2**63 - 1,
        True,
        [],
        ["a"],
        [None, 1, {}],
        {},
        {"a": {"b": []}},
        {"messages": 7},
        '{"messages":[[]]}',
    ),
    *('{"generations":[[]]}', '[{"role":null,"parts":null}]', '[{"kwargs":[]}]', '{"id":{},"choices":1}', "\ud7ff"),
]
VALUES = st.sampled_from(SAID + ODD)
SCOPES = st.sampled_from(
    ["", "com.anthropic.claude_code.tracing", "vllm.llm_engine", "openinference.instrumentation.langchain"]
)


@given(
    attributes=st.dictionaries(st.sampled_from(KNOWN), VALUES, max_size=12),
    about=st.dictionaries(st.sampled_from(["exception.type", "exception.message", "feature_flag.variant"]), VALUES),
    event=st.sampled_from(["exception", "feature_flag", "First Token Stream Event"]),
    kind=st.sampled_from([0, SERVER, CLIENT]),
    code=st.sampled_from([0, 2]),
    scope=SCOPES,
    name=st.sampled_from(["a span", "claude_code.llm_request", "invoke_agent ", "tools/call "]),
)
def test_it_is_read_and_reads_the_same_again(
    attributes: dict[str, Any], about: dict[str, Any], event: str, kind: int, code: int, scope: str, name: str
) -> None:
    events = (Event(START, event, about),)

    span = understood(
        MARKS | attributes, events=events, kind=kind, status_code=code, origin=Origin({}, scope, "0.1"), name=name
    )

    assert span.kind in KINDS
    assert span.status == ("error" if span.error_type or span.error_message or code == 2 else span.status)
    assert all(tokens is None or tokens >= 0 for _, tokens in parts(span.usage))


def parts(usage: Usage) -> list[tuple[str, int | None]]:
    return [(name, getattr(usage, name)) for name in Usage.__dataclass_fields__]
