"""The client's methods with a span around them, and its streams with an ear in them."""

import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

from opentelemetry import context as otel_context

from spanledger._guard import harmless
from spanledger._openai.call import Call, begin
from spanledger._openai.endpoint import Endpoint, Wire

Method = Callable[..., Any]  # the client's own, of many overloads


def wrap_sync(endpoint: Endpoint, original: Method) -> Method:
    @functools.wraps(original)
    def method(resource: Wire, *args: Any, **params: Any) -> Any:
        call = begin(endpoint, resource, params)
        if call is None:
            return original(resource, *args, **params)
        token = otel_context.attach(call.context)
        try:
            answer = send(call, functools.partial(original, resource, *args))
        except BaseException as error:
            call.ended(error)
            raise
        finally:
            otel_context.detach(token)
        return received(call, answer, Ear)

    return method


def wrap_async(endpoint: Endpoint, original: Callable[..., Awaitable[Any]]) -> Method:
    @functools.wraps(original)
    async def method(resource: Wire, *args: Any, **params: Any) -> Any:
        call = begin(endpoint, resource, params)
        if call is None:
            return await original(resource, *args, **params)
        token = otel_context.attach(call.context)
        try:
            answer = await send_async(call, functools.partial(original, resource, *args))
        except BaseException as error:
            call.ended(error)
            raise
        finally:
            otel_context.detach(token)
        return received(call, answer, AsyncEar)

    return method


def send(call: Call, method: Method) -> Wire:
    """Send it; once more as the program wrote it where the server refused only our wish for the usage."""
    try:
        return method(**call.params)
    except Exception as error:
        if not call.withdraws(error):
            raise
    return method(**call.params)


async def send_async(call: Call, method: Callable[..., Awaitable[Any]]) -> Wire:
    try:
        return await method(**call.params)
    except Exception as error:
        if not call.withdraws(error):
            raise
    return await method(**call.params)


def received(call: Call, answer: Wire, ear: "type[Ear] | type[AsyncEar]") -> Wire:
    """The program's answer, unchanged; a stream is the same object, listened to."""
    if not (call.streams and not call.raw and listen(call, answer, ear)):
        call.answered(answer)
    return answer


@harmless
def listen(call: Call, stream: Wire, ear: "type[Ear] | type[AsyncEar]") -> bool:
    stream._iterator = ear(call, stream._iterator)
    stream.close = closing(call, stream.close)
    return True


def closing(call: Call, close: Method) -> Method:
    """The stream's close, which ends the call too: a program may stop reading early."""
    if inspect.iscoroutinefunction(close):

        async def close_async() -> None:
            await close()
            call.ended()

        return close_async

    def close_sync() -> None:
        close()
        call.ended()

    return close_sync


class Listening:
    """Ends the call when the stream is dropped unread."""

    def __init__(self, call: Call, chunks: Any) -> None:  # the client's own iterator
        self._call, self._chunks = call, chunks

    def __del__(self) -> None:
        self._call.ended()


class Ear(Listening):
    """A stream's iterator that tells the call what passes."""

    def __iter__(self) -> Iterator[Wire]:
        return self

    def __next__(self) -> Wire:
        while True:
            try:
                chunk = next(self._chunks)
            except StopIteration:
                self._call.ended()
                raise
            except BaseException as error:
                self._call.ended(error)
                raise
            if not self._call.took(chunk):
                return chunk


class AsyncEar(Listening):
    """The same for an asynchronous stream."""

    def __aiter__(self) -> AsyncIterator[Wire]:
        return self

    async def __anext__(self) -> Wire:
        while True:
            try:
                chunk = await anext(self._chunks)
            except StopAsyncIteration:
                self._call.ended()
                raise
            except BaseException as error:
                self._call.ended(error)
                raise
            if not self._call.took(chunk):
                return chunk
