"""Nobody acknowledges: the next person, the same people again, and what an outage does to that."""

from datetime import timedelta

from common import clock
from communications.models import Delivery
from escalation import audit, engine
from escalation.models import Escalation, EscalationTimer, Page
from incidents.models import Event, EventKind
from tests.escalation.story import Story, kinds, paged


def test_the_on_call_engineer_is_paged_in_the_declaring_transaction(story: Story) -> None:
    incident = story.declare(1)
    page = Page.objects.get(incident=incident)
    assert (page.user, page.reason) == (story.bob, "Platform rota, layer Primary")
    assert {row.transport for row in Delivery.objects.filter(topic=f"page:{page.pk}")} == {"email", "in_app"}
    incident.refresh_from_db()
    assert incident.first_paged_at == clock.now()
    event = Event.objects.get(incident=incident, kind=EventKind.PAGED)
    assert (event.actor_label, event.data["headline"]) == ("Escalation", "paged Bob as On-call Engineer")


def test_after_five_minutes_the_second_in_line_and_then_the_team(story: Story) -> None:
    incident = story.declare(2)
    story.wait(minutes=9)
    assert paged(incident) == [("Bob", "12:00:00"), ("Carol", "12:05:00")]
    story.wait(minutes=1)
    assert {who for who, at in paged(incident) if at == "12:10:00"} == {"Bob", "Carol"}
    team = Page.objects.filter(incident=incident, position=2)
    assert {page.reason for page in team} == {"everybody in Platform"}


def test_the_team_lead_the_manager_and_the_executive_follow_at_their_times(story: Story) -> None:
    incident = story.declare(1)
    story.wait(hours=1)
    first = {role: paged(incident, role=role)[0] for role in ("team_lead", "manager", "executive")}
    assert first == {
        "team_lead": ("Lee", "12:15:00"),
        "manager": ("Mia", "12:30:00"),
        "executive": ("Eve", "13:00:00"),
    }


def test_repetition_ends_and_the_timeline_says_that_everybody_was_asked(story: Story) -> None:
    incident = story.declare(1)
    story.wait(hours=12)
    lee = [at for who, at in paged(incident, role="team_lead")]
    assert len(lee) == 13, "once by the matrix and twelve times again"
    escalation = Escalation.objects.get(incident=incident)
    assert escalation.exhausted_at is not None
    assert kinds(incident).count("escalation_changed") == 1
    assert not EscalationTimer.objects.filter(incident=incident, state="armed").exists()


def test_after_an_outage_overdue_pages_come_once_and_say_how_late_they_are(story: Story) -> None:
    incident = story.declare(1)
    story.sleep_through(minutes=21)
    engine.tick(clock.now())
    lead = Page.objects.get(incident=incident, role="team_lead")
    assert lead.late_seconds == 6 * 60
    assert lead.due_at == clock.now() - timedelta(minutes=6)
    mail = Delivery.objects.get(topic=f"page:{lead.pk}", transport="email")
    assert "late by 6 min" in mail.payload["text"]
    assert (
        Event.objects.filter(incident=incident, kind=EventKind.PAGE_LATE, data__role="team_lead").count() == 1
    )


def test_repetitions_that_an_outage_swallowed_are_dropped(story: Story) -> None:
    incident = story.declare(1)
    story.sleep_through(minutes=33)
    engine.tick(clock.now())
    again = Event.objects.filter(incident=incident, kind=EventKind.PAGED, text__startswith="Asked again")
    assert again.filter(data__role="on_call").count() == 1
    upcoming = EscalationTimer.objects.get(incident=incident, kind="repeat", role="on_call", state="armed")
    assert upcoming.due_at == clock.now() + timedelta(minutes=2), "in step with the first page"


def test_a_second_sweep_finds_nothing_left(story: Story) -> None:
    incident = story.declare(1)
    story.wait(minutes=15)
    before = Page.objects.filter(incident=incident).count()
    assert engine.tick(clock.now()) == 0
    assert Page.objects.filter(incident=incident).count() == before


def test_a_slow_page_is_not_repeated_at_night(story: Story) -> None:
    story.wait(hours=4, minutes=52)
    incident = story.declare(3)
    story.wait(hours=12)
    assert [at for who, at in paged(incident)] == ["16:52:00", "16:57:00"]
    story.wait(hours=5)
    assert ("Bob", "09:22:00") in paged(incident)


def test_the_invariants_hold_all_the_way(story: Story) -> None:
    story.declare(1)
    story.declare(3)
    for _ in range(8):
        story.wait(minutes=20)
        broken = [row for row in audit.findings(clock.now()) if not row.holds and row.key not in ("I3", "I6")]
        assert broken == [], "nothing is delivered in this story, and I3 and I6 say so"
