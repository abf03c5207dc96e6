"""A real Chromium against a real server.

@pytest.mark.browser
def test_both_see_the_note(site, new_page, alice, bob):
    here = new_page(alice)
    there = new_page(bob, viewport=PHONE)
    here.goto(f"{site}/incidents/INC-1/")
"""

import os
import re
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from pytest_django import Settings

from accounts.models import User
from scripts.chromium import ARGUMENTS, find_chromium

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
PATIENCE_MS = 10_000
RESULTS = Path(__file__).parents[2] / "test-results"
FAILED = pytest.StashKey[bool]()
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture
def site(transactional_db: None, settings: Settings) -> Iterator[str]:
    """The application on a free port: pages, API and live streams as in production; yields its address."""
    from config.asgi import application

    config = uvicorn.Config(
        application,
        host="127.0.0.1",
        port=0,
        log_config=None,
        log_level="warning",
        timeout_graceful_shutdown=1,
        ws="none",
    )
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    listener.listen(128)  # uvicorn does so only when it is up, and refuses whoever comes before
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    settings.SITE_URL = f"http://127.0.0.1:{listener.getsockname()[1]}"
    # The socket listens already: whoever connects before the server is up just waits a little.
    yield settings.SITE_URL
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium per module. Not per session: Playwright keeps an event loop running in this thread."""
    # For the same reason Django would take the tests' own queries for calls from async code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Pages:
    """Opens pages, each in a browser context of its own, and collects the errors that they log."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.errors: list[str] = []
        self.contexts: list[BrowserContext] = []
        self._browser = browser
        self._address = address

    def __call__(self, user: User | None = None, **options: Any) -> Page:
        """Takes the options of Playwright's `new_context`, such as color_scheme="dark"."""
        context = self._browser.new_context(**{"viewport": DESK, **options})
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        if user is not None:
            context.add_cookies([session_cookie(user, self._address)])
        context.on("console", self._keep_error)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        return context.new_page()

    def _keep_error(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def take_pictures(self, name: str) -> None:
        RESULTS.mkdir(exist_ok=True)
        pages = [page for context in self.contexts for page in context.pages]
        for number, page in enumerate(pages):
            page.screenshot(path=RESULTS / f"{name}-{number}.png")


@pytest.fixture
def new_page(chromium: Browser, site: str, request: pytest.FixtureRequest) -> Iterator[Pages]:
    """Opens pages on the site: `new_page(alice, viewport=PHONE)`.

    The test fails if a page logged an error, which is how a breach of the CSP shows; one that provokes errors
    clears `new_page.errors`. Of a failed test's pages there are pictures in test-results/.
    """
    pages = Pages(chromium, site)
    yield pages
    if request.node.stash.get(FAILED, False):
        pages.take_pictures(re.sub(r"[^\w-]+", "-", request.node.name))
    for context in pages.contexts:
        context.close()
    assert pages.errors == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Leaves a note for the fixture, which is not told how its test ended."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


def session_cookie(user: User, address: str) -> Any:
    """Returns the cookie of a fresh session, so that only the tests of signing in need to sign in."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": address}


# Panels that htmx fetches after the page, and the live stream.
_IS_COMPLETE = """() => {
  const panels = [...document.querySelectorAll("[hx-get][hx-trigger=load]")];
  const badge = document.querySelector("[data-live-badge]");
  return (!window.htmx || panels.every((panel) => panel["htmx-internal-data"]?.loaded))
    && !document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")
    && (!document.body.dataset.liveUrl || !badge || badge.dataset.state === "live");
}"""


def wait_until_complete(page: Page) -> None:
    """Returns when what comes after the page is there too: its panels, and the live stream's first word."""
    page.wait_for_function(_IS_COMPLETE)


def accessibility_faults(page: Page) -> list[str]:
    """Returns what axe-core finds wrong with the page by WCAG 2.2 AA, one line for each kind of fault."""
    rules = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]}
    found = Axe().run(page, options=rules).response["violations"]
    return [f"{fault['id']}: {fault['help']}: {_places(fault)}" for fault in found]


def _places(fault: Any) -> str:
    return ", ".join(str(node["target"][0]) for node in fault["nodes"])
