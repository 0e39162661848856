"""The supervisor: the order of starting and stopping, what ends is started again, and nothing is left behind."""

import asyncio
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from ledger.stack import leftovers, plan, supervisor
from ledger.stack.errors import StepFailed, StepTooSlow
from ledger.stack.journal import Screen
from ledger.stack.service import Service, says
from ledger.stack.supervisor import Supervisor

LASTING = "import signal; print('up', flush=True); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + LASTING
WITH_CHILD = "import subprocess; subprocess.Popen(['sleep', '600']); " + LASTING
STUBBORN_WITH_CHILD = "import signal, subprocess; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + WITH_CHILD
TELLS_ITS_END = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: (print("bye", flush=True), sys.exit()))
print("up", flush=True)
signal.pause()
"""


def service(name: str, code: str = LASTING, **more: object) -> Service:
    known = {"listens_for": "up", "ready": says("up")} if "once" not in more else {}
    return Service(name, (sys.executable, "-c", code), **{**known, **more})  # type: ignore[arg-type]


class Stack:
    """A supervisor at work on a home, and what it has shown so far."""

    def __init__(self, home: Path, services: Sequence[Service]) -> None:
        self.home, self.shown = home, io.StringIO()
        self.screen = Screen(self.shown)
        self.supervisor = Supervisor(home, services, plan.inherited(os.environ), self.screen)

    def pid(self, name: str) -> int:
        return leftovers.noted(self.home)[name].pid

    def lines(self) -> list[str]:
        return self.shown.getvalue().splitlines()

    def moment(self, line: str) -> int:
        return next(number for number, shown in enumerate(self.lines()) if shown.endswith(line))

    async def until(self, condition: Callable[[], object], what: str, seconds: float = 15) -> None:
        limit = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < limit, f"waited in vain for {what}:\n{self.shown.getvalue()}"
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(home: Path, *services: Service) -> AsyncIterator[Stack]:
    stack = Stack(home, services)
    stack.supervisor.start()
    try:
        await asyncio.wait_for(stack.supervisor.healthy(), 20)
        yield stack
    finally:
        await stack.supervisor.stop()
        stack.screen.close()


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def children_of(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


def test_a_service_starts_once_what_it_needs_is_ready(tmp_path: Path) -> None:
    late = "import time; print('thinking', flush=True); time.sleep(0.3); " + LASTING

    async def story() -> list[str]:
        async with running(tmp_path, service("second", needs=("first",)), service("first", late)) as stack:
            return stack.lines()

    assert asyncio.run(story()) == ["first  | thinking", "first  | up", "second | up"]


def test_a_service_that_is_killed_comes_back(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path, service("door")) as stack:
            before = stack.pid("door")
            os.kill(before, signal.SIGKILL)
            await stack.until(lambda: stack.lines().count("door | up") == 2, "the second start")

            assert stack.pid("door") != before
            assert "door | ended with status -9; starts again in 0.2 s" in stack.lines()

    asyncio.run(story())


def test_what_a_killed_service_had_started_goes_before_it_comes_back(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path, service("parent", WITH_CHILD)) as stack:
            [child] = children_of(stack.pid("parent"))
            os.kill(stack.pid("parent"), signal.SIGKILL)
            await stack.until(lambda: stack.lines().count("parent | up") == 2, "the second start")

            assert not alive(child)

    asyncio.run(story())


def test_pauses_grow_while_a_service_keeps_failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE", 0.05)

    async def story() -> list[str]:
        stack = Stack(tmp_path, [service("broken", "raise SystemExit(3)")])
        stack.supervisor.start()
        await stack.until(lambda: len(stack.lines()) >= 5, "five failures")
        await stack.supervisor.stop()
        stack.screen.close()
        return [line.rpartition(" in ")[2] for line in stack.lines()[:5]]

    assert asyncio.run(story()) == ["0.01 s", "0.02 s", "0.04 s", "0.05 s", "0.05 s"]


def test_a_service_that_was_healthy_for_a_while_is_not_made_to_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(supervisor, "HEALTHY_AFTER", 0.0)

    async def story() -> list[str]:
        stack = Stack(tmp_path, [service("unlucky", "raise SystemExit(3)")])
        stack.supervisor.start()
        await stack.until(lambda: len(stack.lines()) >= 3, "three failures")
        await stack.supervisor.stop()
        stack.screen.close()
        return [line.rpartition(" in ")[2] for line in stack.lines()[:3]]

    assert asyncio.run(story()) == ["0.01 s", "0.01 s", "0.01 s"]


def test_services_stop_in_their_order_and_leave_nothing(tmp_path: Path) -> None:
    async def story() -> Stack:
        services = [
            service(name, TELLS_ITS_END, stops=stage) for name, stage in (("server", 2), ("door", 0), ("row", 1))
        ]
        async with running(tmp_path, *services) as stack:
            pids = [stack.pid(name) for name in ("server", "door", "row")]
        assert not any(alive(pid) for pid in pids)
        return stack

    stack = asyncio.run(story())

    assert stack.moment("door   | bye") < stack.moment("row    | bye") < stack.moment("server | bye")
    assert leftovers.noted(tmp_path) == {}


def test_what_does_not_end_when_asked_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "STOP_PATIENCE", 0.2)

    async def story() -> list[str]:
        async with running(tmp_path, service("deaf", STUBBORN)) as stack:
            pass
        return stack.lines()

    assert asyncio.run(story())[-1] == "deaf | did not end when asked, and was killed"


def test_a_second_wish_to_stop_hurries(tmp_path: Path) -> None:
    async def story() -> float:
        async with running(tmp_path, service("deaf", STUBBORN)) as stack:
            stack.supervisor.hurry.set()
            begun = time.monotonic()
        return time.monotonic() - begun

    assert asyncio.run(story()) < supervisor.STOP_PATIENCE


def test_a_failed_step_stops_the_start_and_says_what_it_said_last(tmp_path: Path) -> None:
    async def story() -> None:
        step = service("migrate", "print('no such table'); raise SystemExit(1)", once=True)
        async with running(tmp_path, step, service("door", needs=("migrate",))):
            pass

    with pytest.raises(StepFailed, match="migrate failed with status 1") as failure:
        asyncio.run(story())
    assert failure.value.output == "no such table"


def test_a_step_without_end_is_ended_and_named(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path, service("slow", "import time; time.sleep(60)", once=True, limit=0.3)):
            pass

    with pytest.raises(StepTooSlow, match=r"slow did not end within 0\.3 s"):
        asyncio.run(story())


def test_every_line_is_filed_under_the_name_of_its_service(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path, service("one", "print('mine', flush=True); " + LASTING)):
            pass

    asyncio.run(story())

    assert (tmp_path / "logs" / "one.log").read_text().splitlines() == ["mine", "up"]


def test_secret_output_is_neither_shown_nor_filed(tmp_path: Path) -> None:
    async def story() -> list[str]:
        code = "import sys; print('password'); print('progress', file=sys.stderr)"
        async with running(tmp_path, service("keys", code, once=True, secret_output=True)) as stack:
            return stack.lines()

    assert asyncio.run(story()) == ["keys | progress"]
    assert "password" not in (tmp_path / "logs" / "keys.log").read_text()


def test_a_service_keeps_its_own_variables_to_itself(tmp_path: Path) -> None:
    code = "import os; print(os.environ.get('GATEWAY_WRITER'), flush=True); " + LASTING

    async def story() -> list[str]:
        known = service("gateway", code, environ=lambda: {"GATEWAY_WRITER": "user:password"})
        async with running(tmp_path, known, service("other", code, needs=("gateway",))) as stack:
            return stack.lines()

    assert asyncio.run(story()) == ["gateway | user:password", "gateway | up", "other   | None", "other   | up"]


KILLED = """
import asyncio, os, sys
from pathlib import Path
from ledger.stack.journal import Screen
from ledger.stack.service import Service, says
from ledger.stack.supervisor import Supervisor

async def main():
    command = (sys.executable, "-c", sys.argv[2])
    one = Service("one", command, listens_for="up", ready=says("up"))
    supervisor = Supervisor(Path(sys.argv[1]), [one], dict(os.environ), Screen())
    supervisor.start()
    await supervisor.healthy()
    print("healthy", flush=True)
    await supervisor.failure

asyncio.run(main())
"""


def killed_supervisor(home: Path, code: str) -> list[psutil.Process]:
    """Start a service under a supervisor of its own, kill that, and return what it had started."""
    words = [sys.executable, "-c", KILLED, str(home), code]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while "healthy" not in process.stdout.readline():
            assert process.poll() is None, "the supervisor ended"
        started = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    return started


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the next start ends them")
def test_services_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    [one] = killed_supervisor(tmp_path, LASTING)

    psutil.wait_procs([one], timeout=5)

    assert not one.is_running()


def test_what_outlives_a_killed_supervisor_is_found_and_ended_with_its_children(tmp_path: Path) -> None:
    left = killed_supervisor(tmp_path, STUBBORN_WITH_CHILD)

    ended = leftovers.end(tmp_path, patience=0.2)

    assert len(left) == len(ended) == 2
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in left)


def test_a_process_that_merely_has_the_number_of_a_noted_one_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        leftovers.note(tmp_path, "door", stranger.pid)
        file = tmp_path / "run" / "door.json"
        file.write_text(file.read_text().replace('"started": ', '"started": 1'))

        assert leftovers.end(tmp_path) == []
        assert stranger.poll() is None
        stranger.kill()


def test_another_homes_services_are_left_alone(tmp_path: Path) -> None:
    environ = os.environ | {leftovers.MARK: str(tmp_path / "other")}
    with subprocess.Popen(["sleep", "60"], env=environ) as neighbour:
        assert leftovers.end(tmp_path / "ours") == []
        assert neighbour.poll() is None
        neighbour.kill()
