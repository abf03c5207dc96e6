"""Internal updates: the procedure's words, who gets them, and the clock that asks for the next one (R39, R40)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail

from accounts.actor import SYSTEM, Actor
from accounts.models import Team, User
from common import clock as app_clock
from common.errors import Conflict, Invalid, NotAllowed
from communications import actions, outbox
from communications.due import UPDATE_CLOCKS
from communications.models import CadenceRule, Delivery, Notification, Update, UpdateClock
from incidents import actions as incident_actions
from incidents.models import EventKind, Incident
from oncall.models import RoleTarget
from tests import builders
from tests.builders import NOON, person

# Actions are durable transactions, so the tests cannot be in one.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]

GOLDEN = """\
🚨 INCIDENT UPDATE - INC-1 - 25 Mar 2026, 12:00 UTC
Severity: SEV-1
Status: INVESTIGATING
Impact: Customers get no webhooks.
Actions: Rolling back v812.
ETA: 30 min
Next Update: 25 Mar 2026, 12:15 UTC"""


@pytest.fixture
def platform(clock: time_machine.Traveller) -> Team:
    calendar = builders.office_hours(is_default=True)
    for severity, unit, minutes, slow in [
        (1, "wall", 15, 60), (2, "business", 30, None), (3, "business", 120, None), (4, "daily", 0, None)
    ]:  # fmt: skip
        CadenceRule.objects.create(
            severity=severity, audience="internal", unit=unit, minutes=minutes, monitoring_minutes=slow
        )
    return builders.team("Platform", is_default=True, calendar=calendar)


@pytest.fixture
def alice(platform: Team) -> User:
    return person("Alice", "commander")


def declared(by: User, team: Team, severity: int = 1, **fields: object) -> Incident:
    """Declare an incident now, as its commander."""
    incident = incident_actions.declare(
        by=Actor.of(by), title="Webhooks down", severity=severity, team=team, **fields
    )
    incident_actions.take_role(by=Actor.of(by), incident=incident, role="commander")
    Notification.objects.all().delete()
    Delivery.objects.all().delete()
    incident.refresh_from_db()
    return incident


def publish(by: User, incident: Incident, **fields: object) -> Update:
    values = {"impact": "Customers get no webhooks.", "actions": "Rolling back v812.", "eta": "30 min"}
    return actions.publish_update(by=Actor.of(by), incident=incident, **{**values, **fields})


def the_clock() -> UpdateClock:
    return UpdateClock.objects.get()


def tick_at(clock: time_machine.Traveller, at: datetime) -> None:
    """Let the pager's clock run at this instant, and send everything."""
    clock.move_to(at)
    UPDATE_CLOCKS.sweep(at)
    outbox.deliver(Delivery.objects.waiting().values_list("pk", flat=True))


def told() -> list[tuple[str, str]]:
    """Return (mail address, subject) of the reminders that arrived, oldest first."""
    reminders = [message for message in mail.outbox if "update" in message.subject.lower()]
    return [(message.to[0], str(message.subject)) for message in reminders]


def test_an_update_prints_exactly_the_procedures_template(alice: User, platform: Team) -> None:
    update = publish(alice, declared(alice, platform))

    assert update.text == GOLDEN


def test_monitoring_prints_as_mitigating_and_an_unknown_estimate_as_unknown(
    alice: User, platform: Team
) -> None:
    incident = declared(alice, platform, severity=3)
    incident_actions.change_status(
        by=Actor.of(alice),
        incident=incident,
        to="monitoring",
        note="rolled back",
        rollback_plan="redeploy v813",
    )

    update = publish(alice, incident, eta="")

    assert "Status: MITIGATING\n" in update.text
    assert "ETA: Unknown\n" in update.text


def test_in_summer_the_times_are_local_with_utc_beside_them(
    clock: time_machine.Traveller, alice: User, platform: Team
) -> None:
    clock.move_to(datetime(2026, 6, 25, 12, 0, tzinfo=UTC))

    update = publish(alice, declared(alice, platform))

    assert "INC-1 - 25 Jun 2026, 13:00 BST · 12:00 UTC\n" in update.text


def test_braces_in_what_a_person_wrote_are_left_alone(alice: User, platform: Team) -> None:
    update = publish(alice, declared(alice, platform), impact="{severity} {0} %s {title.__class__}")

    assert "Impact: {severity} {0} %s {title.__class__}\n" in update.text


def test_no_change_is_one_tap_and_a_complete_update(alice: User, platform: Team) -> None:
    incident = declared(alice, platform)
    publish(alice, incident)

    first = actions.publish_update(by=Actor.of(alice), incident=incident, is_no_change=True)
    second = actions.publish_update(by=Actor.of(alice), incident=incident, is_no_change=True)

    for update in (first, second):
        assert update.text == GOLDEN.replace("Rolling back", "No change. Rolling back")
    assert [update.number for update in Update.objects.order_by("number")] == [1, 2, 3]


def test_no_change_before_the_first_update_says_what_is_known(alice: User, platform: Team) -> None:
    update = actions.publish_update(by=Actor.of(alice), incident=declared(alice, platform), is_no_change=True)

    assert "Impact: Webhooks down\n" in update.text


def test_the_same_tap_twice_is_one_update(alice: User, platform: Team) -> None:
    incident = declared(alice, platform)

    first = publish(alice, incident, idempotency_key="tap")
    second = publish(alice, incident, idempotency_key="tap")

    assert first == second
    assert incident.events.filter(kind=EventKind.UPDATE_PUBLISHED).count() == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"impact": " "}, "impact"),
        ({"actions": "\x00"}, "actions"),
        ({"impact": "x" * 5001}, "impact"),
        ({"next_due_at": NOON - timedelta(minutes=1)}, "next_due_at"),
        ({"next_due_at": NOON + timedelta(days=15)}, "next_due_at"),
        ({"audience": "customer"}, "audience"),
    ],
)
def test_what_is_missing_is_said_beside_its_field_and_nothing_is_written(
    fields: dict[str, object], field: str, alice: User, platform: Team
) -> None:
    incident = declared(alice, platform)

    with pytest.raises(Invalid) as caught:
        publish(alice, incident, **fields)

    assert caught.value.field == field
    assert not Update.objects.exists()


def test_a_viewer_publishes_nothing_and_a_cancelled_incident_has_nothing_to_tell(
    alice: User, platform: Team
) -> None:
    incident = declared(alice, platform)

    with pytest.raises(NotAllowed):
        publish(person("Dave", "viewer"), incident)
    incident_actions.cancel(by=Actor.of(alice), incident=incident, reason="false alarm")
    with pytest.raises(Conflict, match="is cancelled: there is nothing to tell"):
        publish(alice, incident)


def test_responders_the_team_and_for_sev1_the_manager_are_told_in_the_application(
    alice: User, platform: Team
) -> None:
    bob, carol, erin = person("Bob"), person("Carol"), person("Erin")
    person("Dave")
    platform.members.add(bob)
    RoleTarget.objects.create(role="manager", user=erin)
    incident = declared(alice, platform)
    incident_actions.join(by=Actor.of(carol), incident=incident)
    Delivery.objects.all().delete()

    publish(alice, incident)
    outbox.deliver(Delivery.objects.waiting().values_list("pk", flat=True))

    assert {note.user.name for note in Notification.objects.all()} == {"Bob", "Carol", "Erin"}
    assert mail.outbox == []


def test_the_clock_starts_with_the_declaration_and_counts_from_each_update(
    clock: time_machine.Traveller, alice: User, platform: Team
) -> None:
    incident = declared(alice, platform)
    assert the_clock().due_at == NOON + timedelta(minutes=15)

    clock.move_to(NOON + timedelta(minutes=4))
    publish(alice, incident)

    assert the_clock().due_at == NOON + timedelta(minutes=19)


def test_sev2_on_friday_1650_is_due_on_monday_0920(
    clock: time_machine.Traveller, alice: User, platform: Team
) -> None:
    clock.move_to(datetime(2026, 3, 27, 16, 50, tzinfo=UTC))

    declared(alice, platform, severity=2)

    assert the_clock().due_at == datetime(
        2026, 3, 30, 8, 20, tzinfo=UTC
    )  # 09:20 BST: the clocks have changed


def test_a_promised_time_replaces_the_cadence_and_the_text_says_so(alice: User, platform: Team) -> None:
    promised = NOON + timedelta(hours=1)

    update = publish(alice, declared(alice, platform), next_due_at=promised)

    assert the_clock().due_at == promised
    assert update.text.endswith("Next Update: 25 Mar 2026, 13:00 UTC")


def test_the_next_update_can_be_put_off_with_a_word_on_the_timeline(alice: User, platform: Team) -> None:
    incident = declared(alice, platform)

    actions.set_next_update(
        by=Actor.of(alice),
        incident=incident,
        next_due_at=NOON + timedelta(hours=2),
        reason="vendor works on it",
    )

    assert the_clock().due_at == NOON + timedelta(hours=2)
    event = incident.events.get(kind=EventKind.UPDATE_CADENCE)
    assert event.text == "vendor works on it"


def test_an_upgrade_brings_the_next_update_forward_and_a_downgrade_puts_it_off(
    alice: User, platform: Team
) -> None:
    incident = declared(alice, platform, severity=3)
    assert the_clock().due_at == NOON + timedelta(hours=2)

    incident_actions.change_severity(by=Actor.of(alice), incident=incident, severity=1, reason="everybody")
    assert the_clock().due_at == NOON + timedelta(minutes=15)

    incident_actions.change_severity(by=Actor.of(alice), incident=incident, severity=3, reason="only a few")
    assert the_clock().due_at == NOON + timedelta(hours=2)


def test_monitoring_slows_sev1_to_an_hour_and_going_back_speeds_it_up(
    clock: time_machine.Traveller, alice: User, platform: Team
) -> None:
    incident = declared(alice, platform)
    by = Actor.of(alice)

    incident_actions.change_status(
        by=by, incident=incident, to="monitoring", note="rolled back", rollback_plan="redeploy v813"
    )
    assert the_clock().due_at == NOON + timedelta(hours=1)

    clock.move_to(NOON + timedelta(minutes=10))
    incident_actions.change_status(by=by, incident=incident, to="mitigating", note="it is back")
    assert the_clock().due_at == NOON + timedelta(minutes=25)


def test_a_promised_time_that_moves_is_on_the_timeline(
    clock: time_machine.Traveller, alice: User, platform: Team
) -> None:
    incident = declared(alice, platform)
    by = Actor.of(alice)
    incident_actions.change_status(
        by=by, incident=incident, to="monitoring", note="rolled back", rollback_plan="redeploy v813"
    )
    clock.move_to(NOON + timedelta(minutes=10))
    incident_actions.change_severity(by=by, incident=incident, severity=3, reason="only a few")

    slower, slowest = incident.events.filter(kind=EventKind.UPDATE_CADENCE).order_by("sequence")
    assert slower.text == "The incident is monitored now."
    assert slower.data["headline"] == "Next update 25 Mar 2026, 13:00 UTC"
    assert slower.data["from"] == (NOON + timedelta(minutes=15)).isoformat()
    assert slowest.text == "The severity is SEV-3 now."
    assert slowest.data["to"] == (NOON + timedelta(hours=2)).isoformat()


def test_a_promised_time_that_stays_is_not_on_the_timeline(alice: User, platform: Team) -> None:
    incident = declared(alice, platform, severity=4)
    incident_actions.change_status(by=Actor.of(alice), incident=incident, to="monitoring", note="rolled back")
    assert not incident.events.filter(kind=EventKind.UPDATE_CADENCE).exists()


def test_an_ordinary_step_leaves_a_promised_time_alone(alice: User, platform: Team) -> None:
    incident = declared(alice, platform)
    publish(alice, incident, next_due_at=NOON + timedelta(minutes=5))

    incident_actions.change_status(
        by=Actor.of(alice), incident=incident, to="mitigating", note="rolling back"
    )

    assert the_clock().due_at == NOON + timedelta(minutes=5)


@pytest.mark.parametrize("end", ["cancel", "merge"])
def test_the_clock_stops_when_it_is_over(
    end: str, clock: time_machine.Traveller, alice: User, platform: Team
) -> None:
    incident = declared(alice, platform)
    by = Actor.of(alice)
    if end == "cancel":
        incident_actions.cancel(by=by, incident=incident, reason="false alarm")
    else:
        other = incident_actions.declare(by=by, title="The cause", severity=4, team=platform)
        incident_actions.merge(by=by, incident=incident, into=other, reason="same thing")
    mail.outbox.clear()

    stopped = UpdateClock.objects.get(incident=incident)
    tick_at(clock, NOON + timedelta(hours=1))

    assert stopped.stopped_at == NOON
    assert told() == []


def test_a_reopened_incident_needs_updates_again(
    clock: time_machine.Traveller, alice: User, platform: Team
) -> None:
    incident = declared(alice, platform, severity=3)
    by = Actor.of(alice)
    incident_actions.resolve(by=by, incident=incident, note="fixed")
    assert the_clock().stopped_at is not None

    clock.move_to(NOON + timedelta(hours=1))
    incident_actions.reopen(by=by, incident=incident, reason="it is back")

    assert the_clock().stopped_at is None
    assert the_clock().due_at == NOON + timedelta(hours=3)


def test_reminders_go_to_the_lead_then_the_commander_then_the_manager(
    clock: time_machine.Traveller, alice: User, platform: Team
) -> None:
    carol, erin = person("Carol"), person("Erin")
    RoleTarget.objects.create(role="manager", user=erin)
    incident = declared(alice, platform)
    incident_actions.take_role(by=Actor.of(alice), incident=incident, role="comms_lead", user=carol)
    Delivery.objects.all().delete()

    for minutes in (9, 10, 12, 15, 17, 20, 29, 30, 60):
        tick_at(clock, NOON + timedelta(minutes=minutes))

    assert told() == [
        (carol.email, "[SEV-1] INC-1 Internal update due in 5 min"),
        (carol.email, "[SEV-1] INC-1 Internal update due now"),
        (alice.email, "[SEV-1] INC-1 Internal update overdue by 5 min"),
        (erin.email, "[SEV-1] INC-1 Internal update overdue by 15 min"),
    ]
    kinds = incident.events.filter(data__what="update").order_by("sequence").values_list("kind", flat=True)
    assert list(kinds) == ["reminder", "reminder", "update_overdue", "update_overdue"]


def test_without_a_communications_lead_the_commander_is_reminded(
    clock: time_machine.Traveller, alice: User, platform: Team
) -> None:
    declared(alice, platform)

    tick_at(clock, NOON + timedelta(minutes=10))

    assert [address for address, _ in told()] == [alice.email]


def test_an_update_in_time_takes_back_the_reminders_of_the_old_round(
    clock: time_machine.Traveller, alice: User, platform: Team
) -> None:
    incident = declared(alice, platform)
    clock.move_to(NOON + timedelta(minutes=10))
    UPDATE_CLOCKS.sweep(app_clock.now())

    publish(alice, incident)
    tick_at(clock, NOON + timedelta(minutes=16))

    assert told() == []


def test_after_an_outage_only_the_latest_reminder_goes_out(
    clock: time_machine.Traveller, alice: User, platform: Team
) -> None:
    declared(alice, platform)

    tick_at(clock, NOON + timedelta(minutes=22))
    tick_at(clock, NOON + timedelta(minutes=22, seconds=1))

    assert [subject for _, subject in told()] == ["[SEV-1] INC-1 Internal update overdue by 7 min"]


def test_the_updates_of_an_edited_template_have_the_new_words(alice: User, platform: Team) -> None:
    from communications.models import UpdateTemplate

    UpdateTemplate.objects.create(audience="internal", subject="{reference}", body="{title}: {impact}")

    assert publish(alice, declared(alice, platform)).text == "Webhooks down: Customers get no webhooks."


def test_a_machine_is_not_told_of_but_may_publish(platform: Team, alice: User) -> None:
    update = actions.publish_update(
        by=SYSTEM, incident=declared(alice, platform), impact="Nobody notices", actions="Watching"
    )

    assert update.published_by_label == "Allclear"
    assert Delivery.objects.filter(user=alice, topic=f"update:{update.pk}").exists()
