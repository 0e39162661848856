"""What the supervisor has to know of one service, or of one step that must have succeeded before services start."""

import http.client
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ledger.stack.identity import Identity, myself

type Probe = Callable[["Signs"], bool]


@dataclass(slots=True)
class Signs:
    """What can be seen of a running service: the lines it wrote so far that its probe looks for."""

    said: set[str] = field(default_factory=set)

    def notice(self, line: str, wanted: str) -> None:
        if wanted and wanted in line:
            self.said.add(wanted)


@dataclass(frozen=True, slots=True)
class Service:
    """One process to keep alive. `once` makes it a step: it has to end, with status 0, within `limit` seconds."""

    name: str
    command: tuple[str, ...]
    needs: tuple[str, ...] = ()
    once: bool = False
    ready: Probe = lambda _: True
    """Asked again and again in a thread of its own, until it holds."""
    listens_for: str = ""
    """A text in its output that the probe wants to know of."""
    limit: float = 120
    environ: Callable[[], Mapping[str, str]] = dict
    """Variables for it alone, asked for at each start."""
    before: Callable[[], object] = lambda: None
    """What has to be put in order before each start."""
    identity: Identity = field(default_factory=myself)
    end_signal: signal.Signals = signal.SIGTERM
    """Asks it to end cleanly; also sent by the kernel when the supervisor dies."""
    stops: int = 0
    """Services stop in ascending order of this number, those with the same one together."""
    secret_output: bool = False
    """Its standard output is not to be logged."""


def says(text: str) -> Probe:
    """Ready once it has written that text; name it in `listens_for` too."""
    return lambda signs: text in signs.said


def answers(url: str) -> Probe:
    """Ready once that address answers with 200."""
    parts = urlsplit(url)

    def probe(_: Signs) -> bool:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=3)
        try:
            connection.request("GET", parts.path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return probe
