"""What the shop's four features do with models: the tasks of the history."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ledger.demo.otlp import Value
from ledger.demo.trace import Answer, Model, Trace, text
from ledger.demo.words import (
    GOODS,
    INVOICE_SYSTEM,
    PRODUCTS,
    SEARCH,
    SEARCH_SYSTEM,
    SUPPORT,
    SUPPORT_SYSTEM,
    TRIAGE,
    TRIAGE_SYSTEM,
    VENDORS,
    Exchange,
)

GPT_4O = Model("gpt-4o", "openai", speed=80, first=0.45)
GPT_4O_MINI = Model("gpt-4o-mini", "openai", speed=120, first=0.3)
GPT_41 = Model("gpt-4.1", "openai", speed=90, first=0.5)
GPT_41_MINI = Model("gpt-4.1-mini", "openai", speed=130, first=0.35)
SONNET = Model("claude-sonnet-4-5", "anthropic", speed=70, first=0.8)
FLASH = Model("gemini-2.5-flash", "gcp.gemini", speed=180, first=0.4)
PINE = Model("pine-7b-instruct", "in-house", speed=60, first=0.15)
"""Runs on the shop's own machine: no price list has it."""

BUSY = ("openai.RateLimitError", "Error code: 429 - Rate limit reached for requests. Please try again in 1.2s.")
DOWN = ("openai.InternalServerError", "Error code: 500 - The server had an error while processing your request.")
LATE = ("openai.APITimeoutError", "Request timed out.")
TOO_LONG = (
    "openai.BadRequestError",
    "Error code: 400 - This model's maximum context length is 128000 tokens. However, your messages resulted in "
    "141872 tokens. Please reduce the length of the messages. (context_length_exceeded)",
)
NO_CARRIER = ("CarrierUnavailable", "The carrier's tracking service did not answer within 5 s.")


@dataclass(frozen=True, slots=True)
class Feature:
    """A route: how much of the traffic it gets, its service, its models with their shares, and what one task does."""

    route: str
    service: str
    share: float
    models: Mapping[Model, float]
    perform: Callable[[Trace, Model], None]

    def model(self, rng: random.Random) -> Model:
        return rng.choices(list(self.models), list(self.models.values()))[0]


def ask(trace: Trace, model: Model, messages: Sequence[object], answer: Answer) -> bool:
    """A call as programs make it: now and then it fails, and is tried once more. True if there was an answer."""
    luck = trace.rng.random()
    if luck < 0.028:
        trace.failed_call(model, messages, BUSY, trace.rng.uniform(0.08, 0.3))
        trace.pass_time(0.8, 1.6)
    elif luck < 0.038:
        trace.failed_call(model, messages, DOWN, trace.rng.uniform(0.4, 2.5))
        trace.pass_time(0.5, 1.0)
    elif luck < 0.046:
        trace.failed_call(model, messages, LATE, 20.0)
        trace.spans[0].error = LATE
        return False
    trace.call(model, messages, answer)
    return True


def tokens(rng: random.Random, typical: int) -> int:
    return max(1, int(rng.lognormvariate(0, 0.25) * typical))


def cached(rng: random.Random, total: int) -> int:
    """What the provider's cache had of the prompt, in steps of 128 from 1,024 on."""
    return min(total, 1024 + 128 * rng.randrange(8)) // 128 * 128 if total > 1024 and rng.random() < 0.55 else 0


def support(trace: Trace, model: Model) -> None:
    exchange, order = trace.rng.choice(SUPPORT), f"HP-{trace.rng.randrange(20_000, 99_999)}"
    question, reply = exchange.question.format(order=order), exchange.answer.format(order=order)
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "support desk"}
    with trace.step("support desk", "agent", **agent, **{"spanledger.input": question}) as root:
        root.attributes["spanledger.tag.topic"] = exchange.topic
        messages = [text("system", SUPPORT_SYSTEM), text("user", question)]
        if order in question:
            messages = looked_up(trace, model, messages, order)
        if messages and answer_customer(trace, model, messages, reply):
            root.attributes["spanledger.output"] = reply


def looked_up(trace: Trace, model: Model, messages: list[dict[str, object]], order: str) -> list[dict[str, object]]:
    """The conversation after the model has asked for the order; empty where that call failed."""
    wish = {"type": "tool_call", "id": "call_1", "name": "find_order", "arguments": {"order": order}}
    size = tokens(trace.rng, 1350)
    asked = Answer([wish], size, tokens(trace.rng, 24), cached(trace.rng, size), reason="tool_calls")
    if not ask(trace, model, messages, asked):
        return []
    found: dict[str, object] = {"order": order, "state": trace.rng.choice(["packed", "shipped", "delivered"])}
    if trace.rng.random() < 0.03:
        trace.broken_tool("find_order", {"order": order}, NO_CARRIER)
        found = {"error": NO_CARRIER[1]}
    else:
        trace.tool("find_order", {"order": order}, found, (0.03, 0.25))
    response = {"type": "tool_call_response", "id": "call_1", "response": json.dumps(found)}
    return [*messages, {"role": "assistant", "parts": [wish]}, {"role": "tool", "parts": [response]}]


def answer_customer(trace: Trace, model: Model, messages: Sequence[object], reply: str) -> bool:
    size = tokens(trace.rng, 1500)
    words = [{"type": "text", "content": reply}]
    luck = trace.rng.random()
    if luck < 0.012:
        answer = Answer([], size, 1, reason="content_filter", streamed=True)
    else:
        heard = trace.rng.random() > 0.03
        output = tokens(trace.rng, len(reply) // 4)
        answer = Answer(words, size, output, cached(trace.rng, size), streamed=True, known=heard)
    return ask(trace, model, messages, answer)


def search(trace: Trace, model: Model) -> None:
    exchange = trace.rng.choice(SEARCH)
    with trace.step("product search", "workflow", **{"spanledger.input": exchange.question}) as root:
        root.attributes["spanledger.tag.topic"] = exchange.topic
        with trace.step("find products", "retrieval", **{"spanledger.input": exchange.question}) as found:
            trace.embedding(exchange.question, 4 + len(exchange.question) // 4)
            trace.pass_time(0.01, 0.06)
            products = trace.rng.sample(PRODUCTS, 4)
            found.attributes["spanledger.output"] = json.dumps(products, ensure_ascii=False)
        system = f"{SEARCH_SYSTEM}\n\nProducts:\n" + "\n".join(products)
        messages = [text("system", system), text("user", exchange.question)]
        size, words = tokens(trace.rng, 620), [{"type": "text", "content": exchange.answer}]
        answer = Answer(words, size, tokens(trace.rng, len(exchange.answer) // 4), streamed=True)
        if ask(trace, model, messages, answer):
            root.attributes["spanledger.output"] = exchange.answer


def invoices(trace: Trace, model: Model) -> None:
    invoice = drawn_invoice(trace.rng)
    page = page_of(invoice)
    with trace.step("read invoice", "workflow", **{"spanledger.input": page}) as root:
        trace.tool("read_page", {"file": f"{invoice['number']}.pdf"}, page, (0.2, 0.9))
        messages = [text("system", INVOICE_SYSTEM), text("user", page)]
        said = json.dumps(invoice, ensure_ascii=False)
        luck = trace.rng.random()
        if luck < 0.02:
            trace.failed_call(model, messages, TOO_LONG, 0.4)
            root.error = TOO_LONG
            return
        size, cut = tokens(trace.rng, 3900), luck < 0.06
        words = [{"type": "text", "content": said[: len(said) // 2] if cut else said}]
        output = 256 if cut else tokens(trace.rng, 310)
        answer = Answer(words, size, output, cached(trace.rng, size), reason="length" if cut else "stop")
        if ask(trace, model, messages, answer):
            root.attributes["spanledger.output"] = str(words[0]["content"])


def drawn_invoice(rng: random.Random) -> dict[str, Value]:
    net = rng.randrange(4_000, 380_000) / 100
    return {
        "vendor": rng.choice(VENDORS),
        "number": f"R-{rng.randrange(100_000, 999_999)}",
        "date": f"2026-{rng.randrange(1, 11):02d}-{rng.randrange(1, 28):02d}",
        "currency": "EUR",
        "line": rng.choice(GOODS),
        "net": net,
        "vat": round(net * 0.19, 2),
        "total": round(net * 1.19, 2),
    }


def page_of(invoice: Mapping[str, Value]) -> str:
    return (
        f"{invoice['vendor']}\nInvoice {invoice['number']} of {invoice['date']}\n\n1 × {invoice['line']}: "
        f"{invoice['net']} EUR\nVAT 19 %: {invoice['vat']} EUR\nTotal: {invoice['total']} EUR\nDue within 30 days."
    )


def triage(trace: Trace, model: Model) -> None:
    exchange: Exchange = trace.rng.choice(TRIAGE)
    with trace.step("sort message", "workflow", **{"spanledger.input": exchange.question}) as root:
        messages = [text("system", TRIAGE_SYSTEM), text("user", exchange.question)]
        right = trace.rng.random() < (0.9 if model is PINE else 0.97)
        word = exchange.answer if right else "product"
        answer = Answer([{"type": "text", "content": word}], tokens(trace.rng, 120), 2)
        if ask(trace, model, messages, answer):
            root.attributes["spanledger.output"] = word


FEATURES = (
    Feature("support.answer", "support-desk", 0.40, {GPT_4O_MINI: 5, SONNET: 3, GPT_4O: 2}, support),
    Feature("search.products", "web-shop", 0.30, {GPT_41_MINI: 6, FLASH: 3, GPT_4O_MINI: 1}, search),
    Feature("invoices.extract", "post-room", 0.15, {GPT_41: 6, GPT_4O: 4}, invoices),
    Feature("inbox.triage", "support-desk", 0.15, {GPT_4O_MINI: 6, PINE: 4}, triage),
)
