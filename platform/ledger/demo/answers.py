"""What the stub model says: the shop's own answers to the shop's own questions, else something polite."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ledger.demo.words import SEARCH, SUPPORT, TRIAGE, Exchange

type Message = Mapping[str, Any]  # of the protocol

ORDER = re.compile(r"HP-\d{5}")
EXCHANGES = (*SUPPORT, *SEARCH, *TRIAGE)
POLITE = "Thank you for asking. I would need to know a little more to give you a good answer: what exactly do you need?"
FIELDS = re.compile(
    r"^(?P<vendor>.+)\nInvoice (?P<number>\S+) of (?P<date>\S+)\n\n1 × (?P<line>.+): (?P<net>\S+) EUR\n"
    r"VAT 19 %: (?P<vat>\S+) EUR\nTotal: (?P<total>\S+) EUR"
)


def answer_to(messages: Sequence[Message]) -> str:
    """The answer to the last thing the user said."""
    question = last_question(messages)
    invoice = FIELDS.match(question)
    if invoice is not None:
        return json.dumps({**invoice.groupdict(), "currency": "EUR"}, ensure_ascii=False)
    order = ORDER.search(question)
    found = next((each for each in EXCHANGES if same(each, question)), None)
    return found.answer.format(order=order[0] if order else "") if found else POLITE


def same(exchange: Exchange, question: str) -> bool:
    return ORDER.sub("", question) == exchange.question.replace("{order}", "")


def last_question(messages: Sequence[Message]) -> str:
    asked = [message for message in messages if message.get("role") == "user"]
    content = asked[-1].get("content") if asked else ""
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return str(content or "")


def tool_wish(messages: Sequence[Message], tools: Sequence[Message]) -> dict[str, Any] | None:
    """The wish to look an order up, where there is a tool and an order, and it has not been done yet."""
    order = ORDER.search(last_question(messages))
    if not tools or order is None or any(message.get("role") == "tool" for message in messages):
        return None
    function = {"name": tools[0]["function"]["name"], "arguments": json.dumps({"order": order[0]})}
    return {"id": f"call_{order[0]}", "type": "function", "function": function}
