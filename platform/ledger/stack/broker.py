"""The embedded broker: Celery's messages as files in a folder, for `BROKER_URL=spool:///absolute/folder`.

Importing this module teaches kombu the scheme; nothing else needs to be configured:

    import ledger.stack.broker  # noqa: F401
    app.conf.broker_url = "spool:///var/lib/spanledger/broker"

It is kombu's filesystem transport with one promise more: a message appears whole or not at all, and has one taker. The
stock transport opens a message under its final name before it writes it, so a worker can take it half written and die
of that. Fan-out exchanges are kept in the same way, so `celery inspect` works. A message that was taken but not
acknowledged lives in the worker's memory, as with most brokers; what a killed worker had only claimed is given back by
`requeue_leftovers`.
"""

import logging
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import Any, cast
from urllib.parse import quote, unquote, urlsplit

from kombu.transport import TRANSPORT_ALIASES, filesystem, virtual
from kombu.utils.json import dumps, loads

log = logging.getLogger(__name__)

SCHEME = "spool"
LONGEST_TURN = 0.3
type Payload = dict[str, Any]  # kombu's own envelope; we only carry it


class Channel(filesystem.Channel):
    """One conversation with the folder: `messages` waiting, `claims` being read, `exchanges` and their bindings."""

    @property
    def root(self) -> Path:
        return make(Path("/", self.connection.client.virtual_host))

    @property
    def data_folder_in(self) -> str:
        return str(self.root / "messages")

    data_folder_out = data_folder_in

    @property
    def control_folder(self) -> Path:
        return self.root / "exchanges"

    def _put(self, queue: str, payload: Payload, **_: object) -> None:  # type: ignore[override]  # kombu's bases differ
        name = f"{time.time_ns():020d}_{uuid.uuid4().hex}.{queue}.msg"
        write(self.root / "messages" / name, dumps(payload))

    def _get(self, queue: str, timeout: float | None = None) -> Payload:
        root = self.root
        for name in sorted(os.listdir(root / "messages")):
            if name.partition(".")[2] == f"{queue}.msg":
                payload = take(root, name)
                if payload is not None:
                    return payload
        raise Empty

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self.table_of(exchange) as bindings:
            if binding not in bindings:
                bindings.insert(0, binding)

    def _delete(self, queue: str, exchange: str, routing_key: str, pattern: str, *args: object, **kw: object) -> None:
        virtual.Channel._delete(self, queue, exchange, routing_key, pattern, *args, **kw)
        gone = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self.table_of(exchange) as bindings:
            bindings[:] = [binding for binding in bindings if binding != gone]

    @contextmanager
    def table_of(self, exchange: str) -> Iterator[list[object]]:
        """What is bound to an exchange, to be changed by one process at a time; readers see the old or the new."""
        with (self.control_folder / "lock").open("w") as guard:
            filesystem.lock(guard, filesystem.LOCK_EX)
            before = self.get_table(exchange)
            after = list(before)
            yield after
            if after != before:
                write(self._exchange_file(exchange), dumps(after))


class Transport(filesystem.Transport):
    """`spool://`: looks for messages ten times a second, which costs an idle worker a third of a percent of a core."""

    Channel = Channel
    polling_interval = 0.1
    driver_type = driver_name = SCHEME

    @property
    def default_connection_params(self) -> dict[str, str]:
        """None: a folder has no host that could be missing."""
        return {}

    def __init__(self, client: object, **options: object) -> None:
        super().__init__(client, **options)
        self.state = virtual.BrokerState()  # bindings live in files; one memory of them for all folders would be wrong

    def drain_events(self, connection: object, timeout: float | None = None, **_: object) -> None:
        """Wait for messages in short turns: Celery looks whether it should stop only between two of them."""
        super().drain_events(connection, timeout=timeout and min(timeout, LONGEST_TURN))


TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"


def url(folder: Path) -> str:
    return f"{SCHEME}://{quote(str(folder.absolute()))}"


def make(root: Path) -> Path:
    """The broker's folder, private to its owner, with its rooms."""
    for room in ("messages", "claims", "exchanges", "unreadable"):
        (root / room).mkdir(mode=0o700, parents=True, exist_ok=True)
    return root


def write(target: Path, text: str) -> None:
    """Let the file appear whole or not at all."""
    draft = target.with_name(f".{uuid.uuid4().hex}.tmp")
    draft.write_text(text)
    draft.replace(target)


def take(root: Path, name: str) -> Payload | None:
    """The message, if we are the one who gets it; what can't be read is put aside instead of ending the worker."""
    claim = root / "claims" / f"{os.getpid()}.{name}"
    try:
        (root / "messages" / name).rename(claim)
        text = claim.read_text()
    except FileNotFoundError:  # another consumer was faster
        return None
    try:
        payload = cast(Payload, loads(text))
    except ValueError:
        log.exception("Message %s can't be read; it now lies in %s", name, root / "unreadable")
        claim.rename(root / "unreadable" / name)
        return None
    claim.unlink()
    return payload


def requeue_leftovers(broker_url: str) -> int:
    """Give back what a killed consumer had claimed but not read. Call it before the one worker starts."""
    root = make(Path(unquote(urlsplit(broker_url).path)))
    left = list((root / "claims").iterdir())
    for claim in left:
        claim.rename(root / "messages" / claim.name.partition(".")[2])
    return len(left)
