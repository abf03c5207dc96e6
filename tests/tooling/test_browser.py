"""The browser of the tests: that errors are seen, and that pages stay on this machine."""

import pytest

from tests.support.browser import PHONE, Pages, accessibility_faults

pytestmark = [pytest.mark.browser, pytest.mark.once]


def test_a_page_opens_in_the_size_and_theme_asked_for(new_page: Pages) -> None:
    page = new_page(viewport=PHONE, color_scheme="dark")
    page.goto("data:text/html,<title>hi</title>")
    assert page.evaluate("innerWidth") == 390
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")


def test_an_error_in_a_page_is_kept(new_page: Pages) -> None:
    page = new_page()
    with page.expect_console_message():
        page.goto("data:text/html,<script>console.error('broken')</script>")
    [error] = new_page.errors
    assert "broken" in error
    new_page.errors.clear()


def test_accessibility_faults_are_named(new_page: Pages) -> None:
    page = new_page()
    page.goto("data:text/html,<html lang=en><title>t</title><main><h1>Hi</h1><button></button></main>")
    [fault] = accessibility_faults(page)
    assert fault == "button-name: Buttons must have discernible text: button"


def test_the_browser_does_not_leave_this_machine(new_page: Pages) -> None:
    page = new_page()
    with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://status.example/")
    new_page.errors.clear()
