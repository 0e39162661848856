"""Every page can be used by keyboard, by ear, in other colours and on a narrow screen: no rule of axe is broken."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, StorageState

from tests.web import sample

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
BROKEN = "axe.run().then(found => found.violations.map(rule => [rule.id, rule.nodes[0].html]))"
PAGES = (
    "/",
    "/?measure=success",
    "/routes",
    "/routes?route=support.refunds",
    "/models?model=gpt-4o",
    "/prices",
    "/traces",
    "/traces?route=none",
    f"/traces/{sample.trace_id('agent')}?span={sample.span_id('try-2')}",
    "/api/docs",
)
LOOKS = (("light", 1440), ("dark", 390))


@pytest.fixture(scope="module", params=LOOKS, ids=lambda look: f"{look[0]} at {look[1]}")
def look(request, chromium: Browser, site: str, session: StorageState) -> Page:
    """A signed-in page in one theme and width."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run `npm ci` in frontend/")
    theme, width = request.param
    context = chromium.new_context(
        base_url=site, color_scheme=theme, viewport={"width": width, "height": 900}, storage_state=session
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("address", PAGES)
def test_no_rule_is_broken_and_nothing_is_wider_than_the_screen(look, address):
    look.goto(address)
    look.evaluate(AXE.read_text())

    assert look.evaluate(BROKEN) == []
    assert look.evaluate("document.documentElement.scrollWidth") <= look.viewport_size["width"]


def test_a_table_wider_than_the_screen_is_scrolled_with_the_keyboard(look):
    look.goto("/routes")
    table = look.get_by_role("group", name="Routes")
    table.focus()
    look.keyboard.press("ArrowRight")

    assert table.evaluate("here => here === document.activeElement")
    look.wait_for_function(
        "here => here.scrollLeft > 0 || here.scrollWidth <= here.clientWidth", arg=table.element_handle()
    )
