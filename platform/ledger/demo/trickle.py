"""`python -m ledger.demo.trickle`: the shop goes on: a task every few seconds, by our SDK and the openai client."""

import json
import logging
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from types import FrameType
from typing import Any

import openai

import spanledger
from ledger.demo.connection import NotConnected, setting
from ledger.demo.shop import drawn_invoice, page_of
from ledger.demo.words import (
    INVOICE_SYSTEM,
    PRODUCTS,
    SEARCH,
    SEARCH_SYSTEM,
    SUPPORT,
    SUPPORT_SYSTEM,
    TRIAGE,
    TRIAGE_SYSTEM,
)
from ledger.demo.worth import worth

log = logging.getLogger("ledger.demo.trickle")

RELEASE = "4.3.0"
REQUEST_TIMEOUT = 6.0
PAUSE = (2.0, 6.0)
FIND_ORDER: Any = {  # the client's own type for tools is a large union
    "type": "function",
    "function": {
        "name": "find_order",
        "description": "State and contents of an order.",
        "parameters": {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]},
    },
}

Messages = list[Any]  # dictionaries and the client's own message objects


class CarrierUnavailable(Exception):
    """The carrier's tracking service did not answer."""


class Later:
    """What becomes known some time after its task, and is told then."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()

    def add(self, after: timedelta, tell: Callable[[], None]) -> None:
        heappush(self._waiting, (self._clock() + after.total_seconds(), next(self._number), tell))

    def tell_due(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._clock():
            heappop(self._waiting)[2]()


class Shop:
    """The four features, with one model client and one source of chance."""

    def __init__(self, client: openai.OpenAI, rng: random.Random) -> None:
        self._client, self._rng = client, rng
        self.later = Later()

    @property
    def features(self) -> Sequence[tuple[Callable[[], None], float]]:
        return ((self.support, 4), (self.search, 3), (self.invoice, 1.5), (self.triage, 1.5))

    def serve_one(self) -> None:
        """One task of one feature; what a model or a tool does wrong is the task's failure, not ours."""
        features = self.features
        perform = self._rng.choices([each for each, _ in features], [share for _, share in features])[0]
        try:
            perform()
        except (openai.APIError, CarrierUnavailable) as error:
            log.info("%s failed: %s", perform.__name__, type(error).__name__)

    def support(self) -> None:
        exchange, order = self._rng.choice(SUPPORT), f"HP-{self._rng.randrange(20_000, 99_999)}"
        with spanledger.trace(route="support.answer", name="support desk", kind="agent") as task:
            self._introduce(topic=exchange.topic)
            question = exchange.question.format(order=order)
            task.record(input=question)
            task.record(output=self._answer_customer(question))
            if self._rng.random() < 0.3:
                spanledger.score("helpful", self._rng.random() < 0.86, source="user")
            self._came_to("support.answer", exchange.topic, task.trace_id)

    def _answer_customer(self, question: str) -> str:
        model = self._rng.choices(["gpt-4o-mini", "claude-sonnet-4-5", "gpt-4o"], [5, 3, 2])[0]
        messages: Messages = [{"role": "system", "content": SUPPORT_SYSTEM}, {"role": "user", "content": question}]
        first = self._client.chat.completions.create(
            model=model, messages=messages, tools=[FIND_ORDER], temperature=0.2
        )
        message = first.choices[0].message
        if not message.tool_calls:
            return message.content or ""
        messages.append(message)
        for call in message.tool_calls:
            if call.type == "function":
                found = self.find_order(json.loads(call.function.arguments)["order"])
                messages.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps(found)})
        return self._streamed(model, messages)

    @spanledger.span("find_order", kind="tool")
    def find_order(self, order: str) -> dict[str, str]:
        time.sleep(self._rng.uniform(0.02, 0.15))
        if self._rng.random() < 0.03:
            raise CarrierUnavailable("The carrier's tracking service did not answer within 5 s.")
        return {"order": order, "state": self._rng.choice(["packed", "shipped", "delivered"])}

    def _streamed(self, model: str, messages: Messages) -> str:
        stream = self._client.chat.completions.create(model=model, messages=messages, stream=True, temperature=0.2)
        return "".join(chunk.choices[0].delta.content or "" for chunk in stream)

    def search(self) -> None:
        exchange = self._rng.choice(SEARCH)
        with spanledger.trace(route="search.products", name="product search") as task:
            self._introduce(topic=exchange.topic)
            task.record(input=exchange.question)
            system = SEARCH_SYSTEM + "\n\nProducts:\n" + "\n".join(self.find_products(exchange.question))
            model = self._rng.choices(["gpt-4.1-mini", "gemini-2.5-flash"], [2, 1])[0]
            asked = [{"role": "system", "content": system}, {"role": "user", "content": exchange.question}]
            task.record(output=self._streamed(model, asked))
            self._came_to("search.products", exchange.topic, task.trace_id)

    @spanledger.span("find products", kind="retrieval")
    def find_products(self, question: str) -> list[str]:
        self._client.embeddings.create(model="text-embedding-3-small", input=question)
        return self._rng.sample(PRODUCTS, 4)

    def invoice(self) -> None:
        invoice = drawn_invoice(self._rng)
        with spanledger.trace(route="invoices.extract", name="read invoice") as task:
            spanledger.tag(environment="production", release=RELEASE)
            page = self.read_page(f"{invoice['number']}.pdf", page_of(invoice))
            task.record(input=page)
            task.record(output=self._whole(self._rng.choice(["gpt-4.1", "gpt-4o"]), INVOICE_SYSTEM, page))
            self._came_to("invoices.extract", "", task.trace_id)

    @spanledger.span("read_page", kind="tool")
    def read_page(self, file: str, page: str) -> str:
        time.sleep(self._rng.uniform(0.05, 0.3))
        return page

    def triage(self) -> None:
        exchange = self._rng.choice(TRIAGE)
        with spanledger.trace(route="inbox.triage", name="sort message") as task:
            self._introduce(topic=exchange.topic)
            task.record(input=exchange.question)
            model = self._rng.choice(["gpt-4o-mini", "pine-7b-instruct"])
            task.record(output=self._whole(model, TRIAGE_SYSTEM, exchange.question))

    def _whole(self, model: str, system: str, question: str) -> str:
        asked: Messages = [{"role": "system", "content": system}, {"role": "user", "content": question}]
        answer = self._client.chat.completions.create(model=model, messages=asked, temperature=0)
        return answer.choices[0].message.content or ""

    def _came_to(self, route: str, topic: str, trace_id: str) -> None:
        """How the task ended is known later, and so is a person's work; a look into the web is paid at once."""
        found = worth(route, topic, True, self._rng)
        for paid in found.charges:
            self.later.add(paid.after, partial(spanledger.charge, paid.kind, paid.amount, trace_id=trace_id))
        for end in found.endings:
            tell = partial(spanledger.outcome, end.success, end.value, name=end.name or None, trace_id=trace_id)
            self.later.add(end.after, tell)

    def _introduce(self, topic: str) -> None:
        """Say for whom and where the task is."""
        user = int(70 * self._rng.random() ** 2)
        environment = "staging" if self._rng.random() < 0.12 else "production"
        spanledger.tag(user=f"u-{1000 + user}", session=f"s-{user}-{int(time.time()) // 3600}", topic=topic)
        spanledger.tag(environment=environment, release=RELEASE, plan="pro" if user % 3 == 0 else "free")


def main() -> int:
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    for talkative in ("httpx2", "openai"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, leave)
    try:
        spanledger.init(setting("SPANLEDGER_ENDPOINT"), setting("SPANLEDGER_API_KEY"), service="shop-live")
        stub = setting("SPANLEDGER_STUB_URL")
    except NotConnected as error:
        log.error("%s", error)
        return 1
    rng = random.Random()  # noqa: S311 - a story, no secret
    client = openai.OpenAI(base_url=f"{stub}/v1", api_key="stub", max_retries=1, timeout=REQUEST_TIMEOUT)
    keep_serving(Shop(client, rng), rng)
    return 0


def keep_serving(shop: Shop, rng: random.Random) -> None:
    while True:
        shop.serve_one()
        shop.later.tell_due()
        time.sleep(rng.uniform(*PAUSE))


def leave(number: int, frame: FrameType | None) -> None:
    """End by the ordinary way, on which the SDK sends what it still holds."""
    sys.exit(0)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
