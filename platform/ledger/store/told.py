"""What is told about traces and sessions beside spans: where each stands, what has moved, and whom it concerns.

Each thing told stands in a place: a subject, and a name or an id there; of one place the newest holds, and an id stands
in one place only. Nothing of that depends on the order of writing: rows compete by the time of their arrival, so groups
that are written again, or late, come to the same.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Protocol
from uuid import UUID

from ledger.domain.outcome import Subject
from ledger.store.client import Store

QUESTION = 256 * 1024
"""Bytes of ids, or sessions, in one question: it goes to the server in its address, which may hold a mebibyte."""

STEP = 2
"""Microseconds between two things told, so that an emptied place lies between them."""

type Place = tuple[str, str, str]
"""Subject, its id, and the name or id there."""


class Thing(Protocol):
    """An outcome or a charge."""

    @property
    def subject(self) -> Subject: ...
    @property
    def subject_id(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def place(self) -> Place: ...


@dataclass(frozen=True, slots=True)
class Told[T: Thing]:
    """Something told, whose it is and when it came, in microseconds since 1970."""

    project: UUID
    thing: T
    received_at: int


@dataclass(frozen=True, slots=True)
class Emptied:
    """A place where something stood until it was told anew elsewhere."""

    project: UUID
    place: Place
    at: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the thing of an id stands, and since when."""

    place: Place
    since: int


type Key = tuple[UUID, str]
type Keys = dict[Key, Standing]
type Lines[T: Thing] = list[Told[T] | Emptied]


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a written group stands in the feed: on its node, under its number, written under a token."""

    node: str
    seq: int
    token: str

    def part(self, name: str | int) -> "Turn":
        """A piece of the group, announced and written by itself."""
        return Turn(f"{self.node}:{name}", self.seq, f"{self.token}:{name}")


def standing(store: Store, query: str, told: Sequence[Told[Thing]]) -> Keys:
    """Where the ids among what was told stand until now, by a named query."""
    found: Keys = {}
    for project in {one.project for one in told}:
        ids = dict.fromkeys(one.thing.id for one in told if one.project == project and one.thing.id)
        for some in portions(ids):
            rows = store.query(query, project=project, ids=some)
            found |= {(project, row["id"]): Standing(tuple(row["place"]), row["since"]) for row in rows}
    return found


def lines[T: Thing](told: Iterable[Told[T]], keys: Keys) -> Iterator[Told[T] | Emptied]:
    """What is to be written, oldest first; `keys` is brought up to date. Of what comes after its id is known elsewhere
    since later, only that it stood and left is written: it had taken the place of what was there before."""
    for one in sorted(told, key=lambda each: each.received_at):
        key = one.project, one.thing.id
        before = keys.get(key) if one.thing.id else None
        if before and before.place != one.thing.place:
            left, since = min((before.place, before.since), (one.thing.place, one.received_at), key=itemgetter(1))
            yield Emptied(one.project, left, since + 1)
        if before and before.since > one.received_at:
            continue
        if one.thing.id:
            keys[key] = Standing(one.thing.place, one.received_at)
        yield one


def announce(store: Store, written: Iterable[Told[Thing] | Emptied], turn: Turn, reason: str) -> None:
    """Tells the settler which traces have to say it anew: the subject's, and those of the place that it left.

    A node of the feed for each content, because what is announced under one number must come in one piece.
    """
    subjects = dict.fromkeys((one.project, *place_of(one)[:2]) for one in written)
    traces = [(project, bytes.fromhex(known)) for project, subject, known in subjects if subject == "trace"]
    sessions = [(project, known) for project, subject, known in subjects if subject == "session"]
    traces = list(dict.fromkeys([*traces, *traces_of(store, sessions)]))
    arrivals: Mapping[str, Sequence[object]] = {
        "node": [turn.node] * len(traces),
        "group_seq": [turn.seq] * len(traces),
        "project_id": [project for project, _ in traces],
        "trace_id": [trace for _, trace in traces],
        "reason": [reason] * len(traces),
    }
    store.insert("arrivals", arrivals, f"{turn.token}:arrivals")


def place_of(line: Told[Thing] | Emptied) -> Place:
    return line.place if isinstance(line, Emptied) else line.thing.place


def traces_of(store: Store, sessions: Sequence[tuple[UUID, str]]) -> Iterator[tuple[UUID, bytes]]:
    """The traces of sessions, by what their spans say: those are there before anything is settled."""
    for project in {project for project, _ in sessions}:
        for some in portions(session for owner, session in sessions if owner == project):
            rows = store.query("traces_of_sessions", project=project, sessions=some)
            yield from ((project, row["trace_id"]) for row in rows)


def portions(texts: Iterable[str]) -> Iterator[list[str]]:
    """As many texts at a time as one question can hold, every byte of them escaped."""
    some: list[str] = []
    size = 0
    for text in texts:
        length = 3 * len(text.encode()) + 8
        if some and size + length > QUESTION:
            yield some
            some, size = [], 0
        some.append(text)
        size += length
    if some:
        yield some
