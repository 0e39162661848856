"""What init() was told, by argument or by environment, checked."""

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from spanledger._errors import BadEndpoint, MissingKey

DEFAULT_ENDPOINT = "http://127.0.0.1:4318"
TRACES = "/v1/traces"


@dataclass(frozen=True, slots=True)
class Settings:
    """What this process sends where, and as what. An empty string means: not stated."""

    endpoint: str
    api_key: str
    service: str = ""
    environment: str = ""
    release: str = ""
    capture_content: bool = True


def read_settings(
    endpoint: str | None,
    api_key: str | None,
    service: str | None,
    environment: str | None,
    release: str | None,
    capture_content: bool,
) -> Settings:
    """The settings in force; an argument wins over its SPANLEDGER_ variable. Raises NotConfigured."""
    key = stated(api_key, "SPANLEDGER_API_KEY")
    if not key:
        raise MissingKey
    return Settings(
        endpoint=base_of(stated(endpoint, "SPANLEDGER_ENDPOINT") or DEFAULT_ENDPOINT),
        api_key=key,
        service=stated(service, "SPANLEDGER_SERVICE"),
        environment=stated(environment, "SPANLEDGER_ENVIRONMENT"),
        release=stated(release, "SPANLEDGER_RELEASE"),
        capture_content=capture_content,
    )


def stated(argument: str | None, variable: str) -> str:
    return (os.environ.get(variable, "") if argument is None else argument).strip()


def base_of(endpoint: str) -> str:
    """The address below which /v1/traces lies; the full address of the traces is understood too."""
    base = endpoint.rstrip("/").removesuffix(TRACES)
    try:
        parts = urlsplit(base)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise BadEndpoint(endpoint)
    return base
