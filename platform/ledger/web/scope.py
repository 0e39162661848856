"""What a page looks at: a stretch of time and filters, all of it in the page's address."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import QueryDict

from ledger.domain.errors import BadParameter
from ledger.domain.questions import DIMENSIONS, Filter, Interval, Threshold, pieces, read_filters, read_trace_filters
from ledger.domain.windows import Window, read_window

RANGES = {
    "24h": ("24 h", "the last 24 hours", timedelta(hours=24)),
    "7d": ("7 d", "the last 7 days", timedelta(days=7)),
    "30d": ("30 d", "the last 30 days", timedelta(days=30)),
}
"""Each choice of the frame: what its button says, what a sentence says, how long it is."""

WORDS = {"=": "is", "!=": "is not", "in": "is one of", "~": "contains", ">": "above", "<": "below"}
DEFAULT = "30d"
DRAWN_BY_HOUR = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Scope:
    """`choice` is one of RANGES, or empty where the address names moments of its own."""

    window: Window
    choice: str
    filter_texts: tuple[str, ...]

    @property
    def spoken(self) -> str:
        """How a sentence names the time: "in the last 7 days"."""
        if self.choice:
            return RANGES[self.choice][1]
        return f"the time from {self.window.since:%Y-%m-%d %H:%M} to {self.window.until:%Y-%m-%d %H:%M} UTC"

    @property
    def interval(self) -> Interval:
        """The steps of this window's charts."""
        return "hour" if self.window.until - self.window.since <= DRAWN_BY_HOUR else "day"

    @property
    def filters(self) -> tuple[Filter, ...]:
        return read_filters(self.filter_texts)

    @property
    def trace_filters(self) -> tuple[Filter | Threshold, ...]:
        return read_trace_filters(self.filter_texts)

    @property
    def environment(self) -> str | None:
        """The one environment looked at; None where all are."""
        chosen = [text for text in self.filter_texts if text.startswith("environment:=:")]
        return chosen[0].removeprefix("environment:=:") if chosen else None

    @property
    def chosen(self) -> dict[str, str]:
        """The dimensions of which one value is looked at: what `route=support` in the address says."""
        return {name: value for name, op, value in map(pieces, reversed(self.filter_texts)) if op == "=" and value}

    def one(self, name: str) -> str | None:
        """The one value of a dimension that is looked at, empty for "not said"; None where all are."""
        values = [value for said, op, value in map(pieces, self.filter_texts) if (said, op) == (name, "=")]
        return values[0] if values else None

    def others(self, *names: str) -> list[str]:
        """The filters that say something else than which one value these dimensions have."""
        return [text for text in self.filter_texts if not is_choice(text, self.chosen, names)]

    def fields(self, *names: str) -> list[tuple[str, str]]:
        """What a form must send along so as not to forget it: all but what it has fields for."""
        return [
            (name, value) for name, values in QueryDict(self.address()).lists() if name not in names for value in values
        ]

    def address(self, **chosen: str | None) -> str:
        """The query of a page that looks at the same, and at these values of dimensions; None means: not said."""
        params = QueryDict(mutable=True)
        params.update(self.time_query())
        kept = [text for text in self.filter_texts if text.partition(":")[0] not in chosen]
        for text in [*kept, *(f"{name}:=:{value or ''}" for name, value in chosen.items())]:
            name, op, value = pieces(text)
            if op == "=" and value and name not in params:
                params[name] = value
            else:
                params.appendlist("filter", text)
        return params.urlencode()

    def without(self, text: str) -> str:
        """The query of the same page with one filter taken away."""
        return Scope(self.window, self.choice, tuple(other for other in self.filter_texts if other != text)).address()

    def lacking(self, name: str) -> str:
        """The query of the same page with all values of a dimension."""
        kept = tuple(text for text in self.filter_texts if pieces(text)[:2] != (name, "="))
        return Scope(self.window, self.choice, kept).address()

    def unfiltered(self) -> str:
        """The query of the same time without any filter."""
        return Scope(self.window, self.choice, ()).address()

    def within(self, since: datetime, until: datetime) -> str:
        """The query of the same page for a part of its time."""
        return Scope(Window(since, until), "", self.filter_texts).address()

    def time_query(self) -> dict[str, str]:
        if self.choice:
            return {} if self.choice == DEFAULT else {"range": self.choice}
        return {"from": written(self.window.since), "to": written(self.window.until)}


def spoken(text: str) -> str:
    """A filter in words: "route is not said", "user is not u-1"."""
    name, op, value = pieces(text)
    return f"{name} {WORDS.get(op, op)} {value or 'not said'}"


def is_choice(text: str, chosen: dict[str, str], names: tuple[str, ...]) -> bool:
    name, op, value = pieces(text)
    return op == "=" and name in names and chosen.get(name) == value


def written(time: datetime) -> str:
    """As short as it can be read again: 2026-11-22T09:30Z."""
    precision = "minutes" if not time.second and not time.microsecond else "auto"
    return time.isoformat(timespec=precision).replace("+00:00", "Z")


def read_scope(query: QueryDict, now: datetime) -> Scope:
    """What the address says; raises BadParameter with the name of what can't be understood.

    `route=support` is short for `filter=route:=:support`; the long form can also say `route:=:`, no route at all.
    """
    said = {name: str(value) for name, value in query.items() if value}
    named = [f"{name}:=:{said[name]}" for name in DIMENSIONS if name in said]
    texts = tuple(named + query.getlist("filter"))
    if "from" in said:
        return Scope(read_window(said["from"], said.get("to"), now), "", texts)
    choice = said.get("range", DEFAULT)
    if choice not in RANGES:
        raise BadParameter("range", choice, f"one of {', '.join(RANGES)}")
    return Scope(Window(now - RANGES[choice][2], now), choice, texts)
