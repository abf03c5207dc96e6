"""The sixteen cells of the matrix, each on its own clock (R12)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from escalation.models import AgendaItem, Escalation, EscalationRule, Page
from tests.escalation.story import Story

LONDON = ZoneInfo("Europe/London")
# Friday before the clocks change: the office closes at 17:00.
DECLARED = datetime(2026, 3, 27, 16, 30, tzinfo=LONDON)

CELLS = [
    (1, "on_call", "Fri 27 16:30"),
    (1, "team_lead", "Fri 27 16:45"),
    (1, "manager", "Fri 27 17:00"),
    (1, "executive", "Fri 27 17:30"),
    (2, "on_call", "Fri 27 16:30"),
    (2, "team_lead", "Fri 27 17:30"),
    (2, "manager", "Fri 27 20:30"),
    (2, "executive", "Mon 30 09:00"),
    (3, "on_call", "Fri 27 16:30"),
    (3, "team_lead", "Mon 30 12:30"),
    (3, "manager", "Mon 30 09:00"),
    (3, "executive", "review Mon 30 10:00"),
    (4, "on_call", "Fri 27 16:30"),
    (4, "team_lead", "Mon 30 09:00"),
    (4, "manager", "review Mon 30 10:00"),
    (4, "executive", "review Wed 01 10:00"),
]


@pytest.mark.parametrize(("severity", "role", "expected"), CELLS)
def test_each_role_hears_of_it_when_the_matrix_says(
    story: Story, severity: int, role: str, expected: str
) -> None:
    story.traveller.move_to(DECLARED, tick=False)
    incident = story.declare(severity)
    story.go_to(datetime(2026, 4, 2, 12, 0, tzinfo=UTC))
    item = AgendaItem.objects.filter(incident=incident, role=role).first()
    first = Page.objects.filter(incident=incident, role=role).order_by("pk").first()
    if expected.startswith("review"):
        assert item is not None
        assert first is None
        assert f"review {item.review_at.astimezone(LONDON):%a %d %H:%M}" == expected
    else:
        assert item is None
        assert first is not None
        assert f"{first.created_at.astimezone(LONDON):%a %d %H:%M}" == expected
        assert first.late_seconds == 0


def test_at_night_a_sev_3_waits_for_the_morning(story: Story) -> None:
    story.traveller.move_to(datetime(2026, 3, 28, 3, 0, tzinfo=LONDON), tick=False)
    incident = story.declare(3)
    assert not Page.objects.filter(incident=incident).exists()
    story.go_to(datetime(2026, 3, 30, 9, 0, tzinfo=LONDON))
    page = Page.objects.get(incident=incident, role="on_call")
    assert page.created_at == datetime(2026, 3, 30, 8, 0, tzinfo=UTC)


def test_fifteen_minutes_over_the_clock_change_are_fifteen_minutes(story: Story) -> None:
    story.traveller.move_to(datetime(2026, 3, 29, 0, 50, tzinfo=UTC), tick=False)
    incident = story.declare(1)
    story.wait(minutes=20)
    page = Page.objects.filter(incident=incident, role="team_lead").earliest("pk")
    assert page.created_at.astimezone(LONDON).strftime("%H:%M %Z") == "02:05 BST"


def test_a_rule_edited_later_does_not_change_what_is_running(story: Story) -> None:
    incident = story.declare(1)
    EscalationRule.objects.filter(role="team_lead").update(delay_minutes=1)
    EscalationRule.objects.filter(role="manager").delete()
    story.wait(minutes=31)
    for role, minute in (("team_lead", 15), ("manager", 30)):
        page = Page.objects.filter(incident=incident, role=role).earliest("pk")
        assert page.created_at.minute == minute
    assert len(Escalation.objects.get(incident=incident).matrix) == 16
