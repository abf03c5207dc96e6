"""From one browser to another: how soon an entry that somebody writes is seen by somebody else."""

import os
import statistics
import time
from typing import Any

from django.conf import settings
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from benchmarks import servers
from benchmarks.table import Row
from incidents import actions
from incidents.models import Incident
from scripts.chromium import ARGUMENTS, find_chromium

ENTRIES = 20


def measure() -> list[Row]:
    """Return the time from pressing "Add" in one Chromium page to the entry's appearance in another."""
    if find_chromium() is None:
        return [Row("an entry, browser to browser", "not measured", "no Chromium on this machine")]
    alice, bob = (User.objects.get(username=name) for name in ("alice", "bob"))
    incident = actions.declare(by=Actor.of(alice), title="Two are watching", severity=2)
    # Playwright keeps an event loop running in this thread, and Django would refuse its queries there.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with servers.asgi("config.asgi:application") as port:
        times = _watch(f"http://127.0.0.1:{port}", incident, alice, bob)
    p95 = statistics.quantiles(times, n=20)[-1]
    value = f"p50 {statistics.median(times) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms"
    return [Row("an entry, browser to browser", value, f"{ENTRIES} entries, two Chromium pages")]


def _watch(address: str, incident: Incident, writer: User, reader: User) -> list[float]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        here, there = (_page(browser, address, user) for user in (writer, reader))
        for page in (here, there):
            page.goto(f"{address}{incident.get_absolute_url()}")
        there.wait_for_timeout(1500)  # the stream is open by then
        times = [_write(here, there, f"Entry number {number} of the benchmark") for number in range(ENTRIES)]
        browser.close()
    return times


def _page(browser: Any, address: str, user: User) -> Any:
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": address}])
    return context.new_page()


def _write(here: Any, there: Any, text: str) -> float:
    """Return the seconds between the click and the moment at which the other page shows the text."""
    here.locator("#composer textarea").fill(text)
    begin = time.perf_counter()
    here.locator("#composer button[type=submit]").click(no_wait_after=True)
    there.get_by_text(text, exact=True).first.wait_for(state="attached", timeout=15_000)
    return time.perf_counter() - begin
