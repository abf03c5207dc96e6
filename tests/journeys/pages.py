"""A person at an incident's page: what they open, fill in and press, in the words that stand there."""

from collections.abc import Mapping, Sequence

from playwright.sync_api import Locator, Page, expect

from incidents.models import Incident
from tests.support.browser import PATIENCE_MS

A_SECOND = 1000


class Desk:
    """Somebody with an incident open in a browser of their own."""

    def __init__(self, page: Page, site: str, incident: Incident) -> None:
        self.page = page
        self.here = f"{site}{incident.get_absolute_url()}"

    @property
    def timeline(self) -> Locator:
        return self.page.locator("#timeline")

    @property
    def state(self) -> Locator:
        return self.page.locator("#state")

    def look(self) -> None:
        """Open the incident, and wait until its page is live."""
        self.page.goto(self.here)
        expect(self.page.locator("[data-live-badge]").first).to_have_attribute("data-state", "live")

    def sees(self, words: str, within: float = PATIENCE_MS) -> None:
        """It shows on the timeline without a reload, ``within`` so many milliseconds."""
        expect(self.timeline).to_contain_text(words, timeout=within)

    def sees_state(self, words: str) -> None:
        """It shows in the head of the page by itself."""
        expect(self.state).to_contain_text(words)

    def write(self, text: str, kind: str = "Note") -> None:
        """Write into the box above the timeline."""
        self.page.get_by_label("Say something").fill(text)
        self.page.locator("#composer").get_by_text(kind, exact=True).click()
        self.page.get_by_role("button", name="Add", exact=True).click()
        expect(self.page.get_by_label("Say something")).to_have_value("")

    def role(self, name: str) -> Locator:
        return self.page.locator(".incident-role", has_text=name)

    def ask(self, path: str, fields: Mapping[str, str] | None = None, choose: Sequence[str] = ()) -> None:
        """Open one of the incident's forms, fill in what stands beside these labels, choose, and send it."""
        self.page.goto(f"{self.here}{path}")
        self.answer(fields, choose)

    def answer(self, fields: Mapping[str, str] | None = None, choose: Sequence[str] = ()) -> None:
        """Fill in the form that is open, and send it."""
        form = self.page.locator("#ask")
        for label, value in (fields or {}).items():
            field = form.get_by_label(label).first
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(label=value)
            else:
                field.fill(value)
        for words in choose:
            form.locator("label").filter(has_text=words).first.click()
        form.locator("button[type=submit]").first.click()
        self.page.wait_for_load_state()

    def is_refused(self, sentence: str) -> None:
        expect(self.page.get_by_role("alert").first).to_contain_text(sentence)

    def is_back(self) -> None:
        """The form went through: the incident is open again."""
        self.page.wait_for_url(f"{self.here}**")
        expect(self.state).to_be_visible()
