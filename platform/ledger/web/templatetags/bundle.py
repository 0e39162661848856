"""The built front end in templates: what a source became is in Vite's manifest."""

import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.template import Library
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = Library()


class NotBuilt(LookupError):
    """The front end has not been built, or not since this source was added. Run `npm run build` in frontend/."""

    def __init__(self, source: str, manifest: Path) -> None:
        self.source, self.manifest = source, manifest
        super().__init__(f"{source} is not in {manifest}. Run `npm run build` in frontend/.")


@register.simple_tag
def stylesheet(source: str) -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', address(source))


@register.simple_tag
def script(source: str) -> SafeString:
    return format_html('<script type="module" src="{}"></script>', address(source))


def address(source: str) -> str:
    """Where the built form of a source lies; it is named from frontend/, or, beside a template, like the template."""
    path = settings.BUNDLE / ".vite" / "manifest.json"
    if not path.exists():
        raise NotBuilt(source, path)
    built = manifest(path, path.stat().st_mtime_ns).get(source)
    if built is None:
        raise NotBuilt(source, path)
    return f"{settings.STATIC_URL}{built}"


@cache
def manifest(path: Path, changed: int) -> dict[str, str]:
    """Each source's built file; read anew when the bundle has been."""
    return {short(source): entry["file"] for source, entry in json.loads(path.read_text()).items()}


def short(source: str) -> str:
    return source.rpartition("/templates/")[2]
