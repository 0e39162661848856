"""Settling: each real call counted once, priced, and told what its trace knows.

Nothing here remembers anything: a settlement is worked out from what the store holds and written only where it differs.
So it can be broken off, repeated, and done by two at once, and comes to the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from secrets import randbits

from ledger.settle.book import Book
from ledger.settle.closer import notes
from ledger.store import settling
from ledger.store.client import Store
from ledger.store.feed import SETTLER, Step, advance, progress, waiting
from ledger.store.prices import book, edition
from ledger.store.settling import NOTHING, Noticed, Repricing, Window

PRICES = "settler.prices"
"""The follower of the price book: how far it has come is the last edition whose prices filled what was unpriced."""
HOUSE = ""
"""The price book has no nodes."""
STEP = 20_000
RETRACED = 3
"""Groups gone through again at the start."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of the traces are done."""

    done: int
    total: int


class Settlement:
    """What one settler has in hand: the store and an edition of the price book."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.book = Book([], edition=0)
        self.filled = 0

    def settle_arrived(self) -> int:
        """Settle what waits, at each node no further than one step; returns how many arrivals that were."""
        steps = waiting(self.store, SETTLER, STEP)
        if not steps:
            return 0
        self.refresh_book()
        self.settle_steps(steps)
        if self.overtaken(steps):
            self.refresh_book()
            self.settle_steps(steps)
        for step in steps:
            advance(self.store, SETTLER, step.node, step.upto)
        return sum(step.arrivals for step in steps)

    def overtaken(self, steps: list[Step]) -> bool:
        """Whether another settler or a new price came between: of two last words the one that saw less may stand."""
        done = progress(self.store, SETTLER)
        moved = any(done.get(step.node, 0) != step.after for step in steps)
        return moved or edition(self.store) != self.book.edition

    def retrace(self) -> None:
        """Go through the last groups again: where a settler was killed beside another, its last word may be stale."""
        self.refresh_book()
        ends = progress(self.store, SETTLER).items()
        self.settle_steps([Step(node, max(0, done - RETRACED), done, arrivals=0) for node, done in ends if done])

    def settle_steps(self, steps: list[Step]) -> None:
        batch = randbits(63)
        for step in steps:
            settling.gather_arrived(self.store, batch, step)
        self.settle_all(batch)

    def settle_all(self, batch: int) -> None:
        for _ in self.settle(batch):
            pass

    def settle(self, batch: int, repricing: Repricing = NOTHING) -> Iterator[int]:
        """Settle a batch, and then what its sessions' outcomes move to other traces; yields after each window the
        number of its traces."""
        worth, cut = False, 0
        for window in settling.windows(self.store, batch):
            worth |= self.settle_window(window, repricing)
            cut += 1
            yield window.traces
        if worth:
            again = randbits(63)
            settling.gather_sessions(self.store, again, batch, again=cut > 1)
            for window in settling.windows(self.store, again):
                self.settle_window(window, repricing)

    def settle_window(self, window: Window, repricing: Repricing) -> bool:
        """Returns whether there was something to know of outcomes or charges."""
        whole = settling.with_twins(self.store, window)
        settling.gather_traces(self.store, whole)
        noticed = settling.noticed(self.store, whole)
        settling.note_tariffs(self.store, whole, self.book.tariffs(noticed.called))
        if noticed.worth:
            settling.gather_worth(self.store, whole)
        self.look_closer(whole, noticed)
        settling.write_entries(self.store, whole, repricing)
        return noticed.worth

    def look_closer(self, window: Window, noticed: Noticed) -> None:
        knotty = settling.knotty_spans(self.store, window) if noticed.knots else []
        alike = settling.alike_reports(self.store, window) if noticed.scopes else []
        found = notes(knotty, alike)
        settling.note(self.store, window, found)
        if found or noticed.repeated:
            settling.gather_verdicts(self.store, window)

    def fill_unpriced(self) -> bool:
        """Price what was unpriced, once for each edition of the book; False where that was done before."""
        self.refresh_book()
        if self.book.edition > self.filled:
            self.filled = progress(self.store, PRICES).get(HOUSE, 0)
        if self.book.edition <= self.filled:
            return False
        priced = {called.model for called in settling.models_unpriced(self.store) if self.book.of(called)}
        if priced:
            batch = randbits(63)
            settling.gather_unpriced(self.store, batch, sorted(priced))
            self.settle_all(batch)
        advance(self.store, PRICES, HOUSE, self.book.edition)
        return True

    def reprice(self, repricing: Repricing) -> Iterator[Progress]:
        """Price calls anew by the book of now, though they have a price; all others keep theirs.

        A worker may do this beside the settler. Says after each portion how far it is.
        """
        self.refresh_book()
        batch, done = randbits(63), 0
        settling.gather_called(self.store, batch, repricing)
        total = settling.traces_in(self.store, batch)
        yield Progress(done, total)
        for traces in self.settle(batch, repricing):
            done += traces
            yield Progress(done, total)

    def refresh_book(self) -> None:
        newest = edition(self.store)
        if newest != self.book.edition:
            self.book = Book(book(self.store), newest)
