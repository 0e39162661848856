"""What is told of tasks, in any order, moved, repeated and late, comes to the same as told once and in order."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import uuid4

import pytest

from ledger.domain.charge import Charge
from ledger.domain.outcome import Outcome, Subject
from ledger.store.charges import write_charges
from ledger.store.outcomes import write_outcomes
from ledger.store.told import STEP, Told, Turn
from tests.settle.house import NOON, House, span

type Thing = Outcome | Charge
type Place = tuple[str, str, str]
type Worth = tuple[bool | None, Decimal | None, Decimal | None]

TRACES = range(1, 9)
SESSIONS = ("s-1", "s-2", "")
LAST = {"s-1": 7, "s-2": 8}
"""The traces take turns with the sessions, one beginning after the other: 1, 4 and 7 are the first one's."""


@dataclass
class Telling:
    """Groups of things told, as one writer's node writes them."""

    house: House
    node: str = field(default_factory=lambda: f"telling-{uuid4().hex}")
    groups: list[tuple[int, Sequence[Told[Thing]]]] = field(default_factory=list)

    def tell(self, told: Sequence[Told[Thing]]) -> None:
        self.groups.append((len(self.groups) + 1, told))
        self.write(*self.groups[-1])

    def write(self, seq: int, told: Sequence[Told[Thing]]) -> None:
        turn = Turn(self.node, seq, f"{self.node}:{seq}:{uuid4().hex}")  # written again, the store does not know it
        outcomes = [one for one in told if isinstance(one.thing, Outcome)]
        charges = [one for one in told if isinstance(one.thing, Charge)]
        write_outcomes(self.house.store, outcomes, turn.part("outcomes"))  # type: ignore[arg-type]
        write_charges(self.house.store, charges, turn.part("charges"))  # type: ignore[arg-type]


def session_of(trace: int) -> str:
    return SESSIONS[(trace - 1) % 3]


def arrive(house: House, traces: Sequence[int]) -> None:
    house.arrive(*[span(trace, trace, at=trace * 60, session_id=session_of(trace)) for trace in traces])


def worth(house: House) -> dict[int, Worth]:
    return {number: (row["success"], row["revenue"], row["charges"]) for number, row in sorted(house.traces().items())}


def truth(told: Sequence[Told[Thing]]) -> dict[int, Worth]:
    """Each thing in its place, told one after the other; an id leaves its old place, where it still stands there."""
    standing: dict[tuple[type, Place], Thing] = {}
    at: dict[tuple[type, str], tuple[type, Place]] = {}
    for one in sorted(told, key=lambda each: each.received_at):
        kind, thing = type(one.thing), one.thing
        old = at.get((kind, thing.id)) if thing.id else None
        if old is not None and old[1] != thing.place and old in standing and standing[old].id == thing.id:
            del standing[old]
        standing[kind, thing.place] = thing
        if thing.id:
            at[kind, thing.id] = kind, thing.place
    return {trace: worth_of(trace, list(standing.values())) for trace in TRACES}


def worth_of(trace: int, things: Sequence[Thing]) -> Worth:
    subjects = [("trace", f"{trace:032x}")]
    if LAST.get(session_of(trace)) == trace:
        subjects.append(("session", session_of(trace)))
    mine = [thing for thing in things if (thing.subject, thing.subject_id) in subjects]
    outcomes = [thing for thing in mine if isinstance(thing, Outcome)]
    values = [outcome.value for outcome in outcomes if outcome.value is not None]
    amounts = [thing.amount for thing in mine if isinstance(thing, Charge)]
    success = all(outcome.success for outcome in outcomes) if outcomes else None
    return success, sum(values, Decimal(0)) if values else None, sum(amounts, Decimal(0)) if amounts else None


def drawn(house: House, rng: random.Random, number: int) -> list[Told[Thing]]:
    """Things about traces and sessions, many of them under ids and names that were used before."""
    return [Told(house.project, thing(rng), NOON + at * STEP) for at in range(number)]


def thing(rng: random.Random) -> Thing:
    subject: Subject = rng.choice(["trace", "trace", "session"])
    known = f"{rng.choice(TRACES):032x}" if subject == "trace" else rng.choice(["s-1", "s-2"])
    amount = Decimal(rng.randrange(1, 500)) / 100
    if rng.random() < 0.4:
        return Charge(subject=subject, subject_id=known, kind="search", amount=amount, id=f"c-{rng.randrange(12)}")
    value = amount if rng.random() < 0.7 else None
    ident, name = rng.choice(["", "", "o-1", "o-2", "o-3", "o-4"]), rng.choice(["", "refund"])
    success = rng.random() < 0.8
    return Outcome(subject=subject, subject_id=known, name=name, success=success, value=value, id=ident)


@pytest.mark.parametrize("seed", range(6))
def test_in_any_order_and_told_again_it_comes_to_what_it_says_in_order(house: House, seed: int) -> None:
    """Traces arrive before, between and after what is told of them; groups are written late and again."""
    rng, telling = random.Random(seed), Telling(house)
    told = drawn(house, rng, 120)
    shuffled = rng.sample(told, len(told))
    order = rng.sample(list(TRACES), len(TRACES))
    arrive(house, order[:3])
    for begin in range(0, 120, 20):
        telling.tell(shuffled[begin : begin + 20])
        if begin == 40:
            arrive(house, order[3:])
        if rng.random() < 0.5:
            house.settle()
        if rng.random() < 0.5:
            telling.write(*rng.choice(telling.groups))
    house.settle()

    assert worth(house) == truth(told)


def test_a_sessions_outcome_goes_on_to_a_later_trace_and_counts_once(house: House) -> None:
    told = Outcome(subject="session", subject_id="s-1", success=True, value=Decimal("4.5"))
    arrive(house, [1])
    Telling(house).tell([Told(house.project, told, NOON)])
    house.settle()
    assert worth(house) == {1: (True, Decimal("4.5"), None)}

    arrive(house, [4])
    house.settle()
    assert worth(house) == {1: (None, None, None), 4: (True, Decimal("4.5"), None)}


def test_what_moves_away_leaves_a_trace_as_if_it_had_never_been_told(house: House) -> None:
    telling = Telling(house)
    arrive(house, [1, 4])
    for at, (trace, success) in enumerate([(1, False), (4, True)]):
        made = Outcome(subject="trace", subject_id=f"{trace:032x}", success=success, id="ticket-7")
        telling.tell([Told(house.project, made, NOON + at * STEP)])
        house.settle()

    assert worth(house) == {1: (None, None, None), 4: (True, None, None)}
    assert house.trace(1)["status"] == "ok"
