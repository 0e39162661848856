"""The kinds of jobs there are, and what does each."""

from collections.abc import Callable

from ledger.jobs.models import Facts
from ledger.prices.repricing import Work, reprice
from ledger.store.client import Store

KINDS: dict[str, Callable[[Store, Work], Facts]] = {
    "reprice": reprice,
}
