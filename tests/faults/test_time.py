"""Clocks that are wrong, and spans that are late."""

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from ingest.reading import Clock
from ledger.store.client import Store
from tests.ingest.house import House
from tests.ingest.requests import body, span

pytestmark = pytest.mark.faults

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RETENTION = 3650 * DAY
SECOND = 1_000_000_000


def nanoseconds(at: datetime) -> int:
    return int(at.timestamp()) * SECOND


def rows(store: Store, project: UUID) -> list[dict[str, object]]:
    sql = "SELECT start_time, received_at, duration_us, flags FROM ledger WHERE project_id = {p:UUID}"
    return store.select(sql, p=project)


@pytest.mark.parametrize(
    ("skew", "flags"),
    [(HOUR, []), (-HOUR, []), (DAY + HOUR, ["ahead_of_time"]), (-DAY - HOUR, []), (-3000 * DAY, [])],
)
def test_a_span_of_a_wrong_clock_is_stored_where_it_says_with_the_time_at_which_it_came(
    running: House, store: Store, project: UUID, skew: timedelta, flags: list[str]
) -> None:
    now = datetime.now(UTC)

    running.post(body(span(start=nanoseconds(now + skew))), running.key(project))

    assert running.drain(project)["stored"] == 1
    (row,) = rows(store, project)
    assert row["flags"] == flags
    assert row["start_time"] == (now + skew).replace(microsecond=0)
    assert timedelta() <= row["received_at"] - now < timedelta(minutes=1)  # type: ignore[operator]


def test_the_year_2262_is_stored_and_flagged_and_found_by_when_it_came(
    running: House, store: Store, project: UUID
) -> None:
    far = datetime(2262, 4, 11, tzinfo=UTC)

    running.post(body(span(start=nanoseconds(far), length=SECOND)), running.key(project))

    assert running.drain(project)["stored"] == 1
    (row,) = rows(store, project)
    assert (row["start_time"], row["flags"], row["duration_us"]) == (far, ["ahead_of_time"], 1_000_000)


def test_1970_is_older_than_what_is_kept_and_said_to_be(running: House, project: UUID) -> None:
    response = running.post(body(span(1, start=SECOND), span(2)), running.key(project))

    assert response.status_code == 200
    assert b"SPANLEDGER_RETENTION_DAYS" in response.content
    assert running.drain(project) == {"received": 2, "stored": 1, "merged": 0, "rejected": 1, "spooled": 0}
    (item,) = running.rejected(project)
    assert (item["reason"], item["count"]) == ("older_than_retention", 1)


def test_an_end_before_the_start_is_no_time_at_all_and_flagged(running: House, store: Store, project: UUID) -> None:
    running.post(body(span(length=-5 * SECOND)), running.key(project))

    running.drain(project)
    (row,) = rows(store, project)
    assert (row["duration_us"], row["flags"]) == (0, ["negative_duration"])


def test_late_by_an_hour_or_a_day_joins_its_trace_and_past_retention_does_not(
    running: House, store: Store, project: UUID
) -> None:
    key, now = running.key(project), datetime.now(UTC)
    for number, late in enumerate([timedelta(), HOUR, 25 * HOUR, RETENTION + HOUR], 1):
        running.post(body(span(number, start=nanoseconds(now - late))), key)

    counts = running.drain(project)

    assert (counts["stored"], counts["rejected"]) == (3, 1)
    assert len(rows(store, project)) == 3
    assert [item["reason"] for item in running.rejected(project)] == ["older_than_retention"]


@pytest.fixture
def brief(house: House) -> House:
    """A house that keeps spans for a day."""
    house.settings["SPANLEDGER_RETENTION_DAYS"] = "1"
    house.start_ingest()
    house.start_writer()
    return house


def test_how_long_spans_are_taken_is_a_setting(brief: House, project: UUID) -> None:
    now = datetime.now(UTC)

    brief.post(body(*(span(at, start=nanoseconds(now - at * 23 * HOUR)) for at in (1, 2))), brief.key(project))

    counts = brief.drain(project)
    assert (counts["stored"], counts["rejected"]) == (1, 1)


def test_a_server_whose_clock_steps_back_still_tells_later_arrivals_from_earlier(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    before = clock.take(10)
    monkeypatch.setattr(time, "time_ns", lambda: (before - 3_600_000_000) * 1000)

    assert clock.take(1) == before + 10
    assert clock.take(1) == before + 11
