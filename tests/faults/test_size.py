"""What is far too big, or no number at all: kept up to the documented limits, and what is cut is marked."""

import hashlib
import math
import time
from uuid import UUID

import orjson
import psutil
import pytest

from ingest.limits import ATTRIBUTES_KEPT, VALUE_LENGTH
from ledger.store.client import Row, Store
from ledger.store.traces import SPANS_A_PAGE, read_trace
from tests.ingest.house import House
from tests.ingest.requests import START, body, span

pytestmark = pytest.mark.faults

MEBIBYTE = 1024 * 1024
MANY, A_REQUEST = 100_000, 5_000


def only_row(store: Store, project: UUID) -> Row:
    sql = "SELECT input_tokens, output_tokens, reported_cost, flags FROM ledger WHERE project_id = {p:UUID}"
    (row,) = store.select(sql, p=project)
    return row


def attributes(store: Store, project: UUID) -> dict[str, object]:
    (row,) = store.select("SELECT attributes FROM bodies FINAL WHERE project_id = {p:UUID}", p=project)
    found: dict[str, object] = orjson.loads(row["attributes"])
    return found


def test_a_trace_of_a_hundred_thousand_spans_is_stored_and_read_page_by_page(
    running: House, store: Store, project: UUID
) -> None:
    key = running.key(project)
    for first in range(1, MANY, A_REQUEST):
        spans = (span(number, 3, start=START + number * 1000) for number in range(first, first + A_REQUEST))
        assert running.post(body(*spans), key).status_code == 200

    assert running.drain(project, 180)["stored"] == MANY
    begun = time.monotonic()
    first_page = read_trace(store, project, f"{3:032x}")
    assert first_page is not None
    second = read_trace(store, project, f"{3:032x}", first_page.cursor)
    taken = time.monotonic() - begun

    assert second is not None
    starts = [one.start for one in (*first_page.spans, *second.spans)]
    assert len(starts) == len(set(starts)) == 2 * SPANS_A_PAGE
    assert taken < 2 * 2
    assert len(orjson.dumps([one.name for one in first_page.spans])) < MEBIBYTE


def test_of_an_attribute_of_ten_megabytes_head_and_tail_are_kept_with_length_and_digest(
    running: House, store: Store, project: UUID
) -> None:
    assert running.ingest is not None
    text = "x" * 5_000_000 + "y" * 5_000_000
    key = running.key(project)
    before = psutil.Process(running.ingest.pid).memory_info().rss

    assert running.post(body(span(attributes={"big": text, "small": 1})), key).status_code == 200

    grown = psutil.Process(running.ingest.pid).memory_info().rss - before
    running.drain(project)
    kept = attributes(store, project)
    assert only_row(store, project)["flags"] == ["truncated"]
    assert len(str(kept["big"])) <= VALUE_LENGTH + 256  # the note between head and tail
    assert f"10000000 characters in all, sha256 {hashlib.sha256(text.encode()).hexdigest()}" in str(kept["big"])
    assert kept["small"] == 1
    assert grown < 120 * MEBIBYTE


def test_of_ten_thousand_attributes_some_are_kept_and_the_loss_is_marked(
    running: House, store: Store, project: UUID
) -> None:
    many = {f"key.of.{'abcdefghij'[number % 10]}{number}": number for number in range(10_000)}

    running.post(body(span(attributes=many)), running.key(project))

    running.drain(project)
    assert only_row(store, project)["flags"] == ["attributes_dropped"]
    assert len(attributes(store, project)) == ATTRIBUTES_KEPT


def test_one_text_that_is_no_utf8_among_a_hundred_spans_costs_none_of_them(
    running: House, store: Store, project: UUID
) -> None:
    raw = body(*(span(number, attributes={"said": "spoilt" if number == 50 else "well"}) for number in range(1, 101)))

    assert running.post(raw.replace(b"spoilt", b"sp\xff\xfelt"), running.key(project)).status_code == 200

    assert running.drain(project)["stored"] == 100
    rows = store.select("SELECT flags FROM ledger WHERE project_id = {p:UUID}", p=project)
    assert sorted(row["flags"] for row in rows) == [[]] * 99 + [["invalid_utf8"]]


@pytest.mark.parametrize(
    "number", [math.nan, math.inf, -math.inf, -5, 1e300, 2**63 - 1, "many", "9" * 5000, True], ids=repr
)
def test_tokens_and_costs_that_are_no_numbers_are_unknown_and_block_nothing(
    running: House, store: Store, project: UUID, number: float | str
) -> None:
    key = running.key(project)
    odd = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": number, "gen_ai.usage.cost": number}

    running.post(body(span(attributes={**odd, "gen_ai.usage.output_tokens": 7})), key)

    assert running.drain(project) == {"received": 1, "stored": 1, "merged": 0, "rejected": 0, "spooled": 0}
    row = only_row(store, project)
    assert row["input_tokens"] is None
    assert row["output_tokens"] == 7
    sums = store.select("SELECT sum(reported_cost) AS cost FROM ledger WHERE project_id = {p:UUID}", p=project)
    assert sums[0]["cost"] in (None, 0)
