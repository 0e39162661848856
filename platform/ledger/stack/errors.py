"""What can keep the stack from starting.

StackError
├── PortTaken
├── PortSharedByTwo
├── AlreadyRunning
├── NotReachable
├── StepFailed
└── StepTooSlow
"""

from collections.abc import Sequence
from pathlib import Path


class StackError(Exception):
    """The stack can't start or go on; the message says what happened and what to do."""


class PortTaken(StackError):
    """Another program listens where a public service of ours should."""

    def __init__(self, bind: str, port: int, variable: str) -> None:
        self.bind, self.port, self.variable = bind, port, variable
        super().__init__(
            f"Port {port} on {bind} is taken. Stop what listens there, or choose another with {variable}=…"
        )


class PortSharedByTwo(StackError):
    """Two public services were given the same port."""

    def __init__(self, port: int, variables: Sequence[str]) -> None:
        self.port, self.variables = port, variables
        super().__init__(f"{' and '.join(variables)} are both {port}. Give each a port of its own.")


class AlreadyRunning(StackError):
    """Another supervisor holds this home."""

    def __init__(self, home: Path, pid: str) -> None:
        self.home, self.pid = home, pid
        super().__init__(
            f"A stack already runs on {home} (process {pid or 'unknown'}). Stop it, or choose another SPANLEDGER_HOME."
        )


class NotReachable(StackError):
    """PostgreSQL won't run as root, and the user it could run as can't get to its files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(
            f"PostgreSQL doesn't run as root, and the user 'nobody' can't enter {folder}. "
            f"Run as an ordinary user, allow user namespaces, or choose a SPANLEDGER_HOME that others may enter."
        )


class StepFailed(StackError):
    """A step that must succeed before services start ended with an error."""

    def __init__(self, step: str, command: Sequence[str], status: int, output: str) -> None:
        self.step, self.status, self.output = step, status, output
        super().__init__(f"{step} failed with status {status}: {' '.join(command)}\n{output.strip()}")


class StepTooSlow(StackError):
    """A step that must succeed before services start did not end in its time."""

    def __init__(self, step: str, seconds: float) -> None:
        self.step, self.seconds = step, seconds
        super().__init__(f"{step} did not end within {seconds:g} s and was stopped; its log says how far it came.")
