"""What can go wrong inside the SDK. None of these reaches your program: they are caught, counted and told in the log.

SpanledgerError
├── NotConfigured       init() can't start, and leaves your program alone
│   ├── MissingKey
│   └── BadEndpoint
└── NotDelivered        a batch was not taken
    ├── Unreachable     nobody answered: it is kept and sent again
    ├── Busy            429, 502, 503, 504: it is kept and sent again after the wait the server named
    └── Refused         any other answer: sent again it would be refused again, so it is dropped and counted
"""


class SpanledgerError(Exception):
    """The root of the tree."""


class NotConfigured(SpanledgerError):
    """init() can't start with what it was given."""


class MissingKey(NotConfigured):
    def __init__(self) -> None:
        super().__init__(
            "spanledger is off: no API key. Set SPANLEDGER_API_KEY, or call spanledger.init(api_key=…). "
            "Your program runs as it did before."
        )


class BadEndpoint(NotConfigured):
    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        super().__init__(
            f'spanledger is off: the endpoint "{endpoint}" is no http:// or https:// address with a host. '
            "Set SPANLEDGER_ENDPOINT, for example to http://127.0.0.1:4318. Your program runs as it did before."
        )


class NotDelivered(SpanledgerError):
    """A batch was not taken; `reason` is a short name under which such cases are counted."""

    reason = "not delivered"


class Unreachable(NotDelivered):
    reason = "unreachable"

    def __init__(self, endpoint: str, cause: str) -> None:
        self.endpoint, self.cause = endpoint, cause
        super().__init__(f"{endpoint} does not answer ({cause})")


class Busy(NotDelivered):
    reason = "busy"

    def __init__(self, status: int, wait: float | None) -> None:
        self.status, self.wait = status, wait
        super().__init__(f"the server is busy (HTTP {status})")


class Refused(NotDelivered):
    def __init__(self, status: int, answer: str) -> None:
        self.status, self.answer = status, answer
        self.reason = f"HTTP {status}"
        super().__init__(f"the server refused it (HTTP {status}): {advice(status) or answer[:200]}")


def advice(status: int) -> str:
    """What to do about a refusal whose cause is known."""
    return {
        401: "the API key is not valid; check SPANLEDGER_API_KEY",
        403: "the API key may not write; use an ingest or admin key",
        404: "SPANLEDGER_ENDPOINT is not the address of a Spanledger ingest",
    }.get(status, "")
