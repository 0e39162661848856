"""How numbers and times are written on pages: with the precision that matters, unknown as a dash."""

from datetime import UTC, datetime
from decimal import Decimal

from django.template import Library
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ledger.domain.span import CostStatus

register = Library()

DASH = "–"
CENT = Decimal("0.01")
COST_STATUS: dict[CostStatus, str] = {
    "priced": "Priced by a version that is not in the price book",
    "reported": "The client's own figure: no price is known for this model",
    "unpriced": "No price is known for this model",
    "unknown_usage": "The client sent no token counts",
    "duplicate": "Another step carries the money of this call",
    "not_billable": "Not billed: the call failed and no tokens were counted",
    "pending": "Being settled: the cost is known within seconds",
}
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000


@register.filter
def money(amount: Decimal | None) -> str:
    """$4,120 · $12.84 · $0.12 · $0.0012: whole dollars from a thousand, below a cent two significant digits."""
    if amount is None:
        return DASH
    if amount < 0:
        return f"−{money(-amount)}"
    if amount >= 1000:
        return f"${amount:,.0f}"
    if amount >= CENT or not amount:
        return f"${amount:.2f}"
    return f"${amount:.{1 - amount.adjusted()}f}"


@register.filter
def change(amount: Decimal) -> str:
    """+$1.20 · −$0.04 · $0.00"""
    return f"+{money(amount)}" if amount > 0 else money(amount)


@register.filter
def cents(amount: Decimal | None) -> str:
    """For columns of sums: $4,120.00 · $12.84 · <$0.01, so that the points stand below each other."""
    if amount is None:
        return DASH
    return "<$0.01" if 0 < amount < CENT / 2 else f"${amount:,.2f}"


@register.filter
def small_money(amount: Decimal | None) -> str:
    """For columns of what single calls and traces cost: four decimals, so that the points stand below each other."""
    if amount is None:
        return DASH
    if 0 < amount < Decimal("0.0001"):
        return "<$0.0001"
    return f"${amount:,.4f}"


@register.filter
def exact(amount: Decimal | None) -> str:
    """Every digit there is, but at least cents: for hover texts and arithmetic."""
    if amount is None:
        return DASH
    whole, _, decimals = f"{amount:f}".partition(".")
    return f"${whole}.{decimals.rstrip('0'):0<2}"


@register.filter
def count(number: float | Decimal | None) -> str:
    """1,284"""
    return DASH if number is None else f"{number:,.0f}"


@register.filter
def percent(share: float | None) -> str:
    """4.1 % · 3.0 % · 0 % · 100 % · 0.04 %"""
    if share is None:
        return DASH
    share = round(share, 9)  # a bound of an interval that is 0 comes out of its root as 3e-17
    hundredths = share * 100
    if 0 < hundredths < 0.1:
        return f"{hundredths:.1g} %"
    return f"{hundredths:.0f} %" if share in (0, 1) else f"{hundredths:.1f} %"


@register.filter
def duration(milliseconds: float | None) -> str:
    """0.4 ms · 340 ms · 4.2 s · 3 min 12 s · 2 h 5 min"""
    if milliseconds is None:
        return DASH
    if milliseconds < 9.95:
        return f"{milliseconds:.1f} ms"
    if round(milliseconds) < SECOND:
        return f"{milliseconds:.0f} ms"
    if milliseconds < MINUTE - SECOND / 20:
        return f"{milliseconds / SECOND:.1f} s"
    return long_duration(round(milliseconds / SECOND))


def long_duration(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


@register.filter
def score(value: float | None) -> str:
    """0.93"""
    return DASH if value is None else f"{value:.2f}"


@register.filter
def figure(value: float | Decimal | None, kind: str) -> str:
    """As the kind of the figure has it."""
    match kind:
        case "money":
            return money(None if value is None else Decimal(value))
        case "count":
            return count(None if value is None else float(value))
        case "duration":
            return duration(None if value is None else float(value))
        case "cents":
            return cents(None if value is None else Decimal(value))
        case "small_money":
            return small_money(None if value is None else Decimal(value))
        case "percent":
            return percent(None if value is None else float(value))
    return score(None if value is None else float(value))


@register.filter
def day(moment: datetime) -> str:
    """22 Nov"""
    return f"{moment.day} {moment:%b}"


@register.filter
def spaced(word: str) -> str:
    """rate limit, for rate_limit"""
    return word.replace("_", " ")


@register.filter
def why_no_cost(status: CostStatus) -> str:
    """A cost status as a sentence without its full stop."""
    return COST_STATUS[status]


@register.simple_tag
def unknown(reason: str) -> SafeString:
    """A dash that says why there is no number: on hover, and to who listens."""
    return format_html(
        '<abbr class="quiet" title="{}">{}<span class="visually-hidden">: {}</span></abbr>', reason, DASH, reason
    )


@register.simple_tag
def moment(time: datetime, precision: str = "minute") -> SafeString:
    """A point in time: UTC as served, the viewer's zone once scripts run, UTC on hover."""
    utc = time.astimezone(UTC)
    return format_html(
        '<local-time precision="{}"><time datetime="{}" title="{}">{}</time></local-time>',
        precision,
        utc.isoformat(timespec="milliseconds"),
        f"{utc:%Y-%m-%d %H:%M:%S}.{utc.microsecond // 1000:03} UTC",
        f"{day(utc)} {utc:%H:%M:%S}" if precision == "second" else f"{day(utc)} {utc:%H:%M}",
    )
