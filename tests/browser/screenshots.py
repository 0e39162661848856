"""`./run screenshots`: every page of a running demo, light and dark, wide and narrow, into screenshots/."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dotenv import dotenv_values
from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).parents[2] / "screenshots"
WIDTHS = (1440, 390)
HEIGHT = 900
THEMES = ("light", "dark")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
"""Chromium refuses its sandbox to root, and would otherwise speak to its maker."""


class NothingToShow(SystemExit):
    """Said on the command line: what is missing, and how to get it."""


def main() -> None:
    connection = running_stack()
    with browser() as chromium:
        for theme in THEMES:
            for width in WIDTHS:
                take(chromium, connection, theme, width)
    print(f"Screenshots are in {FOLDER}")


def running_stack() -> dict[str, str]:
    home = Path(os.environ.get("SPANLEDGER_HOME") or ".spanledger")
    note = home / "connect.env"
    if not note.exists():
        raise NothingToShow(f"{note} is not there. Start `./run demo` first, and wait until it says that it is ready.")
    return {name: value or "" for name, value in dotenv_values(note).items()}


def browser_path() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def browser() -> Iterator[Browser]:
    path = browser_path()
    if path is None:
        raise NothingToShow(f"No browser was found. Install one of {', '.join(BROWSERS)}.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield chromium
        chromium.close()


def take(chromium: Browser, connection: dict[str, str], theme: str, width: int) -> None:
    """All pages at one width in one theme."""
    size = {"width": width, "height": HEIGHT}
    context = chromium.new_context(color_scheme=theme, viewport=size, base_url=connection["SPANLEDGER_WEB_URL"])  # type: ignore[arg-type]  # playwright names the two themes as literals
    page = context.new_page()
    page.goto("/sign-in")
    keep(page, "sign-in", theme, width)
    page.get_by_label("E-mail").fill(connection["SPANLEDGER_ADMIN_EMAIL"])
    page.get_by_label("Password").fill(connection["SPANLEDGER_ADMIN_PASSWORD"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", level=1).wait_for()
    for name, address in pages(page):
        page.goto(address)
        keep(page, name, theme, width)
    context.close()


def pages(page: Page) -> Iterator[tuple[str, str]]:
    """Each page by name; the route and the trace shown are the dearest, since they have most to show."""
    yield "overview", "/"
    yield "overview-failures", "/?measure=failures"
    yield "overview-success", "/?measure=success"
    yield "routes", "/routes"
    yield "models", "/models"
    yield "prices", "/prices"
    yield "traces", "/traces"
    page.goto("/routes")
    route = page.locator("table.compared tbody a").first.get_attribute("href")
    if route:
        yield "route", route
    page.goto("/traces?sort=cost")
    trace = page.locator("td.name a").first.get_attribute("href")
    if trace:
        yield "trace", trace


def keep(page: Page, name: str, theme: str, width: int) -> None:
    page.wait_for_load_state("networkidle")
    FOLDER.mkdir(exist_ok=True)
    page.screenshot(path=FOLDER / f"{re.sub('[^a-z-]', '', name)}-{theme}-{width}.png", full_page=width < 1000)


if __name__ == "__main__":
    sys.exit(main())
