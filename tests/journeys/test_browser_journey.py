"""The whole journey in real browsers, with real mail: declared, paged, worked on by several, resolved, and after."""

import json
import re
from collections.abc import Iterator

import pytest
import time_machine
from playwright.sync_api import Page, expect

from common import clock
from escalation.models import EscalationTimer
from incidents.models import GateDefinition, Incident
from postmortems.models import PostMortem
from tests.journeys.pages import A_SECOND, Desk
from tests.journeys.story import Time, World, page_link, raise_alert
from tests.support.browser import PHONE, Pages
from tests.support.smtp_sink import SmtpSink

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db: None) -> World:
    return World()


@pytest.fixture
def time() -> Iterator[Time]:
    # From the real instant on and ticking: the browser's own clock cannot be moved.
    with time_machine.travel(clock.now(), tick=True) as travel:
        yield Time(travel)


@pytest.fixture
def refusals(new_page: Pages) -> Iterator[None]:
    """Chromium logs each refused form, which is meant here; any other error still fails the test."""
    yield
    new_page.errors[:] = [error for error in new_page.errors if not re.search("status of 40[09]", error)]


def declare(page: Page, site: str) -> Incident:
    """Declare through the form, with the keyboard's shortcut."""
    page.goto(f"{site}/")
    page.keyboard.press("c")
    page.wait_for_url("**/incidents/declare/")
    page.get_by_label("What is wrong?").fill("Webhooks answer 500")
    page.locator(".choice, label").filter(has_text="SEV-1").first.click()
    page.locator("label").filter(has_text=re.compile(r"^\s*Webhooks\s*$")).first.click()
    expect(page.locator("#preview")).to_contain_text("Bob")  # who will be woken, before it is confirmed
    page.get_by_role("button", name="Declare", exact=True).last.click()
    page.wait_for_url("**/incidents/INC-*/")
    return Incident.objects.get()


def subjects(smtp_sink: SmtpSink, name: str) -> list[str]:
    address = f"{name.lower()}@example.org"
    return [mail.subject for mail in smtp_sink.mails() if address in mail.recipients]


def test_declared_in_a_form_nobody_answers_and_the_whole_chain_is_paged(
    site: str, new_page: Pages, world: World, time: Time, smtp_sink: SmtpSink
) -> None:
    alice = new_page(world.alice)
    incident = declare(alice, site)
    reached = []
    for minutes in (0, 5, 10, 15, 30):  # 0, 5, 15, 30 and 60 minutes after the declaration
        time.pass_(minutes=minutes, seconds=10)
        people = ("Bob", "Femi", "Alice", "Dan", "Erin")
        reached.append([name for name in people if subjects(smtp_sink, name)])
    assert reached == [
        ["Bob"],
        ["Bob", "Femi"],
        ["Bob", "Femi", "Alice"],
        ["Bob", "Femi", "Alice", "Dan"],
        ["Bob", "Femi", "Alice", "Dan", "Erin"],
    ]
    Desk(alice, site, incident).look()
    paging = alice.locator("#paging")
    for name in ("Bob", "Femi", "Alice", "Dan", "Erin"):
        expect(paging).to_contain_text(name)


@pytest.mark.once
def test_from_the_alert_to_the_exported_record(
    site: str, new_page: Pages, world: World, time: Time, smtp_sink: SmtpSink, refusals: None
) -> None:
    raise_alert("5xx at 38 %")
    incident = Incident.objects.get()
    alice, bob = (Desk(new_page(user), site, incident) for user in (world.alice, world.bob))
    alice.look()
    says_i_have_it(site, new_page, time, smtp_sink, watching=alice)
    bob.look()
    share_the_roles(site, new_page, world, alice, bob)
    write_the_timeline(alice, bob)
    tell_and_work(alice, bob)
    change_the_severity(alice, bob, time, smtp_sink)
    move_on(alice)
    bob.look()
    recover_and_resolve(alice, watching=bob)
    armed = EscalationTimer.objects.filter(incident=incident, state="armed")
    assert not armed.exists()
    take_the_record_along(site, alice, incident)
    alice.ask("reopen/", {"What came back?": "5xx again"})
    alice.is_back()
    paged = len(subjects(smtp_sink, "Bob"))
    time.pass_(seconds=10)
    assert len(subjects(smtp_sink, "Bob")) > paged
    incident.refresh_from_db()
    assert (incident.status, incident.reopen_count) == ("investigating", 1)


def says_i_have_it(site: str, new_page: Pages, time: Time, smtp_sink: SmtpSink, *, watching: Desk) -> None:
    """Bob's phone, not signed in: the link in the mail, one tap. It shows at Alice's within a second."""
    time.pass_(seconds=10)
    mail = next(mail for mail in smtp_sink.mails() if "bob@example.org" in mail.recipients)
    phone = new_page(viewport=PHONE)
    phone.goto(site + page_link(mail.text))
    expect(phone.get_by_role("heading", name="5xx at 38 %")).to_be_visible()
    phone.get_by_role("button", name="I have it", exact=True).click()
    expect(phone.get_by_text("You have it")).to_be_visible()
    watching.sees("I have it", within=A_SECOND)


def share_the_roles(site: str, new_page: Pages, world: World, alice: Desk, bob: Desk) -> None:
    """Alice takes command; Bob takes the technical lead and hands it over to Femi, who accepts the briefing."""
    alice.role("IC").get_by_role("button", name="Take").click()
    bob.sees_state("Alice")
    bob.role("Tech").get_by_role("button", name="Take").click()
    alice.sees_state("Bob")
    bob.ask("roles/tech_lead/offer/", {"To whom?": "Femi", "Situation": "v812 broke the signature check"})
    bob.is_back()
    femi = Desk(new_page(world.femi), site, Incident.objects.get())
    femi.look()
    femi.role("Tech").get_by_role("link", name="offered to Femi").click()
    expect(femi.page.locator(".briefing")).to_contain_text("v812 broke the signature check")
    femi.page.get_by_role("button", name="I take over").first.click()
    alice.sees_state("Femi")


def write_the_timeline(alice: Desk, bob: Desk) -> None:
    """A note with its correction, a theory, a decision: what one writes the other sees at once."""
    alice.look()
    bob.look()
    alice.write("v812 went out at 01:55")
    bob.sees("v812 went out at 01:55")
    bob.write("The signature check rejects all", kind="Hypothesis")
    alice.sees("The signature check rejects all")
    entry = alice.timeline.locator(".entry", has_text="v812 went out at 01:55")
    entry.get_by_role("link", name="Correct").click()
    alice.answer({"What it should say": "v812 went out at 01:58"})
    alice.is_back()
    bob.sees("v812 went out at 01:58")
    alice.ask("decide/", {"What was decided?": "Roll back v812", "Why?": "quicker than a fix",
                          "How is it undone?": "redeploy v812"})  # fmt: skip
    alice.is_back()
    bob.sees("redeploy v812")


def tell_and_work(alice: Desk, bob: Desk) -> None:
    """A step is ticked, and an update goes out from the template, with the next one's countdown running."""
    alice.look()
    step = bob.page.locator("#checklist").get_by_role("button", name=re.compile("^Tick: ")).first
    words = str(step.get_attribute("aria-label")).removeprefix("Tick: ")
    step.click()
    done = alice.page.locator("#checklist").get_by_role("button", name=f"Untick: {words}")
    expect(done).to_be_visible()
    bob.page.get_by_role("link", name="Post update").first.click()
    bob.answer({"Impact": "No webhooks arrive", "Actions": "Rolling back v812", "Estimated": "30 min"})
    bob.is_back()
    alice.sees("No webhooks arrive")
    expect(alice.page.locator("#updates")).to_contain_text("Next update")
    expect(alice.page.locator("#updates [data-countdown], #updates .countdown").first).to_be_visible()


def change_the_severity(alice: Desk, bob: Desk, time: Time, smtp_sink: SmtpSink) -> None:
    """Lowering it pages nobody; raising it pages the one on call again."""
    before = [len(subjects(smtp_sink, name)) for name in ("Dan", "Erin")]
    alice.ask("severity/", {"Why?": "one region only"}, choose=["SEV-2"])
    alice.is_back()
    bob.look()
    bob.sees("lowered the severity from SEV-1 to SEV-2")
    time.pass_(seconds=10)
    assert not any("UPGRADED" in subject for subject in subjects(smtp_sink, "Bob"))
    assert [len(subjects(smtp_sink, name)) for name in ("Dan", "Erin")] == before
    alice.ask("severity/", {"Why?": "all regions after all"}, choose=["SEV-1"])
    alice.is_back()
    bob.sees("raised the severity from SEV-2 to SEV-1")
    time.pass_(seconds=10)
    assert any("UPGRADED" in subject for subject in subjects(smtp_sink, "Bob"))


def move_on(alice: Desk) -> None:
    """Each step along the lifecycle says what it needs."""
    alice.ask("status/mitigating/")
    expect(alice.page.locator("#ask")).to_be_visible()  # a note is needed, says the field
    alice.answer({"What do you know now?": "rolling back"})
    alice.is_back()
    alice.ask("status/monitoring/", {"What helped?": "the rollback"})
    alice.is_refused("before INC-1 can be monitoring")
    alice.answer({"Rollback plan": "redeploy v811"})
    alice.is_back()
    expect(alice.state).to_contain_text("Monitoring")


def recover_and_resolve(alice: Desk, *, watching: Desk) -> None:
    """Refused with the list of what is missing; each check passed or left out with a reason; then resolved."""
    alice.ask("resolve/")
    alice.is_refused("before INC-1 can be resolved")
    gates = list(GateDefinition.objects.filter(is_active=True))
    for gate in gates[:-1]:
        alice.ask(
            f"gates/{gate.key}/", {"What shows it": "flat for 20 min"}, choose=["Recovered, with evidence"]
        )
        alice.is_back()
    alice.ask(
        f"gates/{gates[-1].key}/", {"What shows it": "support is asleep"}, choose=["Waived, with a reason"]
    )
    alice.is_back()
    expect(alice.page.locator("#recovery")).to_contain_text("Waived, with a reason: support is asleep")
    alice.ask("resolve/", {"What helped?": "Rolled back v812"})
    alice.is_back()
    watching.sees_state("Resolved")


def take_the_record_along(site: str, alice: Desk, incident: Incident) -> None:
    """The post-mortem is open and owned; the timeline comes as Markdown and as JSON."""
    assert PostMortem.objects.filter(incident=incident, is_required=True, owner__name="Alice").exists()
    alice.page.goto(f"{site}/postmortems/")
    expect(alice.page.locator("main")).to_contain_text(incident.reference)
    alice.look()
    text = download(alice.page, "Timeline as Markdown")
    for words in ("v812 went out at 01:58", "Roll back v812", "Rolled back v812", "support is asleep"):
        assert words in text
    entries = json.loads(download(alice.page, "as JSON"))["timeline"]
    assert [entry["number"] for entry in entries] == list(range(1, len(entries) + 1))
    kinds = {entry["kind"] for entry in entries}
    assert {
        "alert",
        "acknowledged",
        "decision",
        "hypothesis",
        "correction",
        "update_published",
        "resolved",
    } <= kinds


def download(page: Page, link: str) -> str:
    with page.expect_download() as waiting:
        page.locator("#details").get_by_role("link", name=link).click()
    return waiting.value.path().read_text()


def test_one_is_merged_and_one_is_cancelled(
    site: str, new_page: Pages, world: World, time: Time, smtp_sink: SmtpSink, refusals: None
) -> None:
    first, second, third = (
        raise_alert(title, dedup_key=title) for title in ("API slow", "UI slow", "Disk 81 %")
    )
    desks = {
        reference: Desk(new_page(world.alice), site, Incident.objects.get(number=int(reference[4:])))
        for reference in (first, second, third)
    }
    merged, cancelled = desks[second], desks[third]
    merged.ask("merge/", {"Into which incident?": "INC-99", "Why?": "same cause"})
    expect(merged.page.locator("#ask")).to_contain_text("INC-99")
    merged.answer({"Into which incident?": first})
    desks[first].look()
    expect(desks[first].timeline).to_contain_text(f"merged {second} into this")
    cancelled.ask("cancel/", {"Why": "a test of the sensor"})
    cancelled.is_back()
    expect(cancelled.state).to_contain_text("Cancelled: not an incident")
    armed = EscalationTimer.objects.filter(state="armed").values_list("incident__number", flat=True)
    assert {f"INC-{number}" for number in armed} <= {first}
