"""Whom something is said about: a trace or a session; and money, to the last digit."""

from decimal import Decimal

from opentelemetry import trace

from spanledger._guard import tell

Money = Decimal | int | float | str
"""USD. A text or a Decimal is taken to the last digit; of a float, twelve decimals."""

PLACES = Decimal("1e-12")
MOST = Decimal(1_000_000)


def current_trace_id() -> str:
    found = trace.get_current_span().get_span_context().trace_id
    return f"{found:032x}" if found else ""


def subject_of(what: str, trace_id: str | None, session: str | None) -> dict[str, object]:
    """The trace or session that is named, else the current trace; empty, and told, where that is unclear."""
    if trace_id and session:
        tell(f"{what} of two", "spanledger: %s() was skipped: pass trace_id=… or session=…, not both.", what)
        return {}
    if session:
        return {"session_id": session}
    found = trace_id or current_trace_id()
    if not found:
        message = "spanledger: %s() outside a trace was skipped; pass trace_id=… or session=…."
        tell(f"{what} without trace", message, what)
        return {}
    return {"trace_id": found}


def written(what: str, money: Money) -> str:
    """As a text, because JSON's numbers are floats to many; empty, and told, where it is no amount of money."""
    try:
        exact = Decimal(repr(float(money))).quantize(PLACES) if isinstance(money, float) else Decimal(money)
    except (ArithmeticError, ValueError, TypeError):
        exact = Decimal("NaN")
    if isinstance(money, bool) or not exact.is_finite() or exact.copy_abs() >= MOST:
        message = 'spanledger: %s() was skipped: money is a number of USD such as "4.50", below a million.'
        tell(f"{what} without money", message, what)
        return ""
    return f"{exact:f}"
