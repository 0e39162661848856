"""A line to the store that can be made slow, cut, or made to lose the answer."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from tests.ingest.house import free_port

PIECE = 16 * 1024


@dataclass
class Proxy:
    """Passes connections on to a port of this machine; its faults may be changed while it runs."""

    target: int
    port: int = field(default_factory=free_port)
    latency: float = 0.0
    """Seconds that each piece of a request waits."""
    rate: int = 0
    """Bytes a second towards the store; 0: as fast as they come."""
    cut_after: int = 0
    """Bytes towards the store after which a connection is reset, each one; 0: never."""
    swallow: bool = False
    """Answers don't come back: the store has done what the client will never hear of."""
    cuts: int = 0
    swallowed: int = 0
    listening: socket.socket = field(default_factory=socket.socket)

    def __enter__(self) -> "Proxy":
        self.listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listening.bind(("127.0.0.1", self.port))
        self.listening.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()

    @property
    def url(self) -> str:
        return f"http://spanledger:writes@127.0.0.1:{self.port}/spanledger"

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listening.accept()
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self.target)) as server:
            back = threading.Thread(target=self.passing, args=(self.back, server, client), daemon=True)
            back.start()
            self.passing(self.forth, client, server)
            back.join()

    def passing(self, way: Callable[[socket.socket, socket.socket], None], *ends: socket.socket) -> None:
        """One way, until it ends; then the other ends too."""
        with suppress(OSError):
            way(*ends)
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def forth(self, client: socket.socket, server: socket.socket) -> None:
        passed = 0
        while piece := client.recv(PIECE):
            time.sleep(self.latency + (len(piece) / self.rate if self.rate else 0))
            passed += len(piece)
            if self.cut_after and passed > self.cut_after:
                self.cuts += 1
                return
            server.sendall(piece)

    def back(self, server: socket.socket, client: socket.socket) -> None:
        while piece := server.recv(PIECE):
            if self.swallow:
                self.swallowed += 1
                return
            client.sendall(piece)
