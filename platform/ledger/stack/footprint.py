"""`./run bench footprint`: the memory of the running stack, service by service.

Proportional set size: a page that several processes share counts once, in parts.
"""

import json
import platform
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil

from ledger import environment
from ledger.stack import leftovers
from ledger.stack.errors import StackError

MEBIBYTE = 1024 * 1024


class NothingRuns(StackError):
    """There is nothing to measure."""

    def __init__(self, home: Path) -> None:
        self.home = home
        super().__init__(f"No stack runs on {home}. Start one with ./run demo in another terminal, then measure it.")


class NotOurs(StackError):
    """The stack is another user's."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        super().__init__(f"The memory of process {pid} may not be read. Measure as the user who started the stack.")


def main(results: Path) -> int:
    home = environment.read().home
    sizes = measure(home)
    tell(table(sizes))
    results.mkdir(exist_ok=True)
    file = results / "footprint.json"
    file.write_text(json.dumps(report(sizes), indent=1) + "\n")
    tell(f"\nWritten to {file}")
    return 0


def measure(home: Path) -> dict[str, int]:
    """Bytes per service, the supervisor among them; largest first."""
    running = leftovers.noted(home)
    if not running:
        raise NothingRuns(home)
    parents = {"supervisor": next(iter(running.values())).parent()}
    sizes = {name: with_children(process) for name, process in running.items()}
    sizes |= {name: proportional_size(process) for name, process in parents.items() if process}
    return dict(sorted(sizes.items(), key=lambda item: -item[1]))


def with_children(process: psutil.Process) -> int:
    with suppress(psutil.NoSuchProcess):
        return sum(proportional_size(part) for part in (process, *process.children(recursive=True)))
    return 0


def proportional_size(process: psutil.Process) -> int:
    """PSS where the system knows it; elsewhere the memory that is the process's own."""
    with suppress(psutil.NoSuchProcess):
        try:
            memory = process.memory_full_info()
        except psutil.AccessDenied as error:
            raise NotOurs(process.pid) from error
        return int(getattr(memory, "pss", memory.uss))
    return 0


def table(sizes: Mapping[str, int]) -> str:
    rows = [f"{'service':<12} {'MiB':>7}"]
    rows += [f"{name:<12} {size / MEBIBYTE:>7.1f}" for name, size in sizes.items()]
    return "\n".join([*rows, f"{'total':<12} {sum(sizes.values()) / MEBIBYTE:>7.1f}"])


def report(sizes: Mapping[str, int]) -> dict[str, object]:
    return {
        "bench": "footprint",
        "command": "./run bench footprint",
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"system": platform.platform(), "cores": psutil.cpu_count(), "python": sys.version.split()[0]},
        "unit": "bytes of proportional set size",
        "services": dict(sizes),
        "total": sum(sizes.values()),
    }


def tell(text: str) -> None:
    print(text)  # noqa: T201  this is a command
