"""What the door refuses, as a tree. Each names its HTTP status and the gRPC code that goes with it.

Refusal
├── NoKey              401  nobody knows who is asking
├── MissingScope       403  the key may not do this
├── OriginNotAllowed   403  the page's web site may not send to this project
├── UnknownPath        404
├── WrongMethod        405
├── TooLarge           413  bytes, spans, elements, scores, outcomes or charges
├── WrongType          415  content type or encoding
├── Malformed          400  can't be decoded
└── TryLater           503  anything of ours: the same request, sent again, is right
"""


class Refusal(Exception):
    """A request that is not taken. The text is for the person who reads the client's log."""

    status = 400
    code = 3
    retry_after = 0
    """Seconds after which the same request may be right; 0: never."""

    @property
    def headers(self) -> dict[str, str]:
        return {"retry-after": str(self.retry_after)} if self.retry_after else {}


class NoKey(Refusal):
    """No key, or one that is unknown, expired or revoked."""

    status, code = 401, 16

    def __init__(self) -> None:
        super().__init__("Send a project's ingest key, for example as the header 'Authorization: Bearer sl_ingest_…'.")

    @property
    def headers(self) -> dict[str, str]:
        return {"www-authenticate": "Bearer"}


class MissingScope(Refusal):
    """The key is good, but not for this."""

    status, code = 403, 7

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(
            f"A key of kind '{kind}' may not write spans, scores, outcomes or charges. Use an ingest or an admin key."
        )


class OriginNotAllowed(Refusal):
    """A page in a browser asks, of a web site that may not."""

    status, code = 403, 7

    def __init__(self, origin: str, whose: str) -> None:
        self.origin = origin
        super().__init__(
            f"Pages of {origin[:200]} may not send to {whose}. An operator can allow it: ./run manage allow_origin."
        )


class UnknownPath(Refusal):
    """There is nothing at this path."""

    status, code = 404, 12

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"There is nothing at {path[:200]}. Traces go to /v1/traces.")


class WrongMethod(Refusal):
    """This path takes another method."""

    status, code = 405, 12

    def __init__(self, method: str, allowed: str) -> None:
        self.method, self.allowed = method, allowed
        super().__init__(f"Use {allowed}, not {method[:20]}.")

    @property
    def headers(self) -> dict[str, str]:
        return {"allow": self.allowed}


class TooLarge(Refusal):
    """More than one request may hold."""

    status, code = 413, 8

    def __init__(self, what: str, limit: int) -> None:
        self.what, self.limit = what, limit
        super().__init__(f"The request holds more than {limit:,} {what}. Send smaller batches.")


class WrongType(Refusal):
    """A content type or encoding that is not spoken here."""

    status, code = 415, 3

    def __init__(self, header: str, value: str, known: str) -> None:
        self.header, self.value = header, value
        super().__init__(f"{header} {value[:100]!r} is not understood. Use {known}.")


class Malformed(Refusal):
    """The body can't be decoded, or is something else than its path takes."""


class TryLater(Refusal):
    """Something of ours is not ready; nothing was kept of this request."""

    status, code, retry_after = 503, 14, 1
