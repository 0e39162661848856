"""Starts services in the order of their needs, keeps them alive, files what they say, and stops them in order."""

import asyncio
import os
import signal
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ledger.stack import identity, leftovers
from ledger.stack.errors import StepFailed, StepTooSlow
from ledger.stack.journal import Journal, Lines, Screen
from ledger.stack.service import Service, Signs

FIRST_PAUSE, LONGEST_PAUSE, HEALTHY_AFTER = 0.2, 10.0, 20.0
LOOK_AGAIN, LOOK_SELDOM = 0.05, 0.5
STOP_PATIENCE, HURRY_PATIENCE = 4.5, 0.5
LAST_WORDS = 5
"""Lines of a failed step's output that its error repeats; all of them are in its log."""


class Keeper:
    """One service: its present process, whether it is ready, and its log."""

    def __init__(self, service: Service, home: Path, environ: Mapping[str, str], journal: Journal) -> None:
        self.service, self.home, self.environ, self.journal = service, home, environ, journal
        self.ready = asyncio.Event()
        self.process: asyncio.subprocess.Process | None = None
        self.stopping = False
        self.signs = Signs()
        self.tail: deque[str] = deque(maxlen=LAST_WORDS)

    async def keep(self, needed: Sequence["Keeper"]) -> None:
        """Once what it needs is ready: run the step once, or the service for as long as the stack lives."""
        for other in needed:
            await other.ready.wait()
        await (self.run_once() if self.service.once else self.run_always())

    async def run_always(self) -> None:
        """Start it again whenever it ends, pausing longer while it keeps failing."""
        pause = FIRST_PAUSE
        while True:
            started = time.monotonic()
            status = await self.run()
            if self.stopping:
                return
            if time.monotonic() - started > HEALTHY_AFTER:
                pause = FIRST_PAUSE
            self.journal.line(f"ended with status {status}; starts again in {pause:g} s")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def run_once(self) -> None:
        try:
            status = await asyncio.wait_for(self.run(), self.service.limit)
        except TimeoutError:
            raise StepTooSlow(self.service.name, self.service.limit) from None
        if self.stopping:
            return
        if status != 0:
            raise StepFailed(self.service.name, self.service.command, status, "\n".join(self.tail))
        self.ready.set()

    async def run(self) -> int:
        """One life of the process, from start to end; nothing of its group outlives it."""
        await asyncio.to_thread(self.service.before)
        self.signs = Signs()
        output, self.process = await self.spawn()
        process = self.process
        leftovers.note(self.home, self.service.name, process.pid)
        listening = asyncio.create_task(self.listen(output))
        watching = asyncio.create_task(self.watch()) if not self.service.once else None
        try:
            return await process.wait()
        finally:
            kill_group(process.pid)
            await process.wait()
            if watching:
                watching.cancel()
            await ended([listening], patience=1)
            leftovers.forget(self.home, self.service.name)

    async def spawn(self) -> tuple[int, asyncio.subprocess.Process]:
        """The process, and where to read what it says.

        A pipe of our own, because asyncio counts a process as running for as long as anybody holds its pipes.
        """
        service = self.service
        output, say = os.pipe()
        command = identity.launched(list(service.command), service.identity, service.end_signal.name)
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                env={**self.environ, **service.environ(), leftovers.MARK: str(self.home)},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL if service.secret_output else say,
                stderr=say,
                start_new_session=True,
            )
        finally:
            os.close(say)
        return output, process

    async def listen(self, output: int) -> None:
        lines, stream = Lines(), asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(output, "rb", buffering=0)
        )
        try:
            while more := await stream.read(65_536):
                self.hear(lines.feed(more))
            self.hear(lines.end())
        finally:
            transport.close()

    def hear(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.journal.line(line)
            self.tail.append(line)
            self.signs.notice(line, self.service.listens_for)

    async def watch(self) -> None:
        """Say when the service is ready, and once that it takes unusually long."""
        begun, told, pause = time.monotonic(), False, LOOK_AGAIN
        while not await asyncio.to_thread(self.service.ready, self.signs):
            if not told and time.monotonic() - begun > self.service.limit:
                told = True
                self.journal.line(f"is not ready after {self.service.limit:g} s; still waiting")
            await asyncio.sleep(pause)
            pause = min(pause * 1.2, LOOK_SELDOM)
        self.ready.set()

    async def stop(self, hurry: asyncio.Event) -> None:
        """Ask it to end; make it when it takes too long, or somebody is in a hurry."""
        process = self.process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(self.service.end_signal)
        if not await ends(process, hurry):
            self.journal.line("did not end when asked, and was killed")
            kill_group(process.pid)


class Supervisor:
    """All services of one home."""

    def __init__(self, home: Path, services: Sequence[Service], environ: Mapping[str, str], screen: Screen) -> None:
        width = max(len(service.name) for service in services)
        self.keepers = {
            service.name: Keeper(service, home, environ, Journal(service.name, home / "logs", screen, width))
            for service in services
        }
        self.hurry = asyncio.Event()
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Ends with what made a step fail. A service never fails, it is started again."""
        self.tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        for keeper in self.keepers.values():
            needed = [self.keepers[need] for need in keeper.service.needs if need in self.keepers]
            task = asyncio.create_task(keeper.keep(needed), name=keeper.service.name)
            task.add_done_callback(self.notice)
            self.tasks.append(task)

    def notice(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) and not self.failure.done():
            self.failure.set_exception(error)

    async def healthy(self) -> None:
        """Wait until everything is ready; raises what made a step fail."""
        ready = asyncio.create_task(all_ready(self.keepers.values()))
        await asyncio.wait({ready, self.failure}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self.failure.done():
            self.failure.result()

    async def stop(self) -> None:
        """End everything, stage by stage; the servers that others write to come last."""
        for keeper in self.keepers.values():
            keeper.stopping = True
        for stage in sorted({keeper.service.stops for keeper in self.keepers.values()}):
            together = [keeper for keeper in self.keepers.values() if keeper.service.stops == stage]
            await asyncio.gather(*(keeper.stop(self.hurry) for keeper in together))
        for task in self.tasks:
            task.cancel()
        await ended(self.tasks, patience=2)
        self.failure.cancel()
        for keeper in self.keepers.values():
            keeper.journal.close()


async def all_ready(keepers: Iterable[Keeper]) -> None:
    for keeper in keepers:
        await keeper.ready.wait()


async def ended(tasks: Sequence[asyncio.Task[None]], patience: float) -> None:
    """Wait for helpers of a process or of the stack; what they raised has been told by now."""
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=patience)
        for task in late:
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def ends(process: asyncio.subprocess.Process, hurry: asyncio.Event) -> bool:
    """Whether it ends while we are willing to wait."""
    ending, hurried = asyncio.create_task(process.wait()), asyncio.create_task(hurry.wait())
    await asyncio.wait({ending, hurried}, timeout=STOP_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    if hurried.done():
        await asyncio.wait({ending}, timeout=HURRY_PATIENCE)
    for task in (ending, hurried):
        task.cancel()
    return process.returncode is not None


def kill_group(leader: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS says "not permitted" of a group of zombies
        os.killpg(leader, signal.SIGKILL)
