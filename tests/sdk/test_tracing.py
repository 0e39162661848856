"""trace() and span() around every sort of function, and what they record."""

import asyncio
import contextvars
import json
from dataclasses import dataclass

import pytest

import spanledger


@spanledger.trace
def untraced_before_init(x):
    return x


def test_without_init_everything_is_a_no_op():
    assert untraced_before_init(3) == 3
    with spanledger.span("nothing") as step:
        step.record(input=1, output=2)

    assert step.trace_id == ""


class TestFunctions:
    def test_a_function_is_a_span_with_its_argument_and_result(self, ledger):
        @spanledger.trace(route="support.refunds")
        def answer(question):
            return f"re: {question}"

        assert answer("money back?") == "re: money back?"

        told = ledger.named("answer").attributes
        assert told == {
            "spanledger.kind": "workflow",
            "spanledger.route": "support.refunds",
            "spanledger.input": "money back?",
            "spanledger.output": "re: money back?",
        }

    def test_a_method_is_told_without_its_self(self, ledger):
        class Desk:
            @spanledger.span("look up", kind="tool")
            def find(self, order, year=2026):
                return {"order": order}

        assert Desk().find(17, year=2025) == {"order": 17}

        told = ledger.named("look up").attributes
        assert json.loads(told["spanledger.input"]) == {"order": 17, "year": 2025}
        assert json.loads(told["spanledger.output"]) == {"order": 17}
        assert (told["gen_ai.operation.name"], told["gen_ai.tool.name"]) == ("execute_tool", "look up")

    def test_steps_are_children_and_carry_the_route(self, ledger):
        with spanledger.trace(route="search", name="find things") as task, spanledger.span("rank", kind="rerank"):
            pass

        child, root = ledger.named("rank"), ledger.named("find things")
        assert child.proto.parent_span_id == root.proto.span_id
        assert child.proto.trace_id.hex() == task.trace_id
        assert child.attributes == {"spanledger.kind": "rerank", "spanledger.route": "search"}

    def test_an_inner_route_holds_for_what_is_inside_it(self, ledger):
        with spanledger.trace(route="outer"):
            with spanledger.trace(route="inner"), spanledger.span("deep"):
                pass
            with spanledger.span("shallow"):
                pass

        assert ledger.named("deep").attributes["spanledger.route"] == "inner"
        assert ledger.named("shallow").attributes["spanledger.route"] == "outer"

    def test_content_can_be_left_out(self, ledger):
        @spanledger.trace(capture_content=False)
        def secret(word):
            return word

        secret("hush")

        assert ledger.named("secret").attributes == {"spanledger.kind": "workflow"}

    def test_errors_pass_unchanged_and_are_told(self, ledger):
        error = ValueError("no such order")

        @spanledger.trace
        def fails():
            raise error

        with pytest.raises(ValueError, match="no such order") as caught:
            fails()

        assert caught.value is error
        told = ledger.named("fails")
        assert (told.proto.status.code, told.proto.status.message) == (2, "no such order")
        assert told.attributes["error.type"] == "ValueError"

    def test_objects_that_break_when_looked_at_are_named_by_their_type(self, ledger):
        class Broken(Exception):
            def __repr__(self):
                raise RuntimeError

            __str__ = __repr__

        @spanledger.trace
        def fails(thing):
            raise Broken

        with pytest.raises(Broken):
            fails({"thing": Broken()})

        told = ledger.named("fails")
        assert "Broken" in told.attributes["spanledger.input"]
        assert "Broken" in told.proto.status.message

    def test_dataclasses_are_told_by_their_fields(self, ledger):
        @dataclass
        class Order:
            number: int

        with spanledger.span("look") as step:
            step.record(output=[Order(17)])

        assert ledger.named("look").attributes["spanledger.output"] == '[{"number": 17}]'


class TestCoroutines:
    def test_a_coroutine_is_one_span_until_it_returns(self, ledger):
        @spanledger.trace(route="r")
        async def outer():
            return await inner()

        @spanledger.span("inner")
        async def inner():
            await asyncio.sleep(0)
            return 4

        assert asyncio.run(outer()) == 4

        assert ledger.named("inner").proto.parent_span_id == ledger.named("outer").proto.span_id
        assert ledger.named("outer").attributes["spanledger.output"] == "4"

    def test_a_cancelled_coroutine_is_told_as_cancelled(self, ledger):
        @spanledger.trace
        async def waits():
            await asyncio.Event().wait()

        async def cancels():
            await asyncio.wait_for(waits(), 0.01)

        with pytest.raises(asyncio.TimeoutError):
            asyncio.run(cancels())

        assert ledger.named("waits").attributes["error.type"] == "asyncio.exceptions.CancelledError"

    def test_async_with_works_too(self, ledger):
        async def task():
            async with spanledger.trace(name="asynchronous"):
                pass

        asyncio.run(task())

        assert ledger.named("asynchronous")


class TestGenerators:
    def test_a_generator_is_told_with_all_it_gave(self, ledger):
        @spanledger.trace
        def words():
            yield "Hel"
            yield "lo"
            return 2

        def consume():
            return (yield from words())

        assert list(consume()) == ["Hel", "lo"]
        assert ledger.named("words").attributes["spanledger.output"] == "Hello"

    def test_the_span_is_current_inside_and_not_in_the_consumer(self, ledger):
        @spanledger.trace
        def source():
            with spanledger.span("held open"):
                yield 1
                with spanledger.span("in the second step"):
                    pass

        with spanledger.trace(name="consumer"):
            items = source()
            next(items)
            with spanledger.span("between"):
                pass
            list(items)

        consumer, held = ledger.named("consumer"), ledger.named("held open")
        assert ledger.named("between").proto.parent_span_id == consumer.proto.span_id
        assert ledger.named("in the second step").proto.parent_span_id == held.proto.span_id

    def test_values_and_errors_sent_in_reach_the_body(self, ledger):
        @spanledger.trace
        def echo():
            got = yield "ready"
            try:
                yield got
            except KeyError:
                yield "caught"

        body = echo()
        next(body)

        assert body.send("ping") == "ping"
        assert body.throw(KeyError()) == "caught"
        body.close()
        assert ledger.named("echo").proto.status.code == 0

    def test_an_async_generator_is_told_with_all_it_gave(self, ledger):
        @spanledger.trace
        async def numbers():
            yield 1
            with spanledger.span("inside"):
                await asyncio.sleep(0)
            yield 2

        async def consume():
            return [each async for each in numbers()]

        assert asyncio.run(consume()) == [1, 2]
        assert ledger.named("numbers").attributes["spanledger.output"] == "[1, 2]"
        assert ledger.named("inside").proto.parent_span_id == ledger.named("numbers").proto.span_id

    def test_a_span_left_in_another_context_is_told_without_noise(self, ledger, caplog):
        scope = spanledger.span("moved")
        contextvars.copy_context().run(scope.__enter__)

        scope.__exit__(None, None, None)

        assert ledger.named("moved")
        assert not caplog.records
