"""Nobody on call, nobody reachable, somebody gone: it is said, and the next is asked at once."""

from django.test import Client

from accounts.actor import Actor
from accounts.models import ContactMethod, User
from common import clock
from communications.models import Delivery
from escalation import actions, engine
from escalation.glance import next_pages
from escalation.models import Escalation, EscalationRule, EscalationTimer, Page
from escalation.preview import who_will_be_woken
from incidents.models import Event, EventKind
from oncall.models import Layer, LayerMember, RoleTarget, Schedule
from tests.escalation.story import Story, paged


def gaps(incident) -> list[str]:  # type: ignore[no-untyped-def]
    events = Event.objects.filter(incident=incident, kind=EventKind.COVERAGE_GAP).order_by("sequence")
    return [event.data["headline"] for event in events]


def test_an_empty_shift_pages_the_second_in_line_at_once(story: Story) -> None:
    LayerMember.objects.update(user=None)
    incident = story.declare(1)
    assert paged(incident) == [("Carol", "12:00:00")]
    assert gaps(incident) == ["found nobody to page as On-call Engineer"]


def test_a_role_without_anybody_pages_the_next_role_at_once(story: Story) -> None:
    RoleTarget.objects.filter(role="on_call").delete()
    incident = story.declare(1)
    assert paged(incident) == [("Lee", "12:00:00")]
    rule = EscalationTimer.objects.get(incident=incident, key="rule:team_lead")
    assert (rule.state, rule.due_at) == ("fired", clock.now())
    story.wait(minutes=15)
    asked = Event.objects.filter(incident=incident, kind=EventKind.PAGED, data__role="team_lead")
    assert asked.exclude(text__startswith="Asked again").count() == 1, "the matrix does not page twice"


def test_a_gap_at_the_top_is_recorded_and_the_others_go_on(story: Story) -> None:
    RoleTarget.objects.filter(role="executive").delete()
    incident = story.declare(1)
    story.wait(hours=1)
    assert gaps(incident) == ["found nobody to page as CTO/VP Engineering"]
    assert paged(incident, role="manager")


def test_when_there_is_nobody_at_all_the_incident_says_so(story: Story) -> None:
    RoleTarget.objects.all().delete()
    incident = story.declare(1)
    assert paged(incident) == []
    assert len(gaps(incident)) == 4
    assert Escalation.objects.get(incident=incident).exhausted_at == clock.now()


def test_the_list_of_incidents_then_says_so_in_red(story: Story) -> None:
    told = story.declare(1)
    RoleTarget.objects.all().delete()
    incident = story.declare(1)
    browser = Client()
    browser.force_login(story.alice)
    now = browser.get("/").content.decode()
    assert now.count("Nobody could be asked") == 1
    assert 'data-state="overdue"' in now
    found = next_pages([told, incident])
    assert [glance.note for glance in found[incident.pk]] == ["Nobody could be asked"]


def test_somebody_who_can_no_longer_sign_in_is_passed_over_visibly(story: Story) -> None:
    User.objects.filter(pk=story.bob.pk).update(is_active=False)
    incident = story.declare(1)
    assert paged(incident) == [("Carol", "12:00:00")]
    event = Event.objects.get(incident=incident, kind=EventKind.COVERAGE_GAP)
    assert event.text == "Bob can no longer sign in."


def test_somebody_deleted_in_a_running_escalation_is_passed_over(story: Story) -> None:
    incident = story.declare(1)
    story.lee.delete()
    story.wait(minutes=15)
    assert paged(incident, role="manager") == [("Mia", "12:15:00")], "the next role at once"
    assert gaps(incident) == ["found nobody to page as Team Lead"]


def test_the_page_of_somebody_deleted_stays_on_record(story: Story) -> None:
    incident = story.declare(1)
    story.bob.delete()
    assert Page.objects.get(incident=incident).user_label == "Bob"
    story.wait(minutes=5)
    assert ("Carol", "12:05:00") in paged(incident)


def test_without_a_contact_method_the_sign_in_address_is_used(story: Story) -> None:
    ContactMethod.objects.all().delete()
    incident = story.declare(1)
    rows = Delivery.objects.filter(incident=incident, transport="email")
    assert [row.address for row in rows] == ["bob@example.org"]


def test_a_rota_that_cannot_be_read_is_a_gap_and_the_next_role_is_asked(story: Story) -> None:
    Layer.objects.update(unit="eon")
    incident = story.declare(1)
    assert paged(incident) == []
    for seconds in (2, 4):
        story.sleep_through(seconds=seconds)
        engine.tick(clock.now())
    assert paged(incident) == [("Lee", "12:00:06")]
    assert gaps(incident) == ["could not find out whom to page as On-call Engineer"]
    timer = EscalationTimer.objects.get(incident=incident, key="rule:on_call")
    assert timer.note.startswith("It could not be found out whom to ask.")
    story.sleep_through(minutes=1)
    assert engine.tick(clock.now()) == 0, "it is not tried for ever"


def test_so_is_a_rule_that_cannot_be_read_and_a_second_one_after_it(story: Story) -> None:
    incident = story.declare(1)
    actions.acknowledge(by=Actor.of(story.bob), incident=incident)
    EscalationTimer.objects.filter(incident=incident, key="rule:team_lead").update(rule={"timing": "?"})
    RoleTarget.objects.filter(role="manager").update(user=None, schedule=Schedule.objects.get())
    Layer.objects.update(unit="eon")
    story.sleep_through(minutes=15)
    for seconds in (0, 2, 4):
        story.sleep_through(seconds=seconds)
        engine.tick(clock.now())
    assert paged(incident, role="executive") == [("Eve", "12:15:06")]
    assert "could not find out whom to page as Team Lead" in gaps(incident)


def test_a_matrix_without_rules_pages_the_on_call_engineer_and_says_so(story: Story) -> None:
    EscalationRule.objects.all().delete()
    incident = story.declare(1)
    assert gaps(incident) == ["found no rule for SEV-1"]
    story.wait(minutes=5)
    assert paged(incident)[:2] == [("Bob", "12:00:00"), ("Carol", "12:05:00")]
    [first, *_] = who_will_be_woken(1, story.team, clock.now()).rows
    assert [person.user for person in first.people] == [story.bob], "the preview knows"


def test_without_rules_and_without_an_on_call_engineer_the_next_role_is_asked(story: Story) -> None:
    EscalationRule.objects.filter(severity=1).delete()
    RoleTarget.objects.filter(role="on_call").delete()
    incident = story.declare(1)
    assert paged(incident) == [("Lee", "12:00:00")]


def test_without_rules_nobody_is_woken_for_what_can_wait(story: Story) -> None:
    EscalationRule.objects.all().delete()
    story.wait(hours=10)
    incident = story.declare(4)
    assert paged(incident) == []
    story.wait(hours=11)
    assert paged(incident) == [("Bob", "09:00:00")]


def test_one_broken_timer_does_not_hold_up_the_others(story: Story) -> None:
    broken, sound = story.declare(1), story.declare(1)
    EscalationTimer.objects.filter(incident=broken, key="rule:team_lead").update(rule={"timing": "immediate"})
    story.sleep_through(minutes=15)
    engine.tick(clock.now())
    assert paged(sound, role="team_lead") == [("Lee", "12:15:00")]
    assert EscalationTimer.objects.get(incident=broken, key="rule:team_lead").state == "armed"
