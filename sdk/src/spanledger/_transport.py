"""One POST to the ledger, and what its answer means."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from spanledger._errors import Busy, Refused, Unreachable
from spanledger._version import VERSION

ANSWER_LIMIT = 64 * 1024
TRY_AGAIN = frozenset({429, 502, 503, 504})
LONGEST_WAIT = 30.0


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of a request and the headers that describe them."""

    content: bytes
    headers: Mapping[str, str]


class Transport:
    """Posts to one endpoint with one key, through the proxies the environment names."""

    def __init__(self, endpoint: str, api_key: str) -> None:
        self.endpoint = endpoint
        self._headers = {"Authorization": f"Bearer {api_key}", "User-Agent": f"spanledger-python/{VERSION}"}
        self._opener: OpenerDirector = build_opener(NoRedirects)

    def post(self, path: str, body: Body, timeout: float) -> bytes:
        """The first 64 KB of a 2xx answer; raises NotDelivered."""
        headers = {**self._headers, **body.headers}
        request = Request(self.endpoint + path, data=body.content, headers=headers, method="POST")  # noqa: S310 - _settings lets http and https alone pass
        try:
            with self._opener.open(request, timeout=timeout) as answer:
                content: bytes = answer.read(ANSWER_LIMIT)
                return content
        except HTTPError as error:
            raise self._refusal(error) from None
        except URLError as error:
            raise Unreachable(self.endpoint, str(error.reason)) from None
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(self.endpoint, str(error) or type(error).__name__) from None

    def _refusal(self, error: HTTPError) -> Busy | Refused:
        with error:
            if error.code in TRY_AGAIN:
                return Busy(error.code, seconds(error.headers.get("Retry-After")))
            return Refused(error.code, excerpt(error))


class NoRedirects(HTTPRedirectHandler):
    """A redirect would carry the key to a place nobody named: it counts as a refusal."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> Request | None:
        return None


def excerpt(error: HTTPError) -> str:
    try:
        return error.read(ANSWER_LIMIT).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return ""


def seconds(retry_after: str | None) -> float | None:
    """A Retry-After in seconds, within reason; None where it is absent or a date."""
    if retry_after is None or not retry_after.strip().isascii() or not retry_after.strip().isdigit():
        return None
    return min(float(retry_after), LONGEST_WAIT)
