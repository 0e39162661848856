"""Processes of a stack, found again: each is noted with its start time, and carries its home in its environment.

A supervisor that is killed takes its children along where the kernel can see to it. What stays nevertheless is found
here at the next start, with whatever it started itself, and ended. Nothing is ended on the strength of a number alone:
process numbers are given out again.
"""

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

MARK = "SPANLEDGER_SUPERVISED_HOME"
CLOCK_TOLERANCE = 2.0


def note(home: Path, service: str, pid: int) -> None:
    """Write down that this process is that service of this home."""
    folder = home / "run"
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(psutil.NoSuchProcess):
        started = psutil.Process(pid).create_time()
        (folder / f"{service}.json").write_text(json.dumps({"pid": pid, "started": started}))


def forget(home: Path, service: str) -> None:
    (home / "run" / f"{service}.json").unlink(missing_ok=True)


def noted(home: Path) -> dict[str, psutil.Process]:
    """The noted services that still run, by name."""
    found = {}
    for file in sorted((home / "run").glob("*.json")):
        try:
            seen = json.loads(file.read_text())
            process = psutil.Process(int(seen["pid"]))
            if abs(process.create_time() - float(seen["started"])) < CLOCK_TOLERANCE:
                found[file.stem] = process
        except (OSError, ValueError, KeyError, psutil.NoSuchProcess):  # half written, or gone meanwhile
            continue
    return found


def end(home: Path, patience: float = 8) -> list[str]:
    """End what is left of this home's stack; returns the command lines, for the log."""
    named = {*noted(home).values(), *marked(home)}
    found = sorted((process for process in named if is_alive(process)), key=lambda process: process.pid)
    told = [command_line(process) for process in found]
    signal_all(found, "terminate")
    _, stubborn = psutil.wait_procs(found, timeout=patience)
    signal_all(stubborn, "kill")
    psutil.wait_procs(stubborn, timeout=3)
    for file in (home / "run").glob("*.json"):
        file.unlink(missing_ok=True)
    return told


def marked(home: Path) -> Iterator[psutil.Process]:
    """Every process that a supervisor of this home started, or that such a process started."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARK) == str(home):
                yield process


def is_alive(process: psutil.Process) -> bool:
    """Not merely an entry that nobody has collected yet."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def command_line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return f"process {process.pid}"


def signal_all(processes: Sequence[psutil.Process], how: str) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            getattr(process, how)()
