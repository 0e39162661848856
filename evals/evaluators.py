"""Evaluators that need no model: the same answer always gets the same score, and it costs nothing.

Each looks only at what it can judge, and says None about the rest: no answer was kept, or it isn't of its kind.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NoReturn

from evals.results import Assertion, Result
from ledger.domain.generation import Generation
from ledger.domain.span import Value

Kind = Literal["assertion", "score", "label"]

CUT_OFF = frozenset({"length", "max_tokens", "max_output_tokens", "model_length", "incomplete"})
REFUSED = frozenset({"refusal", "content_filter", "safety", "recitation", "prohibited_content", "blocklist", "spii"})
REFUSAL = re.compile(
    r"(i['’]?m|i am) (very )?sorry,? (but )?(i |that )?(can['’]?t|cannot|won['’]?t|am not able|am unable)"
    r"|i (can['’]?t|cannot|won['’]?t|am not able to|am unable to) (help|assist|comply|provide|do that)"
    r"|as an ai( language)? model,? i (can['’]?t|cannot)",
    re.IGNORECASE,
)
"""How refusals begin, in English. Only the beginning is looked at: an answer may speak of a refusal further on."""

JSON_TYPES = frozenset({"json", "json_object", "json_schema", "application/json"})
ASKED_FOR = ("gen_ai.output.type", "gen_ai.openai.request.response_format", "gen_ai.request.response_format")
SETTINGS = ("llm.invocation_parameters", "model_parameters", "langfuse.observation.model.parameters")
"""Attributes in which instrumentors keep all of a request's settings as JSON."""


@dataclass(frozen=True, slots=True)
class Evaluator:
    """A question about an answer, and the code that answers it. `version` changes whenever the answers may."""

    name: str
    version: int
    kind: Kind
    about: str
    judge: Callable[[Generation], Result | None]

    @property
    def versioned(self) -> str:
        return f"{self.name}/{self.version}"


def answered(generation: Generation) -> Result | None:
    """Whether the model said something, said it to the end, and did not refuse."""
    if generation.status == "error" and generation.failure_kind not in {"truncated", "refusal", "content_filter"}:
        return None
    flaw = flaw_of_ending(generation)
    if flaw:
        return Assertion(False, flaw)
    if generation.output is None:
        return None
    if generation.tool_calls():
        return Assertion(True, "It called a tool.")
    text = generation.text().strip()
    if not text:
        return Assertion(False, "The answer is empty.")
    if REFUSAL.match(text):
        return Assertion(False, f"It begins like a refusal: “{text[:80]}”.")
    return Assertion(True, f"It said {len(text)} characters and came to an end.")


def flaw_of_ending(generation: Generation) -> str:
    """What the provider itself says is wrong with the answer; empty where it says nothing."""
    reasons = {reason.lower() for reason in generation.finish_reasons}
    if generation.failure_kind == "truncated" or reasons & CUT_OFF:
        return "It was cut off at the limit of tokens."
    if generation.failure_kind in {"refusal", "content_filter"} or reasons & REFUSED:
        return "The provider says that it was refused or filtered."
    if any(part.get("type") == "refusal" for part in generation.parts()):
        return "The model answered with a refusal."
    return ""


def valid_json(generation: Generation) -> Result | None:
    """Whether an answer that was asked for as JSON can be read as JSON."""
    if generation.output is None or generation.status == "error" or not json_was_asked_for(generation.attributes):
        return None
    text = generation.text().strip()
    if not text and generation.tool_calls():
        return None
    try:
        read_json(text)
    except ValueError as error:
        return Assertion(False, f"It can't be read as JSON: {error}.")
    return Assertion(True, f"Its {len(text)} characters are JSON.")


def tool_arguments_parse(generation: Generation) -> Result | None:
    """Whether each tool was called with arguments that a program can take: a JSON object."""
    calls = generation.tool_calls()
    if not calls:
        return None
    flaws = [flaw for call in calls if (flaw := flaw_of_arguments(call))]
    if flaws:
        return Assertion(False, " ".join(flaws))
    return Assertion(True, f"The arguments of {len(calls)} tool call{'s' if len(calls) > 1 else ''} are JSON objects.")


def flaw_of_arguments(call: Mapping[str, Value]) -> str:
    arguments = call.get("arguments")
    try:
        read = read_json(arguments) if isinstance(arguments, str) else arguments
    except ValueError as error:
        return f"The arguments of {call.get('name')} can't be read as JSON: {error}."
    return "" if isinstance(read, dict) else f"The arguments of {call.get('name')} are not an object."


def read_json(text: str) -> object:
    """JSON as the standard has it: NaN and Infinity, which Python would take, are refused."""
    try:
        return json.loads(text, parse_constant=refuse)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def json_was_asked_for(attributes: Mapping[str, Value]) -> bool:
    asked = [attributes.get(name) for name in ASKED_FOR]
    return any(is_json_type(each) for each in [*asked, *map(response_format, map(attributes.get, SETTINGS))])


def response_format(settings: Value) -> Value:
    """The format named in a request's settings, which come as JSON text or as an object."""
    try:
        read = json.loads(settings) if isinstance(settings, str) else settings
    except ValueError:
        return None
    return read.get("response_format") if isinstance(read, dict) else None


def is_json_type(asked: Value) -> bool:
    """`json_object`, say, or an object whose type is that, or its text."""
    if isinstance(asked, dict):
        return is_json_type(asked.get("type"))
    if not isinstance(asked, str):
        return False
    return asked.lower() in JSON_TYPES or (asked.startswith("{") and is_json_type(response_format_text(asked)))


def response_format_text(text: str) -> Value:
    return response_format(f'{{"response_format": {text}}}')


EVALUATORS = {
    evaluator.name: evaluator
    for evaluator in (
        Evaluator("answered", 1, "assertion", "The answer has words or a tool call, an end, and no refusal.", answered),
        Evaluator("valid_json", 1, "assertion", "What was asked for as JSON is JSON.", valid_json),
        Evaluator("tool_arguments_parse", 1, "assertion", "Tools are called with JSON objects.", tool_arguments_parse),
    )
}
