"""Every page in a real Chromium: usable by everybody (axe, WCAG 2.2 AA), no wider than its screen, without errors."""

import re
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.actor import Actor
from accounts.models import User
from incidents import actions
from incidents.models import Incident
from tests.access_matrix import MATRIX
from tests.support.browser import DESK, PHONE, Pages, accessibility_faults, wait_until_complete
from tests.support.matrix import World
from tests.test_access_matrix import world

__all__ = ["world"]
pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.timeout(600)]

# Not pages: files, answers for programs, and what Swagger UI draws by itself.
NO_PAGES = {"api-schema", "api-docs", "incidents:as_markdown", "incidents:as_json"}
OPEN_TO_ADMINS = [
    name
    for rows in MATRIX.values()
    for name, methods in rows.items()
    if not name.startswith("api:") and methods.get("GET", "")[4:5] == "+" and name not in NO_PAGES
]
# What strangers see, refusals among it.
FOR_STRANGERS = ["/account/login/", "/account/password/reset/", "/p/nonsense/"]
REFUSALS = ["/incidents/INC-404/", "/incidents/?page=99"]


def faults_of(page: Page, address: str) -> list[str]:
    """Open a page and return what is wrong with it."""
    page.goto(address)
    wait_until_complete(page)
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    sideways = ["scrolls sideways"] if width[0] > width[1] else []
    return [*accessibility_faults(page), *sideways]


def is_page(page: Page, address: str) -> bool:
    answer = page.request.get(address)
    return "<html" in answer.text()


@pytest.mark.parametrize(("size", "theme"), [(PHONE, "dark"), (DESK, "light")], ids=["phone", "desk"])
def test_every_page_can_be_used_by_everybody(
    site: str, new_page: Pages, world: World, size: dict[str, int], theme: Any
) -> None:
    # As tall as the page: what lies under the bar at the bottom until one scrolls is not too small to hit.
    look: dict[str, Any] = {
        "viewport": {**size, "height": 3000}, "color_scheme": theme, "reduced_motion": "reduce"
    }  # fmt: skip
    signed_in, stranger = new_page(world.people["admin"], **look), new_page(**look)
    paths = [reverse(name, kwargs=world.place(name)) for name in OPEN_TO_ADMINS] + REFUSALS
    found = {}
    for who, path in [*((signed_in, path) for path in paths), *((stranger, path) for path in FOR_STRANGERS)]:
        if is_page(who, f"{site}{path}") and (faults := faults_of(who, f"{site}{path}")):
            found[path] = faults
    new_page.errors[:] = [error for error in new_page.errors if not re.search("status of 4", error)]
    assert found == {}


def test_nothing_is_kept_of_what_was_sent(site: str, new_page: Pages, world: World) -> None:
    page = new_page(world.carol)
    at = f"{site}/incidents/{world.places['incidents:detail']['reference']}/"
    for path in ("write/", ""):
        page.goto(f"{at}{path}")
        page.locator("#composer textarea").press_sequentially("the pool is exhausted")
        page.locator("#composer").get_by_role("button", name="Add").click()
        expect(page.locator("#composer textarea")).to_have_value("")
        page.reload()
        expect(page.locator("#composer textarea")).to_have_value("")


def test_a_bar_without_a_button_takes_no_place_on_a_phone(site: str, new_page: Pages, world: World) -> None:
    page = new_page(world.people["viewer"], viewport=PHONE)
    page.goto(f"{site}/incidents/{world.places['incidents:detail']['reference']}/")
    expect(page.locator(".action-bar")).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_description_of_the_api_follows_the_theme(
    site: str, new_page: Pages, world: World, theme: Any
) -> None:
    page = new_page(world.carol, color_scheme=theme)
    page.goto(f"{site}/api/docs/")
    page.locator(".opblock").first.wait_for()
    light = (
        page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    )
    assert light is (theme == "light")


def test_recovery_stands_on_top_of_the_column_while_it_is_watched(
    site: str, new_page: Pages, world: World
) -> None:
    incident = Incident.objects.get(number=1)
    page = new_page(world.carol)

    def stands_above() -> bool:
        page.goto(f"{site}{incident.get_absolute_url()}")
        places = [page.locator(f"#{part}").bounding_box() for part in ("recovery", "paging-panel")]
        return bool(places[0] and places[1] and places[0]["y"] < places[1]["y"])

    assert not stands_above()
    by = Actor.of(world.carol)
    actions.change_status(
        by=by, incident=incident, to="monitoring", note="it helps", rollback_plan="redeploy"
    )
    assert stands_above()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_one_long_word_of_a_machine_widens_no_page(
    site: str, new_page: Pages, world: World, size: dict[str, int]
) -> None:
    reference = world.places["incidents:detail"]["reference"]
    Incident.objects.visible_to(world.carol).update(title="https://example.com/" + "a1b2c3" * 30)
    User.objects.filter(pk=world.carol.pk).update(name="W" * 80)
    page = new_page(world.carol, viewport=size)
    at = f"/incidents/{reference}/"
    for path in ("/", "/incidents/", at, f"{at}write/", f"{at}updates/", f"{at}page/", "/me/notifications/"):
        page.goto(f"{site}{path}")
        wait_until_complete(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
