"""`python -m spanledger doctor`: what is set, what is instrumented and why not, and whether a test trace arrives."""

import sys
from importlib import import_module

from opentelemetry import trace

from spanledger import _instruments, _runtime
from spanledger._errors import NotConfigured
from spanledger._sender import Flushed
from spanledger._settings import Settings, read_settings
from spanledger._tracing import trace as traced
from spanledger._version import VERSION

PATIENCE = 5.0


def examine() -> int:
    """Print the findings; 0 where a trace has been accepted."""
    line(f"spanledger {VERSION}, Python {sys.version.split()[0]}")
    try:
        settings = read_settings(None, None, None, None, None, True)
    except NotConfigured as error:
        line(str(error))
        return 1
    describe(settings)
    tell_instruments()
    return send_test_trace(settings)


def line(text: str) -> None:
    sys.stdout.write(text + "\n")


def describe(settings: Settings) -> None:
    joined = not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
    line(f"endpoint      {settings.endpoint}")
    line(f"API key       {hidden(settings.api_key)}")
    line(f"OpenTelemetry {'joins the provider that is set up already' if joined else 'starts a provider of its own'}")


def hidden(key: str) -> str:
    """Enough of the key to recognise it: its kind and public id."""
    public = "_".join(key.split("_")[:3])
    return f"{public}_…" if key.startswith("sl_") else "set, but it does not begin with sl_"


def tell_instruments() -> None:
    """Import what is installed, so that the patches really run, and say how each went."""
    _instruments.install()
    for library, states in _instruments.states().items():
        for module in states:
            wake(module)
        for module, state in _instruments.states()[library].items():
            line(f"{library:<13} {module}: {state}")


def wake(module: str) -> None:
    try:
        import_module(module)
    except ImportError as error:
        line(f"{module} can't be imported: {error}")


def send_test_trace(settings: Settings) -> int:
    _runtime.begin(settings)
    with traced(route="spanledger.doctor", name="spanledger doctor") as step:
        step.record(input="Does a trace arrive?", output="If you can read this, it does.")
    flushed = _runtime.flush(PATIENCE)
    line(verdict(flushed, step.trace_id))
    return 0 if flushed.sent else 1


def verdict(flushed: Flushed, trace_id: str) -> str:
    if flushed.sent:
        return f"test trace    accepted: {trace_id}"
    if flushed.waiting:
        return f"test trace    not accepted within {PATIENCE:g} s: is the ledger running at that endpoint?"
    return "test trace    refused: the log above says why."
