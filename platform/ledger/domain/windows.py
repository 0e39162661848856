"""Spans of time that questions look at."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ledger.domain.errors import BadTime, BadWindow

LENGTH = timedelta(days=30)
"""How far back a question looks that does not say."""

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)

SLICES = (timedelta(days=1), timedelta(days=7))


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time in UTC: `since` is inside, `until` is not."""

    since: datetime
    until: datetime

    def split(self, at: datetime) -> tuple["Window", "Window"]:
        """The part before a moment and the part from it on."""
        return Window(self.since, at), Window(at, self.until)

    def newest_first(self) -> Iterator["Window"]:
        """The window cut into growing pieces from its end: who looks for the newest seldom needs the second."""
        end = self.until
        for length in SLICES:
            if end - length <= self.since:
                break
            yield Window(end - length, end)
            end -= length
        yield Window(self.since, end)


def read_window(since: str | None, until: str | None, now: datetime) -> Window:
    """The window between two texts in RFC 3339; the end defaults to now, the beginning to 30 days before the end."""
    end = read_time("to", until) if until else now.astimezone(UTC)
    start = read_time("from", since) if since else max(EARLIEST, end - LENGTH)
    if start > end:
        raise BadWindow(start.isoformat(), end.isoformat())
    return Window(start, end)


def read_time(parameter: str, text: str) -> datetime:
    """A point in time; a text without an offset is meant in UTC."""
    try:
        time = datetime.fromisoformat(text)
        aware = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadTime(parameter, text) from error
    if not EARLIEST <= aware < LATEST:
        raise BadTime(parameter, text)
    return aware
