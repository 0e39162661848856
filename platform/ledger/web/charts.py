"""Bars over time, as numbers for an SVG: widths in percent of the chart, heights in its own pixels."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ledger.domain.questions import Interval
from ledger.domain.windows import Window

HEIGHT = 72
FILLED = 0.78
"""The share of a bar's room that is ink."""

STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of time. `y` and `height` are the bar, `mark_y` and `mark_height` the part of it that is set apart."""

    time: datetime
    until: datetime
    room_x: float
    room: float
    x: float
    width: float
    y: float
    height: float
    mark_y: float
    mark_height: float


def steps(window: Window, interval: Interval) -> Iterator[datetime]:
    """The beginning of each step that the window touches."""
    step = STEPS[interval]
    time = window.since.replace(minute=0, second=0, microsecond=0)
    time = time if interval == "hour" else time.replace(hour=0)
    while time < window.until:
        yield time
        time += step


def bars(
    times: Sequence[datetime],
    interval: Interval,
    values: Mapping[datetime, float | Decimal | None],
    marked: Mapping[datetime, float | Decimal | None] | None = None,
) -> list[Bar]:
    """A bar for each time; where a value is unknown, none is drawn."""
    peak = max((float(value) for value in values.values() if value is not None), default=0.0) or 1.0
    room = 100 / len(times) if times else 0.0
    return [
        bar(
            time,
            time + STEPS[interval],
            at * room,
            room,
            tall(values.get(time), peak),
            tall((marked or {}).get(time), peak),
        )
        for at, time in enumerate(times)
    ]


def bar(time: datetime, until: datetime, x: float, room: float, height: float, mark: float) -> Bar:
    return Bar(
        time=time,
        until=until,
        room_x=round(x, 3),
        room=round(room, 3),
        x=round(x + room * (1 - FILLED) / 2, 3),
        width=round(room * FILLED, 3),
        y=round(HEIGHT - height, 2),
        height=round(height, 2),
        mark_y=round(HEIGHT - mark, 2),
        mark_height=round(mark, 2),
    )


def tall(value: float | Decimal | None, peak: float) -> float:
    """In pixels; what isn't nothing can be seen."""
    return max(1.0, HEIGHT * float(value) / peak) if value else 0.0
