"""The task a span belongs to: its root in this process, and the labels that its spans inherit."""

from collections.abc import Mapping

from opentelemetry import baggage, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span
from opentelemetry.util.types import AttributeValue

ROUTE, USER, SESSION = "spanledger.route", "user.id", "session.id"
INHERITED = (USER, SESSION)
CARRIED = (ROUTE, *INHERITED)
"""What may come from another process as baggage."""
BAGGAGE_LIMIT = 256
"""Characters kept of a value that came as baggage: anybody can send it."""

_TASK = "_spanledger_task"


class Task:
    """One local tree of spans."""

    __slots__ = ("labels", "root")

    def __init__(self, root: Span) -> None:
        self.root = root
        self.labels: dict[str, AttributeValue] = {}

    def tag(self, attributes: Mapping[str, AttributeValue], span: Span) -> None:
        """Label the root, or `span` where the root has ended already; spans started from now on inherit some."""
        target = self.root if self.root.is_recording() else span
        for key, value in attributes.items():
            target.set_attribute(key, value)
            if key in INHERITED:
                self.labels[key] = value


def task_of(span: Span) -> Task:
    """The task of a span that our processor has seen; any other span is a task of its own."""
    found: Task | None = getattr(span, _TASK, None)
    return Task(span) if found is None else found


def enroll(span: Span, parent_context: Context | None, defaults: Mapping[str, AttributeValue]) -> None:
    """Give a starting span its task, its route and the inherited labels; `defaults` are for roots."""
    parent = trace.get_current_span(parent_context)
    task: Task | None = getattr(parent, _TASK, None)
    labels: dict[str, AttributeValue] = {}
    if task is None:
        task = Task(span)
        task.labels.update(carried(parent_context, INHERITED))
        labels.update(defaults)
    setattr(span, _TASK, task)
    labels.update(task.labels)
    labels.update(carried(parent_context, (ROUTE,)))
    if labels:
        span.set_attributes(labels)


def carried(context: Context | None, keys: tuple[str, ...]) -> dict[str, AttributeValue]:
    """What the baggage says of these keys; the route of our own traces travels in it too."""
    luggage = baggage.get_all(context)
    return {key: value[:BAGGAGE_LIMIT] for key in keys if isinstance(value := luggage.get(key), str) and value}


def with_route(route: str, context: Context | None = None) -> Context:
    """The context in which spans carry the route, also those of services called with W3C baggage."""
    return baggage.set_baggage(ROUTE, route[:BAGGAGE_LIMIT], context)
