"""How the services that are not Django write their logs: one plain line an event, no colours.

Said here, because structlog's own choice depends on what else is installed: with `rich` beside it, a traceback shows
the variables of each frame, and those hold prompts and keys.
"""

import structlog


def configure() -> None:
    """Call once, first thing in a service's `main`."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
        logger_factory=structlog.PrintLoggerFactory(),
    )
