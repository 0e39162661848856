"""trace() and span(): a task, and a step of it, as decorators and in `with`."""

import functools
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextvars import Token
from types import CodeType, TracebackType
from typing import Any, Literal, TypeVar, cast, overload

from opentelemetry import context as otel_context
from opentelemetry import trace as otel_trace
from opentelemetry.context import Context

from spanledger import _late, _runtime
from spanledger._content import Kept, as_text
from spanledger._failure import record_failure
from spanledger._guard import harmless
from spanledger._late import Attributes, Late
from spanledger._task import with_route

Kind = Literal[
    "agent",
    "workflow",
    "generation",
    "embedding",
    "retrieval",
    "rerank",
    "tool",
    "guardrail",
    "evaluator",
    "memory",
    "span",
]
Function = TypeVar("Function", bound=Callable[..., Any])  # decorators must accept any signature

INPUT, OUTPUT = "spanledger.input", "spanledger.output"
YIELDS_KEPT = 1_000
OPERATIONS = {"agent": ("invoke_agent", "gen_ai.agent.name"), "tool": ("execute_tool", "gen_ai.tool.name")}
"""For other readers of OpenTelemetry: the operation, and the attribute that holds the name."""


@overload
def trace(function: Function, /) -> Function: ...


@overload
def trace(*, route: str = "", name: str = "", kind: Kind = "workflow", capture_content: bool = True) -> "Scope": ...


def trace(
    function: Function | None = None,
    /,
    *,
    route: str = "",
    name: str = "",
    kind: Kind = "workflow",
    capture_content: bool = True,
) -> "Function | Scope":
    """One task from start to end: `@trace`, `@trace(route="support.refunds")` or `with trace(route=…, name=…):`.

    Works on functions, coroutines, generators and asynchronous generators. Below a span that is already open it
    becomes part of that trace.

    Args:
        route: the product feature that does this; every span inside carries it.
        name: the span's name; else the function's, else the route.
        kind: what sort of step it is.
        capture_content: whether arguments and result are recorded.

    Returns:
        The decorated function, or something to decorate with or to enter, which gives a Step.
    """
    scope = Scope(name or "", kind, route, capture_content)
    return scope if function is None else scope(function)


def span(name: str, *, kind: Kind = "span", capture_content: bool = True) -> "Scope":
    """One step of a task: `with span("lookup", kind="tool") as step:` or `@span("lookup", kind="tool")`.

    Args:
        name: what it does.
        kind: what sort of step it is.
        capture_content: whether arguments and result are recorded.

    Returns:
        Something to enter, which gives a Step, or to decorate a function with.
    """
    return Scope(name, kind, "", capture_content)


class Step:
    """A span that is open. Every method is safe to call, also when the SDK is off."""

    __slots__ = ("_capture", "_context", "_inputs", "_outputs", "_span", "_token")

    def __init__(self, otel_span: otel_trace.Span, context: Context, capture: bool) -> None:
        self._span, self._context, self._capture = otel_span, context, capture
        self._inputs: Kept | None = None
        self._outputs: Kept | None = None
        self._token: Token[Context] | None = None

    @property
    def trace_id(self) -> str:
        """32 hex digits, for scores given later; empty when nothing is recorded."""
        found = self._span.get_span_context().trace_id
        return f"{found:032x}" if found else ""

    @property
    def span_id(self) -> str:
        """16 hex digits; empty when nothing is recorded."""
        found = self._span.get_span_context().span_id
        return f"{found:016x}" if found else ""

    def record(self, **content: object) -> None:
        """State what went in and what came out: `record(input=…, output=…)`."""
        self._keep(content)

    @harmless
    def _keep(self, content: Mapping[str, object]) -> None:
        if not self._capture:
            return
        if "input" in content:
            self._inputs = Kept(content["input"])
        if "output" in content:
            self._outputs = Kept(content["output"])

    def _enter(self) -> None:
        self._token = otel_context.attach(self._context)

    def _leave(self) -> None:
        """Make current what was current before, also for code that has moved the context inside."""
        if self._token is None:
            return
        self._context = otel_context.get_current()
        token, self._token = self._token, None
        detach(token)

    @harmless
    def _end(self, error: BaseException | None = None) -> None:
        if error is not None and not isinstance(error, GeneratorExit):
            record_failure(self._span, error)
        _late.end(self._span, self._content())

    def _content(self) -> Late | None:
        kept = {key: each for key, each in ((INPUT, self._inputs), (OUTPUT, self._outputs)) if each is not None}
        if not kept:
            return None
        size = sum(each.size for each in kept.values())
        return Late(size, functools.partial(texts, kept))


def texts(kept: Mapping[str, Kept]) -> Attributes:
    return {key: as_text(each.value) for key, each in kept.items()}


def detach(token: Token[Context]) -> None:
    """Go back to the context before. A generator closed from another task can't: nothing is left to undo there."""
    try:
        otel_context._RUNTIME_CONTEXT.detach(token)
    except ValueError:
        return


class Scope:
    """What trace() and span() give: enter it once, or decorate functions with it."""

    def __init__(self, name: str, kind: Kind, route: str, capture: bool) -> None:
        self._name, self._kind, self._route, self._capture = name, kind, route, capture
        self._open: list[Step] = []

    def __enter__(self) -> Step:
        step = self._begin(self._name or self._route or "task") or silent()
        step._enter()
        self._open.append(step)
        return step

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        step = self._open.pop()
        step._leave()
        step._end(error)

    async def __aenter__(self) -> Step:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, frames)

    def __call__(self, function: Function) -> Function:
        """The function, with a span around each of its runs."""
        return cast("Function", functools.wraps(function)(self._around(function)))

    def _around(self, function: Callable[..., Any]) -> Callable[..., object]:
        if inspect.isasyncgenfunction(function):
            return self._around_async_generator(function)
        if inspect.isgeneratorfunction(function):
            return self._around_generator(function)
        if inspect.iscoroutinefunction(function):
            return self._around_coroutine(function)
        return self._around_function(function)

    @harmless
    def _begin(self, name: str) -> Step:
        context = with_route(self._route) if self._route else otel_context.get_current()
        opened = _runtime.tracer().start_span(name, context, attributes=self._attributes(name))
        capture = self._capture and opened.is_recording() and _runtime.captures_content()
        return Step(opened, otel_trace.set_span_in_context(opened, context), capture)

    def _attributes(self, name: str) -> Attributes:
        operation, name_key = OPERATIONS.get(self._kind, ("", ""))
        if not operation:
            return {"spanledger.kind": self._kind}
        return {"spanledger.kind": self._kind, "gen_ai.operation.name": operation, name_key: name}

    def _begin_call(self, function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> Step:
        name = self._name or getattr(function, "__name__", "") or "task"
        step = self._begin(name) or silent()
        if step._capture:
            arguments = arguments_of(function, args, kwargs)
            if arguments is not None:
                step._keep({"input": arguments})
        return step

    def _around_function(self, function: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object, **kwargs: object) -> object:
            step = self._begin_call(function, args, kwargs)
            step._enter()
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                step._leave()
                step._end(error)
                raise
            step._leave()
            step._keep({"output": result})
            step._end()
            return result

        return run

    def _around_coroutine(self, function: Callable[..., Awaitable[object]]) -> Callable[..., object]:
        async def run(*args: object, **kwargs: object) -> object:
            step = self._begin_call(function, args, kwargs)
            step._enter()
            try:
                result = await function(*args, **kwargs)
            except BaseException as error:
                step._leave()
                step._end(error)
                raise
            step._leave()
            step._keep({"output": result})
            step._end()
            return result

        return run

    def _around_generator(
        self, function: Callable[..., Generator[object, object, object]]
    ) -> Callable[..., Generator[object, object, object]]:
        def run(*args: object, **kwargs: object) -> Generator[object, object, object]:
            step = self._begin_call(function, args, kwargs)
            yielded = Yielded(step)
            try:
                result = yield from drive(function(*args, **kwargs), step, yielded)
            except BaseException as error:
                yielded.end(error)
                raise
            yielded.end()
            return result

        return run

    def _around_async_generator(
        self, function: Callable[..., AsyncGenerator[object, object]]
    ) -> Callable[..., AsyncGenerator[object, object]]:
        async def run(*args: object, **kwargs: object) -> AsyncGenerator[object, object]:
            step = self._begin_call(function, args, kwargs)
            yielded = Yielded(step)
            body = function(*args, **kwargs)
            resume = functools.partial(body.asend, None)
            try:
                while True:
                    try:
                        item = await advance(resume, step)
                    except StopAsyncIteration:
                        break
                    yielded.add(item)
                    try:
                        resume = functools.partial(body.asend, (yield item))
                    except GeneratorExit:
                        await advance(body.aclose, step)
                        raise
                    except BaseException as error:
                        resume = functools.partial(body.athrow, error)
            except BaseException as error:
                yielded.end(error)
                raise
            yielded.end()

        return run


class Yielded:
    """What a generator has given so far: texts are recorded joined, anything else as a list."""

    __slots__ = ("_items", "_step")

    def __init__(self, step: Step) -> None:
        self._step = step
        self._items: list[object] = []

    def add(self, item: object) -> None:
        if self._step._capture and len(self._items) < YIELDS_KEPT:
            self._items.append(item)

    def end(self, error: BaseException | None = None) -> None:
        text = all(type(item) is str for item in self._items)
        output: object = "".join(cast("list[str]", self._items)) if text else self._items
        if self._items:
            self._step._keep({"output": output})
        self._step._end(error)


def drive(body: Generator[object, object, object], step: Step, yielded: Yielded) -> Generator[object, object, object]:
    """Run a generator so that its span is current inside it and not in whoever consumes it."""
    resume: Callable[[], object] = functools.partial(body.send, None)
    while True:
        step._enter()
        try:
            item = resume()
        except StopIteration as stop:
            return stop.value
        finally:
            step._leave()
        yielded.add(item)
        try:
            resume = functools.partial(body.send, (yield item))
        except GeneratorExit:
            close(body, step)
            raise
        except BaseException as error:
            resume = functools.partial(body.throw, error)


def close(body: Generator[object, object, object], step: Step) -> None:
    step._enter()
    try:
        body.close()
    finally:
        step._leave()


async def advance(resume: Callable[[], Awaitable[object]], step: Step) -> object:
    step._enter()
    try:
        return await resume()
    finally:
        step._leave()


def silent() -> Step:
    """A step that records nothing, for where starting one has failed."""
    return Step(otel_trace.INVALID_SPAN, otel_context.get_current(), capture=False)


def arguments_of(function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    """The arguments by name, without `self`; a single one by itself; None where there are none."""
    code: CodeType | None = getattr(inspect.unwrap(function), "__code__", None)
    names = code.co_varnames[: code.co_argcount] if code else ()
    named = {names[place] if place < len(names) else f"{place}": each for place, each in enumerate(args)}
    if names[:1] in (("self",), ("cls",)):
        named.pop(names[0], None)
    given = {**named, **kwargs}
    if not given:
        return None
    return next(iter(given.values())) if len(given) == 1 else given
