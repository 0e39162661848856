"""The resident settler: `python -m ledger.settle.settler`."""

import signal
import sys
import time
from threading import Event

import structlog

from ledger import environment, logs
from ledger.settle.rollups import Builder
from ledger.settle.settlement import STEP, Settlement
from ledger.store.client import Store, connect
from ledger.store.errors import StoreError

PAUSE = 1.0
LONGEST_PAUSE = 2.5
"""Seconds between two looks at what is new. Calls read `pending` for five seconds at most."""
RESTS = 10
"""How much longer than a small settlement took it rests: a few spans at a time would be dear."""
LONGEST_WAIT = 5.0
"""Seconds between two tries while the store is away."""

log = structlog.get_logger("settler")


def run(store: Store, stop: Event) -> None:
    """Settle what arrives until told to stop. While the store is away, wait: nothing is lost, it is only later."""
    settlement, builder, retraced, wait = Settlement(store), Builder(store), False, PAUSE
    while not stop.is_set():
        try:
            if not retraced:
                settlement.retrace()
                retraced = True
            stop.wait(turn(settlement, builder))
            wait = PAUSE
        except StoreError as error:
            log.warning("store_trouble", error=str(error), again_in_seconds=wait)
            stop.wait(wait)
            wait = min(wait * 2, LONGEST_WAIT)


def turn(settlement: Settlement, builder: Builder) -> float:
    """Settle what is new, or build rollups where nothing is; returns how long to rest before the next look."""
    began = time.monotonic()
    if settlement.fill_unpriced():
        log.info("prices_filled", edition=settlement.book.edition)
    arrivals = settlement.settle_arrived()
    took = time.monotonic() - began
    if arrivals:
        log.info("settled", traces=arrivals, seconds=round(took, 3))
    elif built := builder.turn():
        log.info("rollups_built", hours_and_days=built)
    return rest(arrivals, took)


def rest(arrivals: int, took: float) -> float:
    """None after a full step, because more waits; a second where nothing came; else by what the step took."""
    if arrivals >= STEP:
        return 0
    return min(max(PAUSE, took * RESTS), LONGEST_PAUSE) if arrivals else PAUSE


def main() -> None:
    logs.configure()
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
