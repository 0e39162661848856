"""After healing: what was acknowledged is stored, once, as it was sent, and nothing else is."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic, sleep
from uuid import UUID

import orjson

from ledger.store.client import Store
from tests.faults.producer import Producer, numbered
from tests.ingest.house import House
from tests.ingest.requests import START, body

FRESH = 9_000_000_000
"""A span of no producer's, sent when all is well again."""

FACTS = """
SELECT reinterpretAsUInt64(reverse(span_id)) AS n, reinterpretAsUInt128(reverse(trace_id)) AS trace, name,
    toUnixTimestamp64Micro(start_time) AS start, input_tokens, output_tokens
FROM ledger WHERE project_id = {project:UUID}
"""
BODIES = """
SELECT reinterpretAsUInt64(reverse(span_id)) AS n, attributes FROM bodies FINAL WHERE project_id = {project:UUID}
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """What the judge saw; all but the first three have to be 0."""

    acknowledged: int
    offered: int
    stored: int
    lost: int
    twice: int
    never_sent: int
    changed: int
    miscounted: int
    """The ledger's `stored` less the spans that there are."""

    @property
    def is_good(self) -> bool:
        return not any((self.lost, self.twice, self.never_sent, self.changed, self.miscounted))


def judge(house: House, store: Store, project: UUID, *producers: Producer, seconds: float = 60) -> Finding:
    """The verdict as assertions, for tests."""
    found = finding(house, store, project, *producers, seconds=seconds)

    assert found.acknowledged
    assert found.is_good, found
    return found


def finding(house: House, store: Store, project: UUID, *producers: Producer, seconds: float = 60) -> Finding:
    counts = house.drain(project, seconds)
    acknowledged = set[int]().union(*(one.acknowledged for one in producers))
    offered = set[int]().union(*(one.offered for one in producers))
    numbers = stored(store, project)
    return Finding(
        acknowledged=len(acknowledged),
        offered=len(offered),
        stored=len(numbers),
        lost=len(acknowledged - set(numbers)),
        twice=len(numbers) - len(set(numbers)),
        never_sent=len(set(numbers) - offered),
        changed=len(changed(store, project, set(numbers) & offered)),
        miscounted=abs(counts["stored"] - len(numbers)) + counts["rejected"],
    )


def stored(store: Store, project: UUID) -> list[int]:
    """The numbers of all spans in the store, one for each row that a reader sees."""
    sql = "SELECT reinterpretAsUInt64(reverse(span_id)) AS n FROM ledger WHERE project_id = {project:UUID}"
    return [row["n"] for row in store.select(sql, project=project)]


def changed(store: Store, project: UUID, numbers: Iterable[int]) -> set[int]:
    """Those of the numbers whose facts or bodies are not what was sent."""
    facts = {row["n"]: row for row in store.select(FACTS, project=project)}
    bodies = {row["n"]: row["attributes"] for row in store.select(BODIES, project=project)}
    return {n for n in numbers if digest(*read(facts[n], bodies.get(n, "{}"))) != digest(*sent(n))}


def sent(number: int) -> tuple[object, ...]:
    one = numbered(number)
    said = {pair.key: pair.value for pair in one.attributes}
    tokens = [said[f"gen_ai.usage.{side}_tokens"].int_value for side in ("input", "output")]
    start = (START + number * 1_000_000) // 1000
    return number // 7 + 1, one.name, start, *tokens, number, said["text"].string_value


def read(facts: dict[str, object], body: str) -> tuple[object, ...]:
    said = orjson.loads(body)
    columns = (facts[name] for name in ("trace", "name", "start", "input_tokens", "output_tokens"))
    return *columns, said.get("n"), said.get("text")


def digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def raw_rows(store: Store, project: UUID) -> int:
    """Rows as they were written, before the store merges any."""
    count: int = store.select("SELECT count() AS n FROM spans WHERE project_id = {p:UUID}", p=project)[0]["n"]
    return count


def seconds_until_visible(house: House, store: Store, key: str, project: UUID, limit: float = 30) -> float:
    """How long it takes a fresh span from its answer until a reader sees it."""
    number = FRESH + len(stored(store, project))
    response = house.post(body(numbered(number)), key)
    assert response.status_code == 200, response.text
    begun = monotonic()
    while number not in stored(store, project):
        assert monotonic() < begun + limit, f"a fresh span can't be seen after {limit:g} s"
        sleep(0.02)
    return monotonic() - begun
