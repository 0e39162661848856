"""The pages as a person uses them, in a real browser over the real server."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web import sample

pytestmark = pytest.mark.browser


@pytest.fixture
def agent(signed_in) -> Page:
    signed_in.goto(f"/traces/{sample.trace_id('agent')}")
    return signed_in


def step(page: Page):
    return page.locator("#step")


class TestSignIn:
    def test_a_wrong_password_is_said_without_saying_whose(self, page):
        page.goto("/")
        page.get_by_label("E-mail").fill("ada@example.com")
        page.get_by_label("Password").fill("not the password")
        page.get_by_role("button", name="Sign in").click()

        expect(page.get_by_role("alert")).to_contain_text("don't belong together")

    def test_signing_out_closes_the_door(self, page):
        page.goto("/traces?range=7d")
        page.get_by_label("E-mail").fill("ada@example.com")
        page.get_by_label("Password").fill("a password of some length")
        page.get_by_role("button", name="Sign in").click()

        expect(page).to_have_url(re.compile(r"/traces\?range=7d"))

        page.get_by_role("button", name="Sign out").click()
        page.goto("/traces")

        expect(page).to_have_url(re.compile("/sign-in"))


class TestOverview:
    def test_the_measure_changes_in_place_and_in_the_address(self, signed_in):
        signed_in.get_by_role("link", name="Failure rate").click()

        expect(signed_in).to_have_url(re.compile("measure=failures"))
        expect(signed_in.locator("table.heat tfoot")).to_contain_text("%")

        signed_in.go_back()

        expect(signed_in.locator("table.heat tfoot")).to_contain_text("$")

    def test_a_cell_opens_the_traces_behind_it(self, signed_in):
        row = signed_in.locator("table.heat tbody tr", has_text="support.refunds")
        calls = row.locator("td").nth(1).locator("small").inner_text()
        row.locator("td a").nth(1).click()

        expect(signed_in.get_by_label("Route")).to_have_value("support.refunds")
        expect(signed_in.get_by_label("Model")).to_have_value("gpt-4o")
        assert int(calls.replace(",", "")) >= signed_in.locator("td.name").count() > 0

    def test_the_charts_have_a_table(self, signed_in):
        signed_in.get_by_text("As a table").click()

        expect(signed_in.locator(".as-table tbody tr")).to_have_count(31)

    def test_another_time_range_keeps_the_measure(self, signed_in):
        signed_in.goto("/?measure=answered")
        signed_in.get_by_role("link", name="7 d").click()

        expect(signed_in.get_by_role("heading", level=1)).to_contain_text("In the last 7 days")
        expect(signed_in).to_have_url(re.compile("measure=answered"))

    def test_a_new_project_shows_how_to_begin_and_copies_it(self, own_session):
        own_session.context.grant_permissions(["clipboard-read", "clipboard-write"])
        own_session.locator("summary.project").click()
        own_session.get_by_role("button", name="Brand new").click()
        own_session.get_by_role("button", name="Copy").first.click()

        expect(own_session.get_by_role("button", name="Copied")).to_be_visible()
        assert "spanledger.init(" in own_session.evaluate("navigator.clipboard.readText()")


class TestTraces:
    def test_choosing_a_filter_needs_no_button(self, signed_in):
        signed_in.goto("/traces")
        signed_in.get_by_label("Route").select_option("search.answer")

        expect(signed_in).to_have_url(re.compile(r"route=search\.answer"))
        expect(signed_in.locator("td.name").first).to_have_text("answer answer")
        expect(signed_in.get_by_label("Route")).to_have_value("search.answer")

    def test_times_are_the_viewers_and_utc_on_hover(self, chromium, site, signed_in):
        cookies = signed_in.context.cookies()
        elsewhere = chromium.new_context(base_url=site, timezone_id="Pacific/Auckland")
        elsewhere.add_cookies(cookies)
        page = elsewhere.new_page()
        page.goto("/traces")
        time = page.locator("td.start time").first
        here = signed_in.goto("/traces") and signed_in.locator("td.start time").first

        assert time.get_attribute("title").endswith("UTC")
        assert time.inner_text() != here.inner_text()
        elsewhere.close()

    def test_the_dearest_failed_trace_is_found_by_clicking(self, signed_in):
        signed_in.get_by_role("link", name="Traces").click()
        signed_in.get_by_label("Status").select_option("error")
        expect(signed_in).to_have_url(re.compile("status=error"))
        signed_in.get_by_role("link", name="Cost").click()

        expect(signed_in.locator("th[aria-sort]")).to_have_text("Cost")
        expect(signed_in.locator("td.name").first).to_be_visible()
        assert signed_in.locator(".status-error").count() == signed_in.locator("td.name").count()


class TestOneTrace:
    def test_clicking_a_step_shows_it_without_leaving_the_page(self, agent):
        agent.evaluate("window.same = true")
        agent.get_by_role("link", name="refund", exact=True).click()

        expect(step(agent)).to_contain_text('"order": 4711')
        expect(agent).to_have_url(re.compile(f"span={sample.span_id('tool')}"))
        assert agent.evaluate("window.same")

    def test_arrow_keys_walk_the_steps(self, agent):
        agent.get_by_role("link", name="refund agent").focus()
        agent.keyboard.press("ArrowDown")
        agent.keyboard.press("ArrowDown")

        expect(step(agent)).to_contain_text("first token after 410 ms")
        expect(agent.locator("tr[aria-selected]")).to_have_count(1)
        expect(agent.locator("tr[aria-selected]")).to_contain_text("chat gpt-4o")

        agent.keyboard.press("End")

        expect(step(agent).get_by_role("heading", level=2)).to_have_text("chat claude-sonnet-4-5")

    def test_the_left_arrow_folds_a_step_and_the_right_unfolds_it(self, agent):
        agent.get_by_role("link", name="refund agent").focus()
        agent.keyboard.press("ArrowLeft")

        expect(agent.locator("tr[aria-level]:visible")).to_have_count(1)

        agent.keyboard.press("ArrowRight")

        expect(agent.locator("tr[aria-level]:visible")).to_have_count(6)

    def test_the_price_is_spelled_out(self, agent):
        agent.goto(f"/traces/{sample.trace_id('agent')}?span={sample.span_id('try-2')}")

        expect(step(agent).locator("table.usage")).to_contain_text("$0.00395")

    def test_a_prompt_with_markup_is_text(self, agent):
        expect(step(agent)).to_contain_text("<b>Please!</b>")

    def test_back_returns_to_the_step_before(self, agent):
        agent.get_by_role("link", name="refund", exact=True).click()
        expect(step(agent)).to_contain_text('"order": 4711')
        agent.go_back()

        expect(step(agent).get_by_role("heading", level=2)).to_have_text("refund agent")
        expect(agent.locator("tr[aria-selected]")).to_contain_text("refund agent")


class TestTheme:
    def test_the_switch_wins_over_the_system(self, signed_in):
        signed_in.emulate_media(color_scheme="light")
        ground = "getComputedStyle(document.documentElement).backgroundColor"
        light = signed_in.evaluate(ground)
        signed_in.get_by_role("button", name="Theme: system").click()

        expect(signed_in.get_by_role("button", name="Theme: dark")).to_be_visible()
        assert signed_in.evaluate(ground) != light


class TestWithoutScripts:
    def test_every_page_can_be_read_and_walked(self, chromium, site, signed_in):
        plain = chromium.new_context(base_url=site, java_script_enabled=False)
        plain.add_cookies(signed_in.context.cookies())
        page = plain.new_page()
        page.goto("/traces")
        page.get_by_role("link", name="refund agent").click()
        page.get_by_role("link", name="refund", exact=True).click()

        expect(step(page)).to_contain_text('"order": 4711')
        plain.close()
