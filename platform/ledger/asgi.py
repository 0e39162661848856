"""What the web server runs."""

import os
from typing import Any, cast

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ledger.settings")
pages = get_asgi_application()

from django.conf import settings  # noqa: E402 - settings are loaded with the application
from django.db import connections  # noqa: E402
from django.db.backends.postgresql.base import DatabaseWrapper  # noqa: E402

# Only the server keeps connections: commands, workers and tests open one and go.
settings.DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 10, "timeout": 5}


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:  # Any: ASGI's own messages
    """Django, and the end of its connections when the server stops."""
    if scope["type"] != "lifespan":
        return await pages(scope, receive, send)
    while True:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            cast(DatabaseWrapper, connections["default"]).close_pool()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return None
