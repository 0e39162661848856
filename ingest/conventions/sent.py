"""A span as its client sent it, decoded, before anyone has read its attributes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ledger.domain.span import Envelope, Event, Link, Value

CLIENT, SERVER = 3, 2
"""OTLP's span kinds that say on which side of a request the span stood."""

ERROR = 2
"""OTLP's status code of a failure."""


@dataclass(slots=True)
class Origin:
    """Where spans come from: the process's resource and the instrumentation scope."""

    resource: Mapping[str, Value] = field(default_factory=dict)
    scope: str = ""
    version: str = ""
    """The scope's."""
    told: Mapping[str, str] | None = None
    """What the resource says of its spans' dimensions; filled in when it is first read."""


@dataclass(slots=True, kw_only=True)
class Sent:
    """Ids in lower-case hex, times in microseconds since 1970. Attribute values are shared: never change them."""

    trace_id: str
    span_id: str
    parent_id: str = ""
    name: str = ""
    kind: int = 0
    start: int = 0
    end: int = 0
    status_code: int = 0
    status_message: str = ""
    trace_state: str = ""
    attributes: dict[str, Value] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    links: tuple[Link, ...] = ()
    origin: Origin = field(default_factory=Origin)
    flags: set[str] = field(default_factory=set)

    @property
    def envelope(self) -> Envelope:
        return Envelope(
            self.name, self.kind, self.status_code, self.status_message, self.trace_state, self.origin.version
        )

    def first_event(self, *names: str) -> Event | None:
        """The earliest event of one of these names."""
        return min((event for event in self.events if event.name in names), key=lambda event: event.time, default=None)
