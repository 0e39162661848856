"""What is told and moves: which lines are written, whatever the order in which they come."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from ledger.domain.charge import Charge
from ledger.domain.outcome import Outcome, Subject
from ledger.store.charges import charges_of, write_charges
from ledger.store.client import Store
from ledger.store.outcomes import outcomes_of, write_outcomes
from ledger.store.told import QUESTION, Emptied, Keys, Standing, Told, Turn, lines, portions
from tests.store.ledgers import span, trace_id, write

PROJECT = UUID(int=1)


def told(at: int, on: str = "a", known: str = "", name: str = "", **more: object) -> Told[Outcome]:
    """An outcome about a trace of that name, at a time."""
    fields: dict[str, object] = {
        "subject": "trace",
        "subject_id": on,
        "name": name,
        "success": True,
        "id": known,
    } | more
    return Told(PROJECT, Outcome(**fields), at)  # type: ignore[arg-type]


class TestLines:
    def test_an_id_that_is_told_elsewhere_empties_its_place_as_it_was_then(self) -> None:
        keys: Keys = {(PROJECT, "x"): Standing(("trace", "a", ""), 10)}

        found = list(lines([told(30, on="b", known="x")], keys))

        assert found == [Emptied(PROJECT, ("trace", "a", ""), 11), told(30, on="b", known="x")]
        assert keys == {(PROJECT, "x"): Standing(("trace", "b", ""), 30)}

    def test_of_one_that_comes_late_only_its_leaving_is_written(self) -> None:
        keys: Keys = {(PROJECT, "x"): Standing(("trace", "b", ""), 30)}

        found = list(lines([told(10, on="a", known="x"), told(20, on="b", known="x")], keys))

        assert found == [Emptied(PROJECT, ("trace", "a", ""), 11)]
        assert keys == {(PROJECT, "x"): Standing(("trace", "b", ""), 30)}

    def test_one_that_is_written_again_is_the_same_again(self) -> None:
        keys: Keys = {(PROJECT, "x"): Standing(("trace", "a", ""), 10)}

        assert list(lines([told(10, known="x")], keys)) == [told(10, known="x")]

    def test_without_an_id_nothing_moves(self) -> None:
        assert list(lines([told(3, on="b"), told(1, on="a")], {})) == [told(1, on="a"), told(3, on="b")]


class TestPortions:
    def test_each_fits_a_question_however_its_texts_are_escaped(self) -> None:
        texts = ["é" * 250 + str(at) for at in range(1_000)]

        found = list(portions(texts))

        assert [text for some in found for text in some] == texts
        assert all(len(quote("".join(some))) < QUESTION for some in found)
        assert len(found) == 6  # 1,520 bytes a text, 172 texts in 262,144

    def test_one_text_is_never_cut(self) -> None:
        assert list(portions(["x" * QUESTION, "y"])) == [["x" * QUESTION], ["y"]]
        assert list(portions([])) == []


class Feed:
    """Groups of one node, each written once or more often."""

    def __init__(self, store: Store, project: UUID) -> None:
        self.store, self.project, self.node = store, project, f"node-{project}"
        self.seq = 0

    def outcome(self, at: int, on: str = trace_id(1), subject: Subject = "trace", **more: object) -> None:
        self.outcomes([Told(self.project, outcome(on, subject, **more), at)])

    def outcomes(self, told: list[Told[Outcome]], seq: int | None = None) -> None:
        self.seq += 1
        write_outcomes(self.store, told, self.turn(seq))

    def charge(self, at: int, amount: str, known: str, on: str = trace_id(1), subject: Subject = "trace") -> None:
        self.seq += 1
        made = Charge(subject=subject, subject_id=on, kind="web_search", amount=Decimal(amount), id=known)
        write_charges(self.store, [Told(self.project, made, at)], self.turn())

    def turn(self, seq: int | None = None) -> Turn:
        return Turn(self.node, seq or self.seq, f"{self.node}:{seq or self.seq}")

    def standing(self, on: str = trace_id(1), subject: str = "trace") -> dict[str, tuple[bool, Decimal | None]]:
        found = outcomes_of(self.store, self.project, subject, on)
        return {one.name: (one.success, one.value) for one in found}

    def charged(self, on: str = trace_id(1), subject: str = "trace") -> dict[str, Decimal]:
        return {one.id: one.amount for one in charges_of(self.store, self.project, subject, on)}

    def announced(self) -> list[tuple[int, str, str]]:
        sql = (
            "SELECT group_seq, lower(hex(trace_id)) AS trace, reason FROM arrivals WHERE node = {node:String}"
            " ORDER BY group_seq, trace"
        )
        rows = self.store.select(sql, node=self.node)
        return [(row["group_seq"], row["trace"], row["reason"]) for row in rows]


def outcome(on: str, subject: Subject = "trace", **more: object) -> Outcome:
    fields: dict[str, object] = {"subject": subject, "subject_id": on, "success": True} | more
    return Outcome(**fields)  # type: ignore[arg-type]


def known(feed: Feed) -> datetime | None:
    (one,) = outcomes_of(feed.store, feed.project, "trace", trace_id(1))
    return one.known_at


@pytest.fixture
def feed(store: Store, project: UUID) -> Feed:
    return Feed(store, project)


class TestOutcomes:
    def test_of_one_name_the_newest_holds_and_names_stand_beside_each_other(self, feed: Feed) -> None:
        feed.outcome(10, value=Decimal(3))
        feed.outcome(20, success=False)
        feed.outcome(30, name="refund", value=Decimal("4.5"))

        assert feed.standing() == {"": (False, None), "refund": (True, Decimal("4.5"))}

    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_the_newest_holds_in_whatever_order_they_are_written(self, feed: Feed, order: tuple[int, ...]) -> None:
        for at in order:
            feed.outcome(10 + at, value=Decimal(at))

        assert feed.standing() == {"": (True, Decimal(2))}

    @pytest.mark.parametrize("order", list(permutations(range(4))))
    def test_an_id_stands_in_its_newest_place_and_takes_nobodys_elses(self, feed: Feed, order: tuple[int, ...]) -> None:
        """x is told about trace 1, then 2, then 3; between, somebody else says something about trace 1."""
        steps: list[tuple[int, str, dict[str, Any]]] = [
            (10, trace_id(1), {"id": "x"}),
            (20, trace_id(1), {"id": "y", "value": Decimal(7)}),
            (30, trace_id(2), {"id": "x"}),
            (40, trace_id(3), {"id": "x"}),
        ]
        for at in order:
            when, on, more = steps[at]
            feed.outcome(when, on, **more)

        assert feed.standing(trace_id(1)) == {"": (True, Decimal(7))}
        assert feed.standing(trace_id(2)) == {}
        assert feed.standing(trace_id(3)) == {"": (True, None)}

    def test_an_id_moves_from_a_trace_to_its_session_and_back(self, feed: Feed) -> None:
        feed.outcome(10, id="x")
        feed.outcome(20, "s-1", "session", id="x")
        assert (feed.standing(), feed.standing("s-1", "session")) == ({}, {"": (True, None)})

        feed.outcome(30, id="x", name="refund")
        assert (feed.standing(), feed.standing("s-1", "session")) == ({"refund": (True, None)}, {})

    def test_a_correction_does_not_make_it_late(self, feed: Feed) -> None:
        feed.outcome(1_000_000)
        feed.outcome(9_000_000, success=False)

        assert known(feed) == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)

    def test_one_that_was_known_before_it_was_told_is_as_old_as_that(self, feed: Feed) -> None:
        feed.outcome(9_000_000, known_at=datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC))
        assert known(feed) == datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC)

    def test_none_is_known_after_it_came(self, feed: Feed) -> None:
        feed.outcome(9_000_000, known_at=datetime(2199, 1, 1, tzinfo=UTC))
        assert known(feed) == datetime(1970, 1, 1, 0, 0, 9, tzinfo=UTC)

    def test_another_projects_id_moves_nothing(self, feed: Feed, store: Store) -> None:
        other = Feed(store, UUID(int=feed.project.int ^ 1))
        feed.outcome(10, id="x")
        other.outcome(20, trace_id(2), id="x")

        assert feed.standing() == {"": (True, None)}

    def test_many_at_once(self, feed: Feed) -> None:
        many = [Told(feed.project, outcome(trace_id(at), id=f"{'é' * 250}{at}"), at) for at in range(1, 500)]
        feed.outcomes(many)
        feed.outcomes(many)

        assert feed.standing(trace_id(499)) == {"": (True, None)}


class TestCharges:
    def test_charges_add_up_and_a_repeated_id_replaces(self, feed: Feed) -> None:
        feed.charge(10, "0.01", "a")
        feed.charge(20, "0.02", "b")
        feed.charge(30, "0.03", "a")

        assert feed.charged() == {"a": Decimal("0.03"), "b": Decimal("0.02")}

    def test_a_repeated_id_under_another_subject_moves_the_charge(self, feed: Feed) -> None:
        feed.charge(10, "0.01", "a")
        feed.charge(20, "0.05", "a", "s-1", "session")

        assert (feed.charged(), feed.charged("s-1", "session")) == ({}, {"a": Decimal("0.05")})

    def test_an_older_one_that_is_written_later_changes_nothing(self, feed: Feed) -> None:
        feed.charge(20, "0.05", "a", trace_id(2))
        feed.charge(10, "0.01", "a", trace_id(1))

        assert (feed.charged(trace_id(1)), feed.charged(trace_id(2))) == ({}, {"a": Decimal("0.05")})


class TestAnnouncing:
    def test_a_trace_is_announced_known_or_not(self, feed: Feed) -> None:
        feed.outcome(10)
        feed.charge(20, "1", "a", trace_id(2))

        assert feed.announced() == [(1, trace_id(1), "outcome"), (2, trace_id(2), "charge")]

    def test_of_a_session_its_traces_are(self, feed: Feed, store: Store) -> None:
        write(store, feed.project, span(1, 1, session_id="s-1"), span(2, 2, session_id="s-1"), span(3, 3))
        feed.outcome(10, "s-1", "session")

        assert feed.announced() == [(1, trace_id(1), "outcome"), (1, trace_id(2), "outcome")]

    def test_the_trace_that_an_outcome_leaves_is_announced_too_also_when_the_writer_died_before(
        self, feed: Feed, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        feed.outcome(10, id="x")
        moved = [Told(feed.project, outcome(trace_id(2), id="x"), 20)]
        insert = store.insert

        def dying(table: str, *more: object) -> None:
            if table == "arrivals":
                raise Died
            insert(table, *more)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(store, "insert", dying)
            with pytest.raises(Died):
                feed.outcomes(moved)
        feed.outcomes(moved, seq=2)
        feed.outcomes(moved, seq=2)

        assert feed.announced()[1:] == [(2, trace_id(1), "outcome"), (2, trace_id(2), "outcome")]


class Died(Exception):
    """The writer was killed here."""
