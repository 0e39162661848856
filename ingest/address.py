"""Where ingest listens."""

import socket
from dataclasses import dataclass


class PortTaken(RuntimeError):
    """An address can't be listened on."""

    def __init__(self, host: str, port: int, variable: str, reason: str) -> None:
        self.host, self.port, self.variable = host, port, variable
        super().__init__(f"Can't listen on {host}:{port} ({reason}). Free the port, or set {variable} to another.")


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int
    variable: str

    def bound(self) -> socket.socket:
        """A socket of our own, so that a taken port is told with the variable that names it."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((self.host, self.port))
        except OSError as error:
            bound.close()
            raise PortTaken(self.host, self.port, self.variable, error.strerror or str(error)) from error
        return bound
