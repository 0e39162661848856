"""A project whose spans arrive as the writer writes them, and are settled as the settler settles them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from ledger.domain.prices import Price, Rates
from ledger.domain.span import Span, version_of
from ledger.domain.usage import Usage
from ledger.settle.settlement import Settlement
from ledger.store.client import Row, Store
from ledger.store.prices import publish
from ledger.store.writing import Sending, Tombstone, announce, write_spans

NOON = int(datetime(2026, 11, 1, 12, tzinfo=UTC).timestamp()) * 1_000_000
SECOND = 1_000_000
PROVIDER = "testai"
NODE = f"node-{uuid4().hex}"
GROUPS = count(1)
"""All these tests write at one node: a settler looks at each node it ever heard of."""


def span(trace: int = 1, number: int = 1, parent: int = 0, *, at: float = 0, **more: Any) -> Span:
    """A step of a second that began `at` seconds after noon; `parent` 0 means a root."""
    start = NOON + round(at * SECOND)
    ids = {"trace_id": f"{trace:032x}", "span_id": f"{number:016x}", "parent_id": f"{parent:016x}" if parent else ""}
    return Span(**({"start": start, "end": start + SECOND, "name": "step"} | ids | more))


def call(trace: int = 1, number: int = 2, parent: int = 1, **more: Any) -> Span:
    """A model call of 1,000 tokens in and 100 out."""
    known = {"kind": "generation", "provider": PROVIDER, "model": "m-1", "usage": Usage(input=1000, output=100)}
    return span(trace, number, parent, **(known | more))


@dataclass
class House:
    """One project of a running house."""

    store: Store
    project: UUID = field(default_factory=uuid4)
    group_seq: int = 0
    """The last group that was written for it."""

    def arrive(self, *spans: Span, moved_from: Sequence[Span] = ()) -> None:
        """The writer writes a group: these spans, and tombstones where some have moved away from."""
        self.group_seq = seq = next(GROUPS)
        received = NOON + seq * SECOND
        sendings = [
            Sending(self.project, one, version_of(one.end, received, at), received) for at, one in enumerate(spans)
        ]
        newer = max(sending.version for sending in sendings)
        gone = [Tombstone(self.project, one.trace_id, one.span_id, one.start, newer) for one in moved_from]
        write_spans(self.store, sendings, gone)
        announce(self.store, sendings, NODE, seq, uuid4().hex)

    def settle(self) -> None:
        settlement = Settlement(self.store)
        settlement.fill_unpriced()
        while settlement.settle_arrived():
            pass

    def price(self, model: str = "m-1", version: int = 1, **more: Any) -> Price:
        """Publish the project's own price; $2 a million in and $10 a million out unless said otherwise."""
        known: dict[str, Any] = {
            "id": f"{PROVIDER}/{model}",
            "provider": PROVIDER,
            "model": model,
            "pattern": {"equals": model},
            "rates": Rates(input=Decimal(2), output=Decimal(10)),
            "source": "project",
            "project_id": self.project,
            "version": version,
        }
        price = Price(**(known | more))
        publish(self.store, [price])
        return price

    def row(self, number: int, trace: int = 1) -> Row:
        """What the ledger says about a call."""
        return self.ledger()[trace, number]

    def ledger(self) -> dict[tuple[int, int], Row]:
        """All the project's calls and tool calls by trace and number."""
        rows = self.store.select("SELECT * FROM calls WHERE project_id = {project:UUID}", project=self.project)
        found = {(number_of(row["trace_id"]), number_of(row["span_id"])): row for row in rows}
        assert len(found) == len(rows)
        return found

    def trace(self, number: int = 1) -> Row:
        """What the ledger says about a trace."""
        return self.traces()[number]

    def traces(self) -> dict[int, Row]:
        """All the project's traces by number."""
        rows = self.store.select("SELECT * FROM traces WHERE project_id = {project:UUID}", project=self.project)
        found = {number_of(row["trace_id"]): row for row in rows}
        assert len(found) == len(rows)
        return found

    def settlements(self) -> int:
        """How often the project's entries were written by settling: the lowest bits of a call's version count it."""
        calls = sum(row["version"] % 4096 for row in self.ledger().values())
        return calls + sum(row["version"] for row in self.traces().values())

    def statuses(self) -> dict[tuple[int, int], str]:
        return {key: row["cost_status"] for key, row in sorted(self.ledger().items())}

    def cost(self) -> Decimal:
        return sum((row["cost"] for row in self.ledger().values() if row["cost"] is not None), Decimal(0))


def number_of(ident: bytes) -> int:
    return int.from_bytes(ident, "big")
