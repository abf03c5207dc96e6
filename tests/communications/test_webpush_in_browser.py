"""Web Push in a real Chromium: its service worker shows the page, and its button takes it."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect

from escalation.models import Page
from tests import builders
from tests.support.browser import Pages

pytestmark = [pytest.mark.browser, pytest.mark.once]

# What is shown once a notification has this title, or, after ten seconds, whatever is shown.
SHOWN = """async (title) => {
  const registration = await navigator.serviceWorker.ready;
  let all = [];
  for (let tries = 0; tries < 200 && !all.some((one) => one.title === title); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    all = await registration.getNotifications();
  }
  return all.map((one) => [one.title, one.actions.map((action) => action.title)]);
}"""
# A click on a notification lies outside of any page: the worker hears of it like this.
PRESS = """async () => {
  const [shown] = await self.registration.getNotifications();
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification: shown, action: "acknowledge" }));
}"""


def push(page: BrowserPage, site: str, said: dict[str, Any]) -> None:
    """Hand a message to the worker as the push service would, decrypted."""
    found: list[dict[str, Any]] = []
    line = page.context.new_cdp_session(page)
    line.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    line.send("ServiceWorker.enable")
    for _ in range(200):
        if found:
            break
        page.wait_for_timeout(50)  # the browser tells of its workers by and by
    line.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": site, "registrationId": found[-1]["registrationId"], "data": json.dumps(said)},
    )


def test_a_page_is_shown_and_one_tap_takes_it(site: str, new_page: Pages) -> None:
    bob = builders.bob()
    asked = builders.page_for(bob)
    page = new_page(bob, permissions=["notifications"])
    page.goto(f"{site}/me/reach/?add=web_push")
    page.get_by_role("button", name="Use this browser").click()
    # Chromium has no push service here; it says so beside the button, which can be pressed again.
    expect(page.locator("[data-push-says]")).to_contain_text("Registration failed")
    assert page.get_by_role("button", name="Use this browser").is_enabled()

    link = f"{site}{builders.page_link(asked)}"
    said = {"title": "[SEV-1] INC-1 Down", "body": "Webhooks return 500.", "tag": "t", "is_page": True, "url": link,
            "acknowledge": f"{link}acknowledge/"}  # fmt: skip
    push(page, site, said)
    assert page.evaluate(SHOWN, said["title"]) == [["[SEV-1] INC-1 Down", ["I have it"]]]

    page.context.service_workers[0].evaluate(PRESS)
    assert page.evaluate(SHOWN, "You have it") == [["You have it", []]]
    asked.refresh_from_db()
    assert (asked.state, asked.incident.acknowledged_by) == (Page.State.ACKNOWLEDGED, bob)
    new_page.errors.clear()


def test_a_message_that_cannot_be_read_still_shows_something(site: str, new_page: Pages) -> None:
    page = new_page(builders.bob(), permissions=["notifications"])
    page.goto(f"{site}/me/reach/")
    page.evaluate(
        "navigator.serviceWorker.register('/push-worker.js').then(() => navigator.serviceWorker.ready)"
    )
    push(page, site, {})
    assert page.evaluate(SHOWN, "Allclear") == [["Allclear", []]]
