"""Who is told of what concerns them, and how loudly."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail

from accounts.actor import Actor
from accounts.models import Team, User
from common import clock as app_clock
from communications import outbox
from communications.models import Delivery, Notification
from incidents import actions
from incidents.due import REMINDERS
from incidents.models import Incident
from oncall.models import RoleTarget
from tests.builders import NOON, person, team

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]


@pytest.fixture
def platform(db: None) -> Team:
    return team("Platform", is_default=True)


@pytest.fixture
def alice(platform: Team) -> User:
    return person("Alice", "commander")


@pytest.fixture
def bob(db: None) -> User:
    return person("Bob")


@pytest.fixture
def incident(clock: time_machine.Traveller, alice: User, platform: Team) -> Incident:
    """A SEV-2 that Alice commands; what its declaration sent is forgotten."""
    made = actions.declare(by=Actor.of(alice), title="Webhooks down", severity=2, team=platform)
    actions.take_role(by=Actor.of(alice), incident=made, role="commander")
    Delivery.objects.all().delete()
    made.refresh_from_db()
    return made


def mails() -> list[tuple[str, str]]:
    """Send what is waiting; return (address, subject) of the mails."""
    outbox.deliver(Delivery.objects.waiting().order_by("pk").values_list("pk", flat=True))
    return [(message.to[0], str(message.subject)) for message in mail.outbox]


def test_a_role_offer_reaches_the_person_by_mail_and_in_the_application(
    alice: User, bob: User, incident: Incident
) -> None:
    actions.offer_role(by=Actor.of(alice), incident=incident, role="commander", to=bob)

    words = "[SEV-2] INC-1 Alice offers you the role of Incident Commander"
    assert mails() == [(bob.email, words)]
    assert Notification.objects.get().path.endswith("#roles")


def test_who_offered_hears_that_nobody_answered(
    clock: time_machine.Traveller, alice: User, bob: User, incident: Incident
) -> None:
    actions.offer_role(by=Actor.of(alice), incident=incident, role="commander", to=bob)
    mails()
    mail.outbox.clear()

    clock.shift(301)
    REMINDERS.sweep(app_clock.now())

    assert (alice.email, "[SEV-2] INC-1 Bob did not answer: you still are Incident Commander") in mails()


def test_who_is_given_a_role_is_told_and_who_takes_it_is_not(
    alice: User, bob: User, incident: Incident
) -> None:
    actions.take_role(by=Actor.of(alice), incident=incident, role="comms_lead", user=bob)
    actions.take_role(by=Actor.of(alice), incident=incident, role="tech_lead")

    assert mails() == [(bob.email, "[SEV-2] INC-1 You are Communications Lead now")]


def test_a_task_is_announced_and_its_assignee_reminded_once_when_it_is_late(
    clock: time_machine.Traveller, alice: User, bob: User, incident: Incident
) -> None:
    due = NOON + timedelta(minutes=10)
    actions.assign_task(by=Actor.of(alice), incident=incident, title="Roll back", assignee=bob, due_at=due)
    clock.move_to(due)
    REMINDERS.sweep(app_clock.now())
    REMINDERS.sweep(app_clock.now())

    subjects = [subject for address, subject in mails() if address == bob.email]
    assert subjects == ["[SEV-2] INC-1 Task for you: Roll back", "[SEV-2] INC-1 Task overdue: Roll back"]


def test_a_checkpoint_reminds_its_owner_on_time(
    clock: time_machine.Traveller, alice: User, incident: Incident
) -> None:
    due = NOON + timedelta(minutes=6)
    actions.set_checkpoint(by=Actor.of(alice), incident=incident, due_at=due, question="Does it help?")
    clock.move_to(due)
    REMINDERS.sweep(app_clock.now())

    assert mails() == [(alice.email, "[SEV-2] INC-1 Checkpoint: Does it help?")]


def test_a_breached_response_time_reaches_who_is_on_call_and_the_team_lead(
    clock: time_machine.Traveller, alice: User, bob: User, platform: Team
) -> None:
    carol = person("Carol")
    RoleTarget.objects.create(role="on_call", user=bob)
    RoleTarget.objects.create(role="team_lead", user=carol)
    actions.declare(by=Actor.of(alice), title="Webhooks down", severity=1, team=platform)
    Delivery.objects.all().delete()

    clock.shift(900)
    REMINDERS.sweep(app_clock.now())

    breached = [address for address, subject in mails() if "Response time exceeded" in subject]
    assert sorted(breached) == [bob.email, carol.email]


def test_a_private_incident_is_not_announced_to_who_may_not_know_of_it(
    alice: User, bob: User, incident: Incident
) -> None:
    Incident.objects.update(is_private=True)

    actions.assign_task(
        by=Actor.of(alice), incident=incident, title="Look", assignee=bob, due_at=NOON + timedelta(hours=1)
    )

    assert mails() == []
