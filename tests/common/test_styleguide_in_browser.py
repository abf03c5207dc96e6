"""The design system in a real Chromium: readable for everybody, quick by keyboard, and nothing typed is lost."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from common import instants
from tests.support.browser import DESK, PHONE, Pages, accessibility_faults

pytestmark = [pytest.mark.browser, pytest.mark.once]

SAMPLES = ["", "now", "quiet", "list", "declare", "incident", "ack", "login", "404", "409"]


@pytest.fixture
def guide(site: str, settings: Settings) -> str:
    settings.ROOT_URLCONF = "tests.common.styleguide_urls"
    return f"{site}/styleguide/"


# Colours are computed for both themes in test_contrast.py; here each size meets one of them.
@pytest.mark.parametrize(("size", "theme"), [(PHONE, "dark"), (DESK, "light")], ids=["phone", "desk"])
def test_every_sample_page_can_be_used_by_everybody(
    guide: str, new_page: Pages, alice: User, size: Any, theme: Any
) -> None:
    page = new_page(alice, viewport=size, color_scheme=theme, reduced_motion="reduce")
    faults = {}
    for name in SAMPLES:
        page.goto(f"{guide}?page={name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], (
            f"{name} scrolls sideways"
        )
        faults[name] = accessibility_faults(page)
    assert {name: found for name, found in faults.items() if found} == {}


def test_keys_open_help_and_search_and_walk_the_list(guide: str, new_page: Pages, alice: User) -> None:
    page = new_page(alice)
    page.goto(f"{guide}?page=list")
    page.keyboard.press("?")
    assert page.locator("#shortcuts").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#shortcuts").is_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == "Dashboard takes 9 s to load"


def test_keys_do_nothing_while_somebody_types(guide: str, new_page: Pages, alice: User) -> None:
    page = new_page(alice)
    page.goto(f"{guide}?page=list")
    page.locator("#f-q").press_sequentially("c?gn")
    assert page.locator("#f-q").input_value() == "c?gn"
    assert not page.locator("#shortcuts").is_visible()


def test_a_countdown_moves_and_turns_overdue_with_words(guide: str, new_page: Pages, alice: User) -> None:
    page = new_page(alice)
    page.clock.install()
    page.goto(guide)
    clock = page.locator("[data-countdown='300']").first
    assert clock.get_attribute("data-state") == "running"
    page.clock.run_for(6 * 60_000)
    assert clock.get_attribute("data-state") == "soon"
    page.clock.run_for(6 * 60_000)
    assert clock.get_attribute("data-state") == "overdue"
    assert "overdue by" in clock.inner_text()


def test_what_was_typed_survives_a_reload(guide: str, new_page: Pages, alice: User) -> None:
    page = new_page(alice)
    page.goto(f"{guide}?page=incident")
    page.locator("textarea").fill("pool is exhausted on two nodes")
    page.reload()
    assert page.locator("textarea").input_value() == "pool is exhausted on two nodes"


def test_the_theme_is_remembered_by_the_server(guide: str, new_page: Pages, alice: User) -> None:
    page = new_page(alice, color_scheme="light")
    page.goto(guide)
    page.locator(".sidenav [data-theme-switch]").click()
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_without_javascript_panels_are_reached_by_links(guide: str, new_page: Pages, alice: User) -> None:
    page = new_page(alice, viewport=PHONE, java_script_enabled=False)
    page.goto(f"{guide}?page=incident")
    assert page.locator("#timeline").is_visible()
    page.get_by_role("link", name="Escalation").click()
    assert page.locator("#escalation").is_visible()
    assert not page.locator("#timeline").is_visible()


def test_a_dialog_gives_the_focus_back(guide: str, new_page: Pages, alice: User) -> None:
    page = new_page(alice)
    page.goto(guide)
    page.get_by_role("link", name="Open a dialog").click()
    assert page.get_by_role("dialog", name="Resolve INC-42?").is_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent") == "Open a dialog"


def test_the_browser_says_times_in_the_servers_words(guide: str, new_page: Pages, alice: User) -> None:
    page = new_page(alice)
    page.goto(guide)
    seconds = [0, 9, 10, 59, 60, 599, 3599, 3600, 4320, 86399, 86400, 270_000, -1, -130, -7200]
    script = """async (all) => {
        const {countdown, duration, relative} = await import(document.querySelector("script[src*='times']").src);
        return all.map((n) => [duration(n), relative(n), countdown(n)]);
    }"""
    now = datetime(2026, 3, 29, 2, 12, tzinfo=UTC)
    spans = [timedelta(seconds=count) for count in seconds]
    expected = [[instants.duration(s), instants.relative(now - s, now), instants.countdown(s)] for s in spans]
    assert page.evaluate(script, seconds) == expected
