"""Listening ports: public ones that must be free before anything starts, and free ones for our services' own talk."""

import socket
from collections.abc import Mapping

from ledger.stack.errors import PortSharedByTwo, PortTaken


def free() -> int:
    """A port nobody listens on right now. Noted for the whole stack, so that a restarted service keeps its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require(bind: str, wanted: Mapping[str, int]) -> None:
    """Raise for the first of these ports, by variable, that can't be listened on."""
    for variable, port in wanted.items():
        sharing = [name for name, number in wanted.items() if number == port]
        if len(sharing) > 1:
            raise PortSharedByTwo(port, sharing)
        if not can_listen(bind, port):
            raise PortTaken(bind, port, variable)


def can_listen(bind: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that are closing don't count
        try:
            probe.bind((bind, port))
        except OSError:
            return False
    return True
