"""What runs in this process between init() and shutdown()."""

import atexit
import functools
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from opentelemetry import trace
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Tracer
from opentelemetry.util.types import AttributeValue

from spanledger import _guard
from spanledger._encoding import Ended, Note, heed, pack
from spanledger._guard import tell
from spanledger._processor import EXIT_TIMEOUT, LedgerProcessor
from spanledger._sender import Flushed, Sender
from spanledger._settings import Settings
from spanledger._transport import Transport
from spanledger._version import VERSION


@dataclass(frozen=True, slots=True)
class Runtime:
    """The parts that belong together; there is one at most."""

    settings: Settings
    sender: Sender[Ended | Note]
    provider: TracerProvider
    joined: bool
    """Whether the provider is the program's own."""
    tracers: Callable[[str], Tracer]
    """The tracer of an instrumentation scope, made once."""


_lock = threading.Lock()
_current: Runtime | None = None
_silent: Tracer = trace.NoOpTracer()


def current() -> Runtime | None:
    return _current


def tracer() -> Tracer:
    """The tracer of trace() and span(); one that does nothing before init()."""
    return tracer_of("spanledger")


def tracer_of(scope: str) -> Tracer:
    return _current.tracers(scope) if _current else _silent


def captures_content() -> bool:
    return _current is not None and _current.settings.capture_content


def begin(settings: Settings) -> bool:
    """Start recording; False where that has happened already."""
    global _current
    with _lock:
        if _current is not None:
            return False
        _current = start(settings)
        return True


def start(settings: Settings) -> Runtime:
    sender: Sender[Ended | Note] = Sender(Transport(settings.endpoint, settings.api_key), pack, heed)
    provider, joined = provider_of_program(settings)
    provider.add_span_processor(LedgerProcessor(sender, labels_of_roots(settings)))
    tracers = functools.cache(lambda scope: provider.get_tracer(scope, VERSION))
    return Runtime(settings, sender, provider, joined, tracers)


def provider_of_program(settings: Settings) -> tuple[TracerProvider, bool]:
    """The program's tracer provider where it has one of OpenTelemetry's SDK, else a new one; never replaces any."""
    found = trace.get_tracer_provider()
    if hasattr(found, "add_span_processor"):
        return cast("TracerProvider", found), True
    resource = Resource.create({SERVICE_NAME: settings.service} if settings.service else {})
    own = TracerProvider(resource=resource, shutdown_on_exit=False)
    if isinstance(found, trace.ProxyTracerProvider):
        trace.set_tracer_provider(own)
    else:
        tell("foreign provider", "spanledger: the program's tracer provider can't be joined; using one beside it.")
    return own, False


def labels_of_roots(settings: Settings) -> Mapping[str, AttributeValue]:
    stated = {"spanledger.environment": settings.environment, "spanledger.release": settings.release}
    return {key: value for key, value in stated.items() if value}


def flush(timeout: float = 5.0) -> Flushed:
    """Send what was recorded so far, waiting at most `timeout` seconds.

    Returns:
        How many spans, scores, outcomes and charges were sent and dropped since init() and how many still wait;
        true where none waits.
    """
    runtime = _current
    return runtime.sender.flush(timeout) if runtime else Flushed(sent=0, dropped=0, waiting=0)


def shutdown(timeout: float = EXIT_TIMEOUT) -> Flushed:
    """Send what there is within `timeout` seconds and stop recording. Done by itself when the process ends.

    Returns:
        The counts as flush() has them; what could not be sent is counted as dropped.
    """
    global _current
    with _lock:
        runtime, _current = _current, None
    return runtime.sender.close(timeout) if runtime else Flushed(sent=0, dropped=0, waiting=0)


def after_fork() -> None:
    """A child starts with an empty queue and a thread of its own; locks may have been held in the parent."""
    global _lock
    _lock = threading.Lock()
    _guard.fresh_after_fork()
    if _current is not None:
        _current.sender.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=after_fork)
atexit.register(shutdown)
