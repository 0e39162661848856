"""The whole stack on its embedded services: it starts, survives what is done to it, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from ledger.stack import footprint, home, leftovers, ports, sockets

pytestmark = pytest.mark.faults

type Eventually = Callable[..., None]

ROOT = Path(__file__).parents[2]
SERVICES = ["beat", "gateway", "ingest", "postgres", "settler", "web", "worker", "writer"]
NAMES = [
    "SPANLEDGER_ENDPOINT",
    "SPANLEDGER_API_KEY",
    "SPANLEDGER_WEB_URL",
    "SPANLEDGER_ADMIN_EMAIL",
    "SPANLEDGER_ADMIN_PASSWORD",
]


class Stack:
    """A stack of its own home and ports, as `./run up` starts it."""

    def __init__(self, place: Path, eventually: Eventually) -> None:
        self.home, self.eventually = place, eventually
        self.web_port, self.otlp_port, self.grpc_port = ports.free(), ports.free(), ports.free()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environ(self) -> dict[str, str]:
        """What a user would have: none of what the tests set for themselves."""
        kept = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
        kept.pop("SPANLEDGER_SECRET_KEY")
        ours = {"SPANLEDGER_WEB_PORT": str(self.web_port), "SPANLEDGER_OTLP_HTTP_PORT": str(self.otlp_port)}
        ours["SPANLEDGER_OTLP_GRPC_PORT"] = str(self.grpc_port)
        return kept | ours | {"SPANLEDGER_HOME": str(self.home)}

    def start(self) -> None:
        self.home.mkdir(exist_ok=True)
        with (self.home / "screen.log").open("ab") as screen:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ledger.stack", "up"], cwd=ROOT, env=self.environ, stdout=screen, stderr=screen
            )
        self.eventually(lambda: self.healthy() or self.ended(), "the stack to be healthy", 120)
        assert not self.ended(), (self.home / "screen.log").read_text()[-4000:]

    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def healthy(self) -> bool:
        return (self.home / home.CONNECT).exists() and self.ready()

    def ready(self) -> bool:
        addresses = [f"http://127.0.0.1:{port}/readyz" for port in (self.web_port, self.otlp_port)]
        try:
            return all(httpx.get(address, timeout=5).status_code == 200 for address in addresses)
        except httpx.TransportError:
            return False

    def connection(self) -> dict[str, str]:
        lines = (self.home / home.CONNECT).read_text().splitlines()
        return {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines)}

    def services(self) -> dict[str, psutil.Process]:
        return leftovers.noted(self.home)

    def everything(self) -> list[psutil.Process]:
        return [part for each in self.services().values() for part in (each, *each.children(recursive=True))]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(20)

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(command, cwd=ROOT, env=self.environ, capture_output=True, text=True)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, eventually: Eventually) -> Iterator[Stack]:
    """One stack for all that does not end it, in a path with a space."""
    made = Stack(tmp_path_factory.mktemp("stack") / "a home", eventually)
    made.start()
    yield made
    if not made.ended():
        made.stop()


def test_every_service_is_a_process_that_says_what_it_is(stack: Stack) -> None:
    running = stack.services()

    assert sorted(running) == SERVICES
    assert all(name in " ".join(process.cmdline()) for name, process in running.items())


def test_how_to_connect_is_written_for_its_owner_alone(stack: Stack) -> None:
    file = stack.home / home.CONNECT

    assert list(stack.connection()) == NAMES
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_project_is_made_in_the_running_stack_and_nothing_else_is_printed(stack: Stack) -> None:
    done = stack.manage("create_project", "second project", "--json")

    made = json.loads(done.stdout)

    assert made["project"]["name"] == "second project"
    assert set(made["keys"]) == {"ingest", "read", "admin"}


def test_its_memory_is_known_service_by_service_and_stays_small(stack: Stack) -> None:
    sizes = footprint.measure(stack.home)

    assert set(sizes) == {*SERVICES, "supervisor"}
    assert sum(sizes.values()) < 1.2 * 1024**3


@pytest.mark.parametrize("name", SERVICES)
def test_a_killed_service_comes_back(stack: Stack, name: str) -> None:
    before = stack.services()[name]
    before.kill()

    stack.eventually(lambda: stack.services().get(name, before) != before, f"a new {name}", 30)
    stack.eventually(stack.ready, "the stack to be ready again", 60)


def test_a_second_stack_lives_beside_the_first(stack: Stack, tmp_path: Path, eventually: Eventually) -> None:
    other = Stack(tmp_path / "other", eventually)
    other.start()
    try:
        assert stack.ready()
        assert other.connection()["SPANLEDGER_API_KEY"] != stack.connection()["SPANLEDGER_API_KEY"]
    finally:
        other.stop()
    assert stack.ready()


def test_after_a_kill_of_the_supervisor_the_next_start_is_well_and_knows_the_same_key(stack: Stack) -> None:
    before, known = stack.everything(), stack.connection()
    stack.stop(signal.SIGKILL)

    stack.start()

    assert stack.connection() == known
    assert not [process for process in before if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def test_it_stops_within_fifteen_seconds_and_leaves_nothing(stack: Stack) -> None:
    before = stack.everything()

    status = stack.stop()
    _, left = psutil.wait_procs(before, timeout=0.5)

    assert status == 0
    assert left == []
    assert not (stack.home / home.CONNECT).exists()
    assert not sockets.folder(stack.home).exists()
