"""Laminar: types in capitals, who and what for under association properties."""

from collections.abc import Mapping

from ingest.conventions.convention import HOUSEKEEPING, Convention, kind_of, labels, pairs
from ingest.conventions.messages import of_chat
from ingest.conventions.sent import Sent
from ingest.conventions.values import Read, as_content, as_json, as_texts, text
from ledger.domain.span import Kind

ASSOCIATED = "lmnr.association.properties."
METADATA = f"{ASSOCIATED}metadata."
KIND_WORDS: dict[str, Kind] = {
    "llm": "generation",
    "tool": "tool",
    "evaluator": "evaluator",
    "human_evaluator": "evaluator",
    "evaluation": "workflow",
    "executor": "workflow",
    "pipeline": "workflow",
    "cached": "span",
    "default": "span",
}
"""An answer out of Laminar's own cache is no call."""

of_word = kind_of(KIND_WORDS, text("lmnr.span.type"))


def kind(sent: Sent) -> Kind | None:
    """Its word for what is nothing else says nothing: the span may speak another convention too."""
    found = of_word(sent)
    return None if found == "span" and text("lmnr.span.type")(sent) == "DEFAULT" else found


def tags(sent: Sent) -> Mapping[str, str] | None:
    own = {key.removeprefix(METADATA): value for key, value in sent.attributes.items() if key.startswith(METADATA)}
    return labels(as_texts(sent.attributes.get(f"{ASSOCIATED}tags"))) | pairs(own, leave=HOUSEKEEPING) or None


def content(key: str) -> Read[str]:
    """The messages of a model call, in OpenAI's shape, else what was recorded."""

    def read(sent: Sent) -> str | None:
        held = sent.attributes.get(key)
        made = of_chat(held) if of_word(sent) == "generation" else []
        return as_json(made) if made else as_content(held) or None

    return read


LAMINAR = Convention(
    name="laminar",
    keys=("lmnr.",),
    kind=kind,
    session_id=text(f"{ASSOCIATED}session_id"),
    user_id=text(f"{ASSOCIATED}user_id"),
    tags=tags,
    input=content("lmnr.span.input"),
    output=content("lmnr.span.output"),
    content=("lmnr.span.input", "lmnr.span.output"),
)
