"""Origins: the web sites whose pages may send to a project."""

from urllib.parse import urlsplit

OWN_PORTS = {"http": 80, "https": 443}


class NotAnOrigin(ValueError):
    """A text that no browser would send as `Origin`."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f'"{text}" is no origin. Give scheme and host, and a port if need be: https://app.example.com')


def origin(text: str) -> str:
    """As browsers send it: scheme, host, and the port unless it is the scheme's own. Wildcards are refused."""
    try:
        parts = urlsplit(text.strip())
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError as error:
        raise NotAnOrigin(text) from error
    beyond = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    if parts.scheme not in OWN_PORTS or not host or "*" in host or beyond:
        raise NotAnOrigin(text)
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port and port != OWN_PORTS[parts.scheme] else "")
