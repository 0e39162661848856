"""How old a span may be, and how far ahead of our clock: rows older than the retention would be dropped at once."""

import time
from dataclasses import dataclass

from ingest.checked import OLDER, SECOND, Rejected, sample
from ingest.conventions.sent import Sent

DAY = 24 * 3600 * SECOND
AHEAD = "ahead_of_time"
"""Flag of a span that starts more than a day from now: its sender's clock is wrong, or ours."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """What is too old, and what is ahead, in microseconds since 1970."""

    oldest: int = 0
    latest: int = 1 << 62

    def refused(self, sent: Sent) -> Rejected | None:
        """The rejection of a span that is too old; one that is ahead is taken, with a flag."""
        if sent.start < self.oldest:
            return Rejected(OLDER, sample(sent.name, sent.trace_id, sent.span_id, sent.origin.scope))
        if sent.start > self.latest:
            sent.flags.add(AHEAD)
        return None


ANY_TIME = Calendar()


def calendar(days: int) -> Calendar:
    """As of now, where rows live for this many days."""
    now = time.time_ns() // 1000
    return Calendar(now - days * DAY, now + DAY)
