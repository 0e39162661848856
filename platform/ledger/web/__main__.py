"""`python -m ledger.web`: serves the pages and the API until it is told to stop."""

import uvicorn

from ledger import environment

GRACE = 4
"""Seconds an answer under way may still take after the order to stop."""


def main() -> None:
    settings = environment.read()
    uvicorn.run(
        "ledger.asgi:application",
        host=settings.bind,
        port=settings.web_port,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )


if __name__ == "__main__":
    main()
