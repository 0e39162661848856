"""The resident settler: `python -m ledger.settle.settler`."""

import signal
import sys
from threading import Event

import structlog

from ledger import environment
from ledger.settle.settlement import Settlement
from ledger.store.client import Store, connect
from ledger.store.errors import StoreError

PAUSE = 0.5
LONGEST_PAUSE = 5.0

log = structlog.get_logger("settler")


def run(store: Store, stop: Event) -> None:
    """Settle what arrives until told to stop. While the store is away, wait; nothing is lost, it is only later."""
    settlement, retraced, pause = Settlement(store), False, PAUSE
    while not stop.is_set():
        try:
            if not retraced:
                settlement.retrace()
                retraced = True
            rest = turn(settlement)
            pause = PAUSE
        except StoreError as error:
            log.warning("store_trouble", error=str(error), again_in_seconds=pause)
            rest, pause = pause, min(pause * 2, LONGEST_PAUSE)
        stop.wait(rest)


def turn(settlement: Settlement) -> float:
    """One look at what is new; returns how long to rest. Where something was, more may wait already."""
    if settlement.fill_unpriced():
        log.info("prices_filled", edition=settlement.book.edition)
    arrivals = settlement.settle_arrived()
    if not arrivals:
        return PAUSE
    log.info("settled", traces=arrivals)
    return 0


def main() -> None:
    url = environment.read().clickhouse_url
    if not url:
        sys.exit("CLICKHOUSE_URL is not set, and no stack is running here: there is nothing to settle.")
    stop = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    log.info("settler_started")
    run(connect(url), stop)
    log.info("settler_stopped")


if __name__ == "__main__":
    main()
