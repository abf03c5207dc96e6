"""Two browsers side by side show the same, and say so when they do not."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from accounts.actor import Actor
from accounts.models import User
from config import defaults
from incidents import actions
from incidents.models import Incident, PhaseStep
from tests import builders
from tests.support.browser import DESK, PHONE, Pages, accessibility_faults, wait_until_complete

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def incident(transactional_db: None) -> Incident:
    defaults.load()
    alice = builders.alice()
    builders.bob()
    incident = actions.declare(by=Actor.of(alice), title="Webhooks answer 500", severity=1)
    actions.take_role(by=Actor.of(alice), incident=incident, role="commander")
    return incident


def user(name: str) -> User:
    return User.objects.get(name=name)


def opened(page: Page, site: str, incident: Incident, panel: str = "") -> Page:
    page.goto(f"{site}/incidents/{incident.reference}/{panel}")
    expect(page.locator("[data-live-badge]").first).to_have_attribute("data-state", "live")
    return page


def test_an_entry_of_one_shows_at_the_other_within_a_second(
    site: str, new_page: Pages, incident: Incident
) -> None:
    here = opened(new_page(user("Alice")), site, incident)
    there = opened(new_page(user("Bob"), viewport=PHONE), site, incident)
    here.get_by_label("Say something").fill("It is the connection pool")
    here.get_by_role("button", name="Add").click()
    expect(there.get_by_text("It is the connection pool")).to_be_visible(timeout=1000)
    # The writer sees it once, although it also came by the stream, and the box is empty again. What came by the
    # stream before a second entry was there before it.
    actions.add_note(by=Actor.of(user("Bob")), incident=incident, text="I look at the pool")
    expect(here.locator(".entry").get_by_text("I look at the pool")).to_be_visible()
    expect(here.locator(".entry").get_by_text("It is the connection pool")).to_have_count(1)
    expect(here.get_by_label("Say something")).to_have_value("")


def test_a_tick_and_a_role_show_at_the_other(site: str, new_page: Pages, incident: Incident) -> None:
    here = opened(new_page(user("Alice")), site, incident)
    there = opened(new_page(user("Bob")), site, incident)
    step = PhaseStep.objects.filter(phase__key="diagnosis", kind="step", auto_event="")[0]
    here.get_by_role("button", name=f"Tick: {step.text}").click()
    expect(there.get_by_role("button", name=f"Untick: {step.text}")).to_be_visible(timeout=2000)
    there.locator(".incident-role", has_text="Comms").get_by_role("button", name="Take").click()
    expect(here.locator(".incident-role", has_text="Comms")).to_contain_text("Bob", timeout=2000)


def test_what_is_being_typed_survives_what_arrives(site: str, new_page: Pages, incident: Incident) -> None:
    here = opened(new_page(user("Alice")), site, incident)
    here.get_by_label("Say something").fill("half a sent")
    actions.take_role(by=Actor.of(user("Bob")), incident=incident, role="tech_lead")
    actions.add_note(by=Actor.of(user("Bob")), incident=incident, text="meanwhile")
    expect(here.locator(".entry").get_by_text("meanwhile")).to_be_visible()
    expect(here.get_by_label("Say something")).to_have_value("half a sent")
    expect(here.get_by_label("Say something")).to_be_focused()


@pytest.mark.once
def test_a_refused_entry_stays_in_the_box_with_the_reason(
    site: str, new_page: Pages, incident: Incident
) -> None:
    here = opened(new_page(user("Alice")), site, incident)
    here.get_by_label("Say something").fill("/decision " + "x" * 301)
    here.get_by_role("button", name="Add").click()
    expect(here.locator("#composer .field-error")).to_contain_text("300 is the most")
    expect(here.get_by_label("Say something")).to_have_value(re.compile("x{301}"))
    new_page.errors.clear()  # the browser notes the 400


def test_a_dropped_line_is_said_and_mended(site: str, new_page: Pages, incident: Incident) -> None:
    here = opened(new_page(user("Alice")), site, incident)
    here.context.set_offline(True)
    actions.add_note(by=Actor.of(user("Bob")), incident=incident, text="while you were away")
    here.evaluate("dispatchEvent(new Event('offline'))")
    badge = here.locator("[data-live-badge]").first
    here.context.set_offline(False)
    here.evaluate("dispatchEvent(new Event('online'))")
    expect(here.get_by_text("while you were away")).to_be_visible()
    expect(badge).to_have_attribute("data-state", "live")
    new_page.errors.clear()


def test_without_streams_the_page_polls(site: str, new_page: Pages, incident: Incident) -> None:
    page = new_page(user("Alice"))
    page.route("**/live/incident/**", lambda route: route.abort())
    opened(page, site, incident)
    actions.add_note(by=Actor.of(user("Bob")), incident=incident, text="by the back door")
    expect(page.get_by_text("by the back door")).to_be_visible()
    new_page.errors.clear()


def test_now_shows_a_new_incident_by_itself(site: str, new_page: Pages, incident: Incident) -> None:
    page = new_page(user("Alice"))
    page.goto(site)
    expect(page.locator("[data-live-badge]").first).to_have_attribute("data-state", "live")
    began = time.monotonic()
    actions.declare(by=Actor.of(user("Bob")), title="Checkout is down", severity=1)
    expect(page.get_by_text("Checkout is down")).to_be_visible()
    assert time.monotonic() - began < 3


@pytest.mark.once
def test_everything_works_without_javascript(site: str, new_page: Pages, incident: Incident) -> None:
    page = new_page(user("Alice"), java_script_enabled=False, viewport=PHONE)
    page.goto(f"{site}/incidents/declare/")
    page.get_by_label("What is wrong?").fill("Checkout is down")
    page.locator(".sev-choice").nth(1).click()
    page.locator(".action-bar").get_by_role("button", name="Declare").click()
    expect(page.get_by_role("heading", name="Checkout is down")).to_be_visible()
    page.get_by_label("Say something").fill("Nobody can pay")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Nobody can pay")).to_be_visible()


@pytest.mark.once
def test_three_taps_declare_on_a_phone(site: str, new_page: Pages, incident: Incident) -> None:
    page = new_page(user("Bob"), viewport=PHONE, has_touch=True)
    page.goto(site)
    page.goto(f"{site}/incidents/declare/")
    page.keyboard.type("Checkout is down")  # the field has the focus: no tap
    page.locator(".sev-choice").nth(0).tap()
    page.locator(".action-bar").get_by_role("button", name="Declare").tap()
    expect(page.get_by_role("heading", name="Checkout is down")).to_be_visible()


@pytest.mark.once
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_the_pages_are_accessible_and_fit_the_screen(
    site: str, new_page: Pages, incident: Incident, scheme: str, viewport: dict[str, int]
) -> None:
    actions.decide(by=Actor.of(user("Alice")), incident=incident, choice="Roll back", undo_note="redeploy")
    # As tall as the page: what lies under the bar at the bottom until one scrolls is not too small to hit.
    page = new_page(
        user("Alice"), viewport={**viewport, "height": 3000}, color_scheme=scheme, reduced_motion="reduce"
    )
    at = f"/incidents/{incident.reference}"
    for path in ("/", "/incidents/", "/incidents/declare/", f"{at}/", f"{at}/severity/", f"{at}/resolve/",
                 f"{at}/roles/commander/take/"):  # fmt: skip
        page.goto(f"{site}{path}")
        wait_until_complete(page)
        assert accessibility_faults(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
