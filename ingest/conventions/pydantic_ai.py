"""Pydantic AI: OpenTelemetry's names on calls, the sums of a run on its agent."""

from ingest.conventions.convention import Convention
from ingest.conventions.messages import of_chat
from ingest.conventions.sent import Sent
from ingest.conventions.tokens import Tokens
from ingest.conventions.values import as_content, as_cost, as_json, count, text
from ledger.domain.span import Kind

SUM = "gen_ai.aggregated_usage."


def kind(sent: Sent) -> Kind | None:
    """Older versions name no operation, but both the agent and its model."""
    return "agent" if "agent_name" in sent.attributes and "model_name" in sent.attributes else None


def tokens(sent: Sent) -> Tokens:
    return Tokens(
        input=count(f"{SUM}input_tokens")(sent),
        output=count(f"{SUM}output_tokens")(sent),
        cache_read=count(f"{SUM}cache_read.input_tokens", f"{SUM}details.cache_read_tokens")(sent),
        cache_write=count(f"{SUM}cache_creation.input_tokens", f"{SUM}details.cache_write_tokens")(sent),
        reasoning=count(f"{SUM}details.reasoning_tokens")(sent),
    )


def reported_cost(sent: Sent) -> str | None:
    return as_cost(sent.attributes.get("operation.cost"))


def input_text(sent: Sent) -> str | None:
    said = of_chat(sent.attributes.get("pydantic_ai.all_messages"))
    return as_json(said) if said else None


def output_text(sent: Sent) -> str | None:
    return as_content(sent.attributes.get("final_result")) or None


PYDANTIC_AI = Convention(
    name="pydantic_ai",
    keys=("pydantic_ai.", "gen_ai.aggregated_usage.", "agent_name", "final_result", "operation.cost"),
    kind=kind,
    tokens=tokens,
    reported_cost=reported_cost,
    agent=text("agent_name"),
    input=input_text,
    output=output_text,
    content=("pydantic_ai.all_messages", "final_result"),
)
