"""“Who will be woken?” in a real Chromium: usable by everybody, and without JavaScript."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from escalation.models import EscalationRule
from oncall.models import LayerMember
from tests.escalation import story
from tests.support.browser import DESK, PHONE, Pages, accessibility_faults

pytestmark = [pytest.mark.browser, pytest.mark.once]


@pytest.fixture
def alice(site: str, transactional_db: None) -> User:
    """The whole cast; SEV-4 is only discussed, and nobody has the first shift."""
    cast = story.cast()
    EscalationRule.objects.filter(severity=4).update(timing="weekly_review", action="agenda")
    LayerMember.objects.update(user=None)
    return cast.alice


QUERIES = {
    "empty": ("", 200),
    "gap": ("severity=1&at=2030-03-01T03:00&is_drill=on", 200),
    "past, twice": ("severity=2&zone=Europe/London&at=2020-10-25T01:30", 200),
    "agenda only": ("severity=4", 200),
    "refused": ("severity=7&team=x&components=x&at=x&zone=x&pick=x", 400),
}


@pytest.mark.parametrize(("size", "theme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone", "desk"])
def test_every_answer_can_be_read_by_everybody(
    site: str, new_page: Pages, alice: User, size: dict[str, int], theme: Any
) -> None:
    page = new_page(alice, viewport={**size, "height": 3000}, color_scheme=theme)
    found = {}
    for name, (query, status) in QUERIES.items():
        answer = page.goto(f"{site}/on-call/woken/?{query}")
        assert answer is not None
        assert answer.status == status
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        if faults := [*accessibility_faults(page), *(["scrolls sideways"] if wide else [])]:
            found[name] = faults
    new_page.errors.clear()  # the refusal's status
    assert found == {}


def test_it_works_without_javascript(site: str, new_page: Pages, alice: User) -> None:
    page = new_page(alice, java_script_enabled=False)
    page.goto(f"{site}/on-call/")
    page.get_by_role("link", name="Who will be woken?").click()
    _choose(page, lambda: page.get_by_role("button", name="Saturday noon").click())
    expect(page.locator("#woken-title")).to_contain_text("Platform")
    expect(page.get_by_label("When")).to_have_value(re.compile(r"T12:00$"))
    _choose(page, lambda: page.get_by_role("button", name="Show").click())
    expect(page.locator(".woken-step").first).to_contain_text("Nobody: the next one is asked at once.")
    expect(page.locator(".woken-step").nth(1)).to_contain_text("Carol")


def _choose(page: Page, then: Callable[[], None]) -> None:
    page.get_by_text("SEV-1", exact=True).first.click()
    then()
