"""What the gateway itself refuses, in ClickHouse's words; what the engine refuses arrives as `Refused`.

GatewayError
├── PathTaken                the gateway can't start
├── BadUser                  the gateway can't start
└── HttpError                a client is answered with a ClickHouse code
    ├── AuthenticationFailed
    ├── BodyTooLarge
    ├── BodyUnreadable
    ├── EncodingUnknown
    ├── NotForReaders
    ├── NotSupported
    ├── OneStatementOnly
    ├── QueryAbandoned
    ├── SettingUnknown
    ├── TooManyWaiting
    └── Refused
"""

import re
from pathlib import Path

STATUS_OF_CODE = {
    **dict.fromkeys(
        (6, 26, 27, 36, 38, 41, 53, 62, 69, 70, 72, 117, 271, 396, 427), 400
    ),  # what was asked can't be read
    194: 401,
    **dict.fromkeys((164, 192, 193, 291, 358, 452, 497, 512, 516), 403),
    **dict.fromkeys((46, 47, 50, 56, 60, 63, 73, 78, 81, 115), 404),  # unknown function, identifier, type, table, …
    159: 408,
    229: 413,
    48: 501,
    **dict.fromkeys((202, 203, 439), 503),
}
"""HTTP status by ClickHouse code as ClickHouse's own server gives it, but 202 says "try again"; all others are 500."""


class GatewayError(Exception):
    """The gateway can't do what it was asked."""


class PathTaken(GatewayError):
    """Another process owns the data folder; an embedded engine can't be shared."""

    def __init__(self, path: Path, owner: str) -> None:
        self.path, self.owner = path, owner
        super().__init__(
            f"{path}: another gateway owns it (process {owner or 'unknown'}). Stop that one, or choose another --path."
        )


class BadUser(GatewayError):
    """A user of the gateway is not described as name and password."""

    def __init__(self, variable: str) -> None:
        self.variable = variable
        super().__init__(f"{variable}: expected <user>:<password>, both not empty.")


class HttpError(GatewayError):
    """A request that is answered with a ClickHouse error."""

    code = 1002
    name = "UNKNOWN_EXCEPTION"

    def __str__(self) -> str:
        return f"Code: {self.code}. DB::Exception: {super().__str__()} ({self.name})"

    @property
    def status(self) -> int:
        return STATUS_OF_CODE.get(self.code, 500)


class AuthenticationFailed(HttpError):
    code, name = 516, "AUTHENTICATION_FAILED"

    def __init__(self, user: str) -> None:
        super().__init__(f"{user}: Authentication failed: password is incorrect, or there is no user with such name.")


class BodyTooLarge(HttpError):
    code, name = 229, "QUERY_IS_TOO_LARGE"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"The request holds more than {limit >> 20} MiB. Send smaller batches.")


class BodyUnreadable(HttpError):
    code, name = 271, "CANNOT_DECOMPRESS"

    def __init__(self, encoding: str, why: object) -> None:
        self.encoding = encoding
        super().__init__(f"The request's body is not valid {encoding}: {why}.")


class EncodingUnknown(HttpError):
    code, name = 89, "UNKNOWN_COMPRESSION_METHOD"

    def __init__(self, encoding: str, known: str) -> None:
        self.encoding = encoding
        super().__init__(f"Unknown Content-Encoding {encoding!r}. This gateway reads {known}.")


class NotForReaders(HttpError):
    code, name = 497, "ACCESS_DENIED"

    def __init__(self, what: str) -> None:
        super().__init__(f"Not enough privileges: a reader may not {what}.")


class NotSupported(HttpError):
    code, name = 48, "NOT_IMPLEMENTED"

    def __init__(self, what: str) -> None:
        super().__init__(f"The embedded gateway does not support {what}.")


class OneStatementOnly(HttpError):
    code, name = 62, "SYNTAX_ERROR"

    def __init__(self, count: int) -> None:
        super().__init__(f"Multi-statements are not allowed: found {count} statements. Send them one by one.")


class QueryAbandoned(HttpError):
    code, name = 394, "QUERY_WAS_CANCELLED"

    def __init__(self) -> None:
        super().__init__("Query was cancelled: its client went away, or the gateway is stopping.")


class SettingUnknown(HttpError):
    code, name = 115, "UNKNOWN_SETTING"

    def __init__(self, setting: str) -> None:
        super().__init__(f"Unknown setting {setting!r}.")


class TooManyWaiting(HttpError):
    code, name = 202, "TOO_MANY_SIMULTANEOUS_QUERIES"

    def __init__(self, running: int, waiting: int) -> None:
        super().__init__(f"Too many simultaneous queries: {running} run and {waiting} wait. Try again in a moment.")


class Refused(HttpError):
    """The engine's own error, with its code and its words."""

    def __init__(self, message: str) -> None:
        found = re.search(r"Code: (\d+)\. DB::Exception", message)
        self.code = int(found[1]) if found else 1002
        self.message = message[found.start() :] if found else f"Code: 1002. DB::Exception: {message}"
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message
