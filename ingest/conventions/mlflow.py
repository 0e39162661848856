"""MLflow's tracing over OTLP: every value is JSON in a string."""

from ingest.conventions.answers import id_of
from ingest.conventions.convention import Convention, kind_of
from ingest.conventions.langfuse import of_json
from ingest.conventions.messages import of_chat
from ingest.conventions.sent import Sent
from ingest.conventions.tokens import Tokens, of_report
from ingest.conventions.values import Read, as_json, as_list, as_object, text
from ledger.domain.span import CALL_KINDS, Kind, Value

KIND_WORDS: dict[str, Kind] = {
    "chat_model": "generation",
    "llm": "generation",
    "embedding": "embedding",
    "chain": "workflow",
    "workflow": "workflow",
    "agent": "agent",
    "tool": "tool",
    "retriever": "retrieval",
    "reranker": "rerank",
    "guardrail": "guardrail",
    "evaluator": "evaluator",
    "memory": "memory",
    "parser": "span",
    "unknown": "span",
}

of_word = kind_of(KIND_WORDS, of_json("mlflow.spanType"))


def tokens(sent: Sent) -> Tokens:
    return of_report(as_object(sent.attributes.get("mlflow.chat.tokenUsage")))


def response_id(sent: Sent) -> str | None:
    return id_of(sent.attributes.get("mlflow.spanOutputs")) if of_word(sent) in CALL_KINDS else None


def content(key: str, *members: str) -> Read[str]:
    """The messages among the recorded arguments or answer of a generation, else the record itself."""

    def read(sent: Sent) -> str | None:
        held = as_object(sent.attributes.get(key))
        said = next((held[name] for name in members if name in held), None) if of_word(sent) == "generation" else None
        made = of_chat([unwrapped(item) for item in as_list(said)])
        return as_json(made) if made else text(key)(sent)

    return read


def unwrapped(item: Value) -> Value:
    """A message, also where it is wrapped into a choice."""
    held = as_object(item)
    return held.get("message", item)


MLFLOW = Convention(
    name="mlflow",
    keys=("mlflow.",),
    kind=of_word,
    provider=of_json("mlflow.llm.provider"),
    request_model=of_json("model"),
    model=of_json("mlflow.llm.model"),
    response_id=response_id,
    tokens=tokens,
    session_id=of_json("mlflow.trace.session"),
    user_id=of_json("mlflow.trace.user"),
    input=content("mlflow.spanInputs", "messages", "input"),
    output=content("mlflow.spanOutputs", "choices"),
    content=("mlflow.spanInputs",),
)
