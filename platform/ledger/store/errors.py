"""What can go wrong with the store.

StoreError
├── StoreUnavailable   the server can't be reached or is too busy: the same again, later, is right
├── QueryRefused       the server understood us and said no: the same again would be refused again
│   └── TooMuchToRead  we did not even ask: the answer would take more reading than one question may
└── QueryUnknown       no block of that name in store/queries/*.sql
"""


class StoreError(Exception):
    """Something is wrong between us and ClickHouse."""


class StoreUnavailable(StoreError):
    """ClickHouse can't be reached or takes nothing more just now. Wait, then try the same again."""

    def __init__(self, address: str, reason: str) -> None:
        self.address, self.reason = address, reason
        super().__init__(f"ClickHouse at {address} is not available: {reason}")


class QueryRefused(StoreError):
    """ClickHouse refused a statement. `code` is ClickHouse's own number for the reason."""

    def __init__(self, code: int | None, reason: str, statement: str) -> None:
        self.code, self.reason, self.statement = code, reason, statement
        super().__init__(f"ClickHouse refused {statement!r} with code {code}: {reason}")


class TooMuchToRead(QueryRefused):
    """A question that no rollup answers looks at too many entries. Ask for a shorter window."""

    TOO_MANY_ROWS = 158

    def __init__(self, rows: int, most: int) -> None:
        self.rows, self.most = rows, most
        reason = f"about {rows:,} entries would have to be read one by one; {most:,} at most are for one question"
        super().__init__(self.TOO_MANY_ROWS, reason, "measures")


class QueryUnknown(StoreError):
    """A query was asked for by a name that no .sql file has."""

    def __init__(self, name: str, known: list[str]) -> None:
        self.name, self.known = name, known
        super().__init__(f'No query is called "{name}"; there are: {", ".join(known)}.')
