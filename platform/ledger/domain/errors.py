"""What can be wrong with a question asked from outside.

BadParameter          something asked for can't be answered; names the parameter, the value and what was expected
├── UnknownMeasure    no measure of that name
├── UnknownDimension  no dimension of that name
├── UnknownInterval   not one of the steps of time
├── UnknownSort       no such order
├── BadFilter         a filter that can't be read
├── BadLimit          not a number of rows that is handed out at once
├── BadTime           not a point in time
├── BadWindow         a window that ends before it begins
├── BadCursor         a cursor that did not come from us
└── TooMany           more parts than one question may have
"""

from collections.abc import Iterable

SHOWN = 80


class BadParameter(ValueError):
    """A part of a question can't be used. `parameter` is the name under which it was asked."""

    def __init__(self, parameter: str, value: str, expected: str) -> None:
        self.parameter, self.value, self.expected = parameter, value, expected
        super().__init__(f'{parameter}="{shown(value)}": expected {expected}.')


class UnknownMeasure(BadParameter):
    def __init__(self, value: str, allowed: Iterable[str]) -> None:
        super().__init__("measures", value, f"any of {', '.join(allowed)}, score.<name>, score_count.<name>")


class UnknownDimension(BadParameter):
    def __init__(self, parameter: str, value: str, allowed: Iterable[str]) -> None:
        super().__init__(parameter, value, f"any of {', '.join(allowed)}, tag.<key>")


class UnknownInterval(BadParameter):
    def __init__(self, value: str, allowed: Iterable[str]) -> None:
        super().__init__("interval", value, f"one of {', '.join(allowed)}")


class UnknownSort(BadParameter):
    def __init__(self, value: str, allowed: Iterable[str]) -> None:
        super().__init__("sort", value, f"one of {', '.join(allowed)}")


class BadFilter(BadParameter):
    def __init__(self, value: str, expected: str) -> None:
        super().__init__("filter", value, expected)


class BadLimit(BadParameter):
    def __init__(self, value: str, most: int) -> None:
        super().__init__("limit", value, f"a whole number from 1 to {most:,}")


class BadTime(BadParameter):
    def __init__(self, parameter: str, value: str) -> None:
        super().__init__(parameter, value, "a time such as 2026-01-31T00:00:00Z, from 1970 to 2199")


class BadWindow(BadParameter):
    def __init__(self, since: str, until: str) -> None:
        super().__init__("from", since, f"a time that is not after to={until}")


class BadCursor(BadParameter):
    def __init__(self, value: str) -> None:
        super().__init__("cursor", value, "a cursor from an earlier answer to the same question")


class TooMany(BadParameter):
    def __init__(self, parameter: str, count: int, most: int) -> None:
        super().__init__(parameter, f"{count} of them", f"{most} at most")


def shown(value: str) -> str:
    """Enough of a value to know it again."""
    return value if len(value) <= SHOWN else f"{value[:SHOWN]}…"
