"""embeddings: the texts that went in; of the vectors only their length."""

from opentelemetry.util.types import AttributeValue

from spanledger._content import as_text
from spanledger._openai.endpoint import Attributes, Endpoint, Params, Wire, known


def facts(answer: Wire) -> dict[str, AttributeValue]:
    """An embedding has no output tokens: that is known, and 0."""
    stated: dict[str, AttributeValue] = {"gen_ai.response.model": answer.model}
    if answer.usage:
        stated |= known({"gen_ai.usage.input_tokens": answer.usage.prompt_tokens, "gen_ai.usage.output_tokens": 0})
    vectors = answer.data
    if vectors and isinstance(vectors[0].embedding, list):
        stated["gen_ai.embeddings.dimension.count"] = len(vectors[0].embedding)
    return stated


def said(answer: Wire) -> object:
    return None


def content(params: Params, answer: object) -> Attributes:
    return {"spanledger.input": as_text(params.get("input"))}


EMBEDDINGS = Endpoint(
    operation="embeddings", kind="embedding", spoken=("input",), facts=facts, said=said, content=content
)
