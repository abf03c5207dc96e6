"""Choosing a span of the calendar with mouse, finger and keys; the difference is there before anything is saved."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from common import clock
from oncall.models import Override, Schedule
from tests import builders
from tests.support.browser import PHONE, accessibility_faults

pytestmark = [pytest.mark.browser, pytest.mark.once]
HOUR = timedelta(hours=1)


@pytest.fixture
def platform(site: str, transactional_db: None) -> Schedule:
    """Alice is on call all the time; Bob looks."""
    alice = builders.alice()
    builders.bob()
    builders.carol()
    return builders.rota("Platform", alice)


def tomorrow() -> Any:
    return (clock.now() + timedelta(days=1)).date()


def user(name: str) -> User:
    return User.objects.get(name=name)


def cells(page: Page) -> Locator:
    return page.locator("#rota-platform .calendar-cell")


def open_day(page: Page, site: str, count: int = 24) -> None:
    page.goto(f"{site}/on-call/?view=day&date={tomorrow()}&zone=utc")
    expect(cells(page)).to_have_count(count)
    cells(page).first.scroll_into_view_if_needed()


def middle(cell: Locator) -> tuple[float, float]:
    box = cell.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def save_for_carol(page: Page, begins: int, ends: int) -> None:
    """The dialog has the span; choosing Carol shows what changes; Save leads back."""
    dialog = page.locator("dialog#override")
    expect(dialog.get_by_label("From")).to_have_value(f"{tomorrow()}T{begins:02}:00")
    expect(dialog.get_by_label("Until")).to_have_value(f"{tomorrow()}T{ends:02}:00")
    dialog.get_by_label("Who?").select_option(label="Carol")
    expect(dialog.locator(".difference-before")).to_contain_text("Alice")
    expect(dialog.locator(".difference-after")).to_contain_text("Carol")
    assert not Override.objects.exists()
    assert accessibility_faults(page) == []
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The override is saved.")).to_be_visible()
    row = Override.objects.get()
    assert (row.user.name, row.starts_at.hour, row.ends_at - row.starts_at) == (
        "Carol",
        begins,
        (ends - begins) * HOUR,
    )


def test_a_drag_with_the_mouse_opens_the_form_of_its_span(
    site: str, new_page: Any, platform: Schedule
) -> None:
    page = new_page(user("Bob"))
    open_day(page, site)
    assert accessibility_faults(page) == []
    page.mouse.move(*middle(cells(page).nth(9)))
    page.mouse.down()
    page.mouse.move(*middle(cells(page).nth(12)), steps=4)
    expect(page.locator(".calendar-cell[aria-selected='true']")).to_have_count(4)
    page.mouse.up()
    save_for_carol(page, 9, 13)


def test_the_keys_do_what_the_mouse_does(site: str, new_page: Any, platform: Schedule) -> None:
    page = new_page(user("Bob"))
    open_day(page, site)
    cells(page).first.focus()
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".calendar-cell[aria-selected='true']")).to_have_count(4)
    page.keyboard.press("Enter")
    save_for_carol(page, 9, 13)


def test_escape_lets_go_of_a_span(site: str, new_page: Any, platform: Schedule) -> None:
    page = new_page(user("Bob"))
    open_day(page, site)
    cells(page).first.focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Escape")
    expect(page.locator(".calendar-cell[aria-selected='true']")).to_have_count(0)


def test_a_tap_on_the_start_and_one_on_the_end_choose_a_span(
    site: str, new_page: Any, platform: Schedule
) -> None:
    page = new_page(user("Bob"), viewport=PHONE, has_touch=True)
    open_day(page, site, count=12)
    assert accessibility_faults(page) == []
    page.touchscreen.tap(*middle(cells(page).nth(4)))
    expect(page.locator("[data-calendar-hint]")).to_contain_text("Now tap the end")
    page.touchscreen.tap(*middle(cells(page).nth(6)))
    save_for_carol(page, 8, 14)


def test_a_long_press_and_a_drag_choose_a_span(site: str, new_page: Any, platform: Schedule) -> None:
    page = new_page(user("Bob"), viewport=PHONE, has_touch=True)
    open_day(page, site, count=12)
    devtools = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        body = {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]}
        devtools.send("Input.dispatchTouchEvent", body)

    touch("touchStart", middle(cells(page).nth(4)))
    expect(page.locator(".calendar-cell[aria-selected='true']")).to_have_count(1)  # once it was long enough
    touch("touchMove", middle(cells(page).nth(6)))
    expect(page.locator(".calendar-cell[aria-selected='true']")).to_have_count(3)
    touch("touchEnd")
    save_for_carol(page, 8, 14)


def test_a_click_on_a_shift_opens_its_form_and_a_refusal_stays_beside_its_field(
    site: str, new_page: Any, platform: Schedule
) -> None:
    page = new_page(user("Bob"))
    open_day(page, site)
    page.locator("a.shift").first.click()
    dialog = page.locator("dialog#override")
    dialog.get_by_label("Who?").select_option(label="Carol")
    dialog.get_by_label("Why?").fill("my long story")
    dialog.get_by_label("Until").fill(f"{tomorrow() - timedelta(days=1)}T00:00")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator(".field", has_text="Until").locator(".field-error")).to_contain_text(
        "end before it begins"
    )
    expect(dialog.get_by_label("Why?")).to_have_value("my long story")
    assert not Override.objects.exists()
    new_page.errors.clear()  # Chromium logs each answer of 400


def test_an_override_is_changed_and_taken_back_from_its_bar(
    site: str, new_page: Any, platform: Schedule
) -> None:
    begin = clock.now().replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
    Override.objects.create(schedule=platform, user=user("Carol"), starts_at=begin, ends_at=begin + 3 * HOUR)
    page = new_page(user("Bob"))
    open_day(page, site)
    page.locator("a.shift", has_text="Carol").click()
    dialog = page.locator("dialog#override")
    dialog.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("The override was taken back.")).to_be_visible()
    assert not Override.objects.exists()


@pytest.mark.parametrize("view", ["", "?view=month", "?view=week"])
def test_on_a_phone_nothing_is_wider_than_the_screen(
    site: str, new_page: Any, platform: Schedule, view: str
) -> None:
    page = new_page(user("Alice"), viewport=PHONE, has_touch=True, color_scheme="dark")
    page.goto(f"{site}/on-call/{view}")
    expect(page.get_by_role("heading", name="My next shifts")).to_be_visible()
    expect(page.get_by_role("group", name="Day by day")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert accessibility_faults(page) == []


def test_the_load_report_has_no_faults(site: str, new_page: Any, platform: Schedule) -> None:
    page = new_page(user("Bob"))
    page.goto(f"{site}/on-call/load/")
    expect(page.get_by_role("rowheader", name="Alice")).to_be_visible()
    assert accessibility_faults(page) == []


def test_on_a_phone_the_load_report_names_the_person_before_the_figures(
    site: str, new_page: Any, platform: Schedule
) -> None:
    page = new_page(user("Bob"), viewport=PHONE)
    page.goto(f"{site}/on-call/load/")
    row = page.locator(".load-table tbody tr").first
    person, share, hours = (
        row.locator(part).bounding_box() for part in ("th", '[data-label="Share"]', '[data-label="Hours"]')
    )
    assert person["y"] + person["height"] <= share["y"] < hours["y"]
