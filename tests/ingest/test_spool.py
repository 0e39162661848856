import asyncio
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ingest.batch import Batch, Part
from ingest.committer import SpoolBroken, SpoolFull
from ingest.payload import BrokenPayload, packed, unpacked
from ingest.spool import MERGED, REJECTED, STORED, Group, Record, Spool, Verdict
from ingest.tally import Ledger, ledger, rejected

PROJECT = UUID(int=1)

type Opens = Callable[..., Spool]


@pytest.fixture
def opens() -> Iterator[Opens]:
    """Opens a spool; it is closed when the test ends."""
    with ExitStack() as stack:

        def opened(folder: Path, **settings: int) -> Spool:
            spool = Spool(folder, **settings)
            stack.callback(spool.close)
            return spool

        yield opened


def part(*names: str) -> Part:
    return Part("spans", len(names), 100 * len(names), packed(names))


def batch(*names: str, project: UUID = PROJECT, at: int = 1, refused: int = 0) -> Batch:
    reasons = {"bad_span_id": ["a sample"] * refused} if refused else {}
    return Batch(project, "key", at, [part(*names)] if names else [], reasons)


def keep(spool: Spool, *batches: Batch) -> None:
    async def all_of_them() -> None:
        await asyncio.gather(*(spool.append(one) for one in batches))

    asyncio.run(all_of_them())


def all_stored(records: Sequence[Record]) -> Verdict:
    return Verdict(STORED * sum(record.spans for record in records))


class TestAppend:
    def test_what_was_appended_is_there_after_a_restart(self, spool_folder: Path, opens: Opens) -> None:
        spool = opens(spool_folder)
        keep(spool, batch("a", "b"))
        spool.close()

        group = opens(spool_folder).take(all_stored, 100)

        assert group is not None
        assert unpacked(group.records[0].payload, group.records[0].crc) == ["a", "b"]

    def test_many_requests_share_a_commit_and_all_are_kept(self, spool_folder: Path, opens: Opens) -> None:
        spool = opens(spool_folder)

        keep(spool, *(batch(str(number)) for number in range(500)))

        assert spool.size().spans == 500

    def test_a_request_is_kept_as_a_whole(self, spool_folder: Path, opens: Opens) -> None:
        spool = opens(spool_folder)

        keep(spool, Batch(PROJECT, "key", 10, [part("a", "b"), part("c")]))

        group = spool.take(all_stored, 100)
        assert group is not None
        assert [record.received_at for record in group.records] == [10, 12]

    def test_a_spool_at_its_limit_takes_nothing_more(self, spool_folder: Path, opens: Opens) -> None:
        spool = opens(spool_folder, limit=1)

        with pytest.raises(SpoolFull):
            keep(spool, batch("a"))

        assert not spool.has_room()

    def test_a_disk_that_is_nearly_full_counts_as_full(self, spool_folder: Path, opens: Opens) -> None:
        spool = opens(spool_folder, floor=1 << 60)

        with pytest.raises(SpoolFull):
            keep(spool, batch("a"))

    def test_after_a_failed_write_the_file_is_opened_anew(self, spool_folder: Path, opens: Opens) -> None:
        spool = opens(spool_folder)
        keep(spool, batch("a"))
        spool.connection.execute("CREATE TRIGGER refuse BEFORE INSERT ON records BEGIN SELECT RAISE(ABORT, 'no'); END")

        with pytest.raises(SpoolBroken):
            keep(spool, batch("b"))
        spool.connection.execute("DROP TRIGGER refuse")
        keep(spool, batch("c"))

        assert spool.size().spans == 2
        assert ledger(spool_folder, PROJECT).received == 2


class TestTake:
    def test_a_group_is_decided_once_and_given_out_again_until_it_is_released(
        self, spool_folder: Path, opens: Opens
    ) -> None:
        spool = opens(spool_folder)
        keep(spool, batch("a", "b"))
        first = spool.take(lambda _: Verdict(STORED + MERGED, {1: 77}), 100)
        keep(spool, batch("c"))

        again = opens(spool_folder).take(all_stored, 100)

        assert again == first
        assert again is not None
        assert again.verdict == Verdict(STORED + MERGED, {1: 77})

    def test_the_oldest_come_first_in_groups_of_bounded_size(self, spool_folder: Path, opens: Opens) -> None:
        spool = opens(spool_folder)
        for name in "abcde":
            keep(spool, batch(name))

        taken = []
        while (group := spool.take(all_stored, 2)) is not None:
            taken.append([unpacked(record.payload, record.crc)[0] for record in group.records])
            spool.release(group)

        assert taken == [["a", "b"], ["c", "d"], ["e"]]

    def test_a_record_bigger_than_a_group_goes_alone(self, spool_folder: Path, opens: Opens) -> None:
        spool = opens(spool_folder)
        keep(spool, batch(*"abcdef"))
        keep(spool, batch("g"))

        group = spool.take(all_stored, 2)

        assert group is not None
        assert [record.spans for record in group.records] == [6]

    def test_two_spools_never_share_a_token(self, tmp_path: Path, opens: Opens) -> None:
        tokens = set()
        for name in ("one", "two"):
            spool = opens(tmp_path / name)
            keep(spool, batch("a"))
            group = spool.take(all_stored, 10)
            assert group is not None
            tokens.add(group.token)
            spool.close()

        assert len(tokens) == 2

    def test_group_numbers_grow_also_over_a_restart(self, spool_folder: Path, opens: Opens) -> None:
        numbers = []
        for name in "abc":
            spool = opens(spool_folder)
            keep(spool, batch(name))
            group = spool.take(all_stored, 10)
            assert group is not None
            numbers.append(group.seq)
            spool.release(group)
            spool.close()

        assert numbers == [1, 2, 3]


class TestRelease:
    def test_counts_move_from_spooled_to_what_was_decided(self, spool_folder: Path, opens: Opens) -> None:
        spool = opens(spool_folder)
        keep(spool, batch("a", "b", "c", "d", refused=1))
        assert ledger(spool_folder, PROJECT) == Ledger(received=5, rejected=1, spooled=4)

        group = spool.take(lambda _: Verdict(STORED + STORED + MERGED + REJECTED), 10)
        assert group is not None
        spool.release(group, [batch(refused=1, at=9)])

        assert ledger(spool_folder, PROJECT) == Ledger(received=5, stored=2, merged=1, rejected=2, spooled=0)

    def test_projects_are_counted_apart(self, spool_folder: Path, opens: Opens) -> None:
        spool, other = opens(spool_folder), uuid4()
        keep(spool, batch("a", "b"), batch("c", project=other))

        group = spool.take(lambda records: Verdict(STORED + STORED + MERGED), 10)
        assert group is not None
        spool.release(group)

        both = {ledger(spool_folder, PROJECT).received, ledger(spool_folder, other).received}
        assert both == {1, 2}

    def test_an_amended_group_has_another_token(self, spool_folder: Path, opens: Opens) -> None:
        spool = opens(spool_folder)
        keep(spool, batch("a", "b"))
        group = spool.take(all_stored, 10)
        assert group is not None

        amended = spool.amend(group, STORED + REJECTED)

        assert amended.token != group.token
        assert spool.take(all_stored, 10) == amended

    def test_disk_is_given_back_once_much_of_it_is_free(self, spool_folder: Path, opens: Opens) -> None:
        spool = opens(spool_folder, keep=0)
        big = Part("spans", 1, 1, b"x" * 8_000_000)
        for _ in range(20):
            keep(spool, Batch(PROJECT, "key", 1, [big]))
        full = spool.size().bytes
        while (group := spool.take(all_stored, 1)) is not None:
            spool.release(group)
            spool.prune()
        spool.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

        assert full > 160_000_000
        assert spool.path.stat().st_size < full * 0.6


class TestKept:
    """What is released stays a while, out of all counts, and can be taken in hand once more."""

    def test_what_was_released_waits_no_longer(self, spool_folder: Path, opens: Opens) -> None:
        spool = opens(spool_folder)
        released(spool, "a", "b")

        assert (spool.size().records, spool.size().spans, spool.size().age) == (0, 0, 0)
        assert ledger(spool_folder, PROJECT) == Ledger(received=2, stored=2)
        assert spool.take(all_stored, 10) is None

    def test_after_another_boot_it_is_in_hand_again_before_what_waits(self, spool_folder: Path, opens: Opens) -> None:
        spool = opens(spool_folder)
        spool.booted("one boot")
        released(spool, "a")
        released(spool, "b")
        keep(spool, batch("c"))
        in_hand = spool.take(all_stored, 10)
        assert in_hand is not None
        keep(spool, batch("d"))

        assert opens(spool_folder).booted("another boot") == 2

        taken = []
        while (group := spool.take(all_stored, 10)) is not None:
            taken.append((names(group), group.again))
            assert group.seq > in_hand.seq
            spool.release(group)
        assert taken == [(["a"], True), (["b"], True), (["c"], False), (["d"], False)]
        assert ledger(spool_folder, PROJECT) == Ledger(received=4, stored=4)

    def test_within_the_same_boot_nothing_is_taken_again(self, spool_folder: Path, opens: Opens) -> None:
        spool = opens(spool_folder)
        spool.booted("one boot")
        released(spool, "a")

        assert opens(spool_folder).booted("one boot") == 0
        assert spool.take(all_stored, 10) is None

    def test_what_is_written_again_is_decided_as_before_and_kept_again(self, spool_folder: Path, opens: Opens) -> None:
        spool = opens(spool_folder)
        keep(spool, batch("a", "b"))
        first = spool.take(lambda _: Verdict(STORED + MERGED, {1: 77}), 10)
        assert first is not None
        spool.release(first)

        for _ in range(2):
            assert spool.recall() == 1
            group = spool.take(all_stored, 10)
            assert group is not None
            assert group.verdict == first.verdict
            assert group.token != first.token
            spool.release(group)

        assert ledger(spool_folder, PROJECT) == Ledger(received=2, stored=1, merged=1)

    def test_after_its_time_it_is_gone(self, spool_folder: Path, opens: Opens) -> None:
        spool = opens(spool_folder, keep=0)
        released(spool, "a")

        spool.prune()

        assert spool.recall() == 0
        assert spool.connection.execute("SELECT count(*) FROM records").fetchone() == (0,)

    def test_the_newest_are_kept_where_they_are_too_many(
        self, spool_folder: Path, opens: Opens, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spool = opens(spool_folder)
        for name in "abc":
            released(spool, name)
        monkeypatch.setattr("ingest.kept.BYTES", 2 * len(packed(["a"])))

        spool.prune()

        assert spool.recall() == 2
        group = spool.take(all_stored, 10)
        assert group is not None
        assert names(group) == ["b"]

    def test_where_room_is_short_nothing_is_kept(self, spool_folder: Path, opens: Opens) -> None:
        spool = opens(spool_folder)
        released(spool, "a")
        spool.floor = 1 << 60

        spool.prune()

        assert spool.recall() == 0

    def test_a_spool_of_an_older_version_is_opened_and_goes_on(self, spool_folder: Path, opens: Opens) -> None:
        spool = opens(spool_folder)
        keep(spool, batch("a"))
        for gone in ("VIEW waiting", "TABLE kept", "INDEX records_of_project"):
            spool.connection.execute(f"DROP {gone}")
        spool.close()

        group = opens(spool_folder).take(all_stored, 10)

        assert group is not None
        assert names(group) == ["a"]


def released(spool: Spool, *spans: str) -> None:
    keep(spool, batch(*spans))
    group = spool.take(all_stored, 10)
    assert group is not None
    spool.release(group)


def names(group: Group) -> list[object]:
    return [name for record in group.records for name in unpacked(record.payload, record.crc)]


def test_reasons_are_listed_with_count_time_and_sample(spool_folder: Path, opens: Opens) -> None:
    spool = opens(spool_folder)
    keep(spool, batch(refused=2, at=100))
    keep(spool, batch(refused=1, at=200))

    (item,) = rejected(spool_folder, PROJECT)

    assert (item.reason, item.count, item.first_seen, item.last_seen) == ("bad_span_id", 3, 100, 200)


def test_a_project_that_never_sent_anything_has_an_empty_ledger(spool_folder: Path, opens: Opens) -> None:
    opens(spool_folder)

    assert ledger(spool_folder, uuid4()) == Ledger()


def test_a_changed_bit_in_a_record_is_found() -> None:
    held = part("a")

    with pytest.raises(BrokenPayload):
        unpacked(held.payload[:-1] + b"!", 1)


class SpoolModel(RuleBasedStateMachine):
    """Whatever is appended, taken, released, recalled and restarted: order and counts are those of a plain list."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp()) / "spool"
        self.spool = Spool(self.folder)
        self.waiting: list[tuple[UUID, str]] = []
        self.again: list[tuple[UUID, str]] = []
        self.kept: list[tuple[UUID, str]] = []
        self.counts: dict[UUID, Counter[str]] = {}
        self.number = 0

    @rule(project=st.sampled_from([UUID(int=1), UUID(int=2)]), spans=st.integers(0, 5), refused=st.integers(0, 2))
    def append(self, project: UUID, spans: int, refused: int) -> None:
        names = [str(self.number + at) for at in range(spans)]
        self.number += spans
        keep(self.spool, batch(*names, project=project, refused=refused))
        self.waiting += [(project, name) for name in names]
        count = self.counts.setdefault(project, Counter())
        count["received"] += spans + refused
        count["rejected"] += refused

    @rule(
        limit=st.integers(1, 7),
        marks=st.lists(st.sampled_from([STORED, MERGED, REJECTED]), min_size=40),
        release=st.booleans(),
    )
    def take(self, limit: int, marks: list[str], release: bool) -> None:
        def decide(records: Sequence[Record]) -> Verdict:
            return Verdict("".join(marks[: sum(record.spans for record in records)]))

        group = self.spool.take(decide, limit)
        if group is None:
            assert not self.waiting + self.again
            return
        taken = [(record.project, name) for record in group.records for name in unpacked(record.payload, record.crc)]
        queue = self.again if group.again else self.waiting
        assert taken == queue[: len(taken)]
        assert group.again or not self.again
        if release:
            self.spool.release(group)
            del queue[: len(taken)]
            self.kept += taken
            if group.again:
                return
            words = {STORED: "stored", MERGED: "merged", REJECTED: "rejected"}
            for (project, _), mark in zip(taken, group.verdict.marks, strict=True):
                self.counts[project][words[mark]] += 1

    @rule()
    def recall(self) -> None:
        self.spool.recall()
        self.again, self.kept = self.kept + self.again, []

    @rule()
    def restart(self) -> None:
        self.spool.close()
        self.spool = Spool(self.folder)

    @invariant()
    def the_ledger_agrees(self) -> None:
        for project, count in self.counts.items():
            told = ledger(self.folder, project)
            spooled = sum(owner == project for owner, _ in self.waiting)
            assert told == Ledger(count["received"], count["stored"], count["merged"], count["rejected"], spooled)
            assert told.received == told.stored + told.merged + told.rejected + told.spooled

    def teardown(self) -> None:
        if hasattr(self, "spool"):
            self.spool.close()


TestSpoolModel = SpoolModel.TestCase
TestSpoolModel.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_the_file_is_for_its_owner_alone(spool_folder: Path, opens: Opens) -> None:
    spool = opens(spool_folder)

    assert spool.path.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(spool.path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
