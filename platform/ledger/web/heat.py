"""The model × route table: rows routes, columns models, one measure at a time, each cell a way to its traces."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from ledger.store.metrics import Answer, Figure, MetricRow
from ledger.web.scope import Scope

Hue = Literal["money", "loss"]

ROUTES_SHOWN = 40
MODELS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Shown:
    """A measure that the table can show."""

    name: str
    label: str
    kind: Literal["money", "percent", "score"]
    hue: Hue
    steps: tuple[float, ...] = ()
    """From which value on each step of heat begins; empty: in fifths of the highest cell."""
    inverted: bool = False
    """Less is worse: the steps are read against 1 − value."""
    counted: str = "calls"
    """The measure that says of how many a figure speaks, and its word."""
    counted_word: str = "calls"
    missing: str = "No call here has a known cost"


COST = Shown("cost", "Cost", "money", "money")
FAILURES = Shown("failure_rate", "Failure rate", "percent", "loss", (0.001, 0.02, 0.05, 0.1, 0.2))
PER_SUCCESS = Shown(
    "cost_per_success", "Cost per success", "money", "money", counted="successes", counted_word="successes"
)
SUCCESS = Shown(
    "success_rate", "Success rate", "percent", "loss", (0.01, 0.05, 0.1, 0.2, 0.4),
    inverted=True, counted="outcomes", counted_word="outcomes", missing="No outcome was sent for a trace here",
)  # fmt: skip
ANSWERED = Shown(
    "score.answered", "Score: answered", "score", "loss", (0.01, 0.05, 0.1, 0.2, 0.4),
    inverted=True, counted="score_count.answered", counted_word="graded", missing="Nothing was graded here",
)  # fmt: skip
MEASURES = {
    "cost": COST,
    "failures": FAILURES,
    "per_success": PER_SUCCESS,
    "success": SUCCESS,
    "answered": ANSWERED,
}
"""By the word that the address uses."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure; `heat` is 0 to 5, `address` the query of the traces behind it."""

    value: Figure
    counted: Figure
    unpriced: Figure
    heat: int
    address: str


@dataclass(frozen=True, slots=True)
class Line:
    """One route; cells are None where the route has no call to that model."""

    route: str | None
    cells: tuple[Cell | None, ...]
    total: Cell


@dataclass(frozen=True, slots=True)
class HeatTable:
    """All lines and totals; `more_routes` and `more_models` were left off. Each model has its name and its address."""

    shown: Shown
    models: tuple[tuple[str | None, str], ...]
    lines: tuple[Line, ...]
    totals: tuple[Cell, ...]
    grand: Cell
    more_routes: bool
    more_models: bool

    @property
    def kind(self) -> str:
        """How figures are written: money in cents, where the whole is less than a dollar more finely."""
        if self.shown.kind != "money":
            return self.shown.kind
        return "cents" if (self.grand.value or 0) >= 1 else "small_money"


def heat_table(shown: Shown, pairs: Answer, routes: Answer, models: Answer, scope: Scope) -> HeatTable:
    """The answers by pair, by route and by model in their places: a total's ratio comes from the total's own parts."""
    columns = [row.group["model"] for row in models.rows]
    highest = max((float(row.figures[shown.name] or 0) for row in pairs.rows), default=0.0)
    found = {(row.group["route"], row.group["model"]): cell(shown, row, highest, scope) for row in pairs.rows}
    return HeatTable(
        shown=shown,
        models=tuple((name, scope.address(model=name)) for name in columns),
        lines=tuple(line(shown, row, columns, found, scope) for row in routes.rows),
        totals=tuple(total(shown, row, scope) for row in models.rows),
        grand=total(shown, MetricRow({}, None, pairs.total), scope),
        more_routes=routes.truncated,
        more_models=models.truncated,
    )


def line(
    shown: Shown,
    row: MetricRow,
    models: Sequence[str | None],
    found: dict[tuple[str | None, str | None], Cell],
    scope: Scope,
) -> Line:
    route = row.group["route"]
    return Line(route, tuple(found.get((route, model)) for model in models), total(shown, row, scope))


def total(shown: Shown, row: MetricRow, scope: Scope) -> Cell:
    """Totals carry no heat: they would drown the cells."""
    return cell(shown, row, 0.0, scope)


def cell(shown: Shown, row: MetricRow, highest: float, scope: Scope) -> Cell:
    value = row.figures[shown.name]
    return Cell(
        value=value,
        counted=row.figures[shown.counted],
        unpriced=row.figures["unpriced_calls"],
        heat=heat(shown, value, highest) if highest else 0,
        address=scope.address(**row.group),
    )


def heat(shown: Shown, value: Figure, highest: float) -> int:
    if value is None:
        return 0
    if shown.steps:
        depth = 1 - float(value) if shown.inverted else float(value)
        return sum(depth >= step for step in shown.steps)
    return fifth(Decimal(value) / Decimal(highest)) if highest else 0


def fifth(share: Decimal) -> int:
    """1 to 5 for a share of the highest, 0 for nothing."""
    return min(5, int(share * 5) + 1) if share else 0
