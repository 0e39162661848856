"""The demonstration's way to a running stack: its two addresses and the key, and what it asks of them."""

import gzip
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from ledger import environment

BUSY = frozenset({429, 502, 503, 504})


class NotConnected(Exception):
    """A variable that names the running stack is missing."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} is not set. Start the demonstration with ./run demo, which sets it.")


class Unanswered(Exception):
    """The stack did not take or answer a request."""

    def __init__(self, address: str, cause: str) -> None:
        self.address, self.cause = address, cause
        super().__init__(f"{address}: {cause}. Is the stack running? Its logs are below $SPANLEDGER_HOME/logs.")


@dataclass(frozen=True, slots=True)
class Connection:
    endpoint: str
    web_url: str
    api_key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key}"}

    def send(self, client: httpx.Client, path: str, content_type: str, body: bytes, patience: float = 30) -> int:
        """Post a body to the door, again while it is busy; the status of the last answer."""
        headers = {**self.headers, "Content-Type": content_type, "Content-Encoding": "gzip"}
        limit = time.monotonic() + patience
        packed = gzip.compress(body, compresslevel=1)
        while True:
            status = posted(client, self.endpoint + path, packed, headers)
            if status not in BUSY or time.monotonic() > limit:
                return status
            time.sleep(0.3)

    def ask(self, client: httpx.Client, path: str, **query: str) -> Mapping[str, Any]:
        """A question to the REST API; its answer is JSON of a shape that the caller knows."""
        address = f"{self.web_url}/api/v1/{path}"
        try:
            answer = client.get(address, params=query, headers=self.headers)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise Unanswered(address, str(error) or type(error).__name__) from error
        found: Mapping[str, Any] = answer.json()
        return found


def posted(client: httpx.Client, address: str, body: bytes, headers: Mapping[str, str]) -> int:
    """The status; 503 where nobody listens yet."""
    try:
        return client.post(address, content=body, headers=headers).status_code
    except httpx.TransportError:
        return 503


def setting(name: str) -> str:
    value = environment.gather(os.environ).get(name, "")
    if not value:
        raise NotConnected(name)
    return value.rstrip("/")


def connect() -> Connection:
    return Connection(
        endpoint=setting("SPANLEDGER_ENDPOINT"),
        web_url=setting("SPANLEDGER_WEB_URL"),
        api_key=setting("SPANLEDGER_API_KEY"),
    )
