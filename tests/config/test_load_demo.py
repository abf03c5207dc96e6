"""``manage.py load_demo``: a demo that can be told from the first minute, and never over real data."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import AccessRole, User
from communications.models import Delivery, Update
from config import defaults
from config.demo import LOGINS, PASSWORD, install, people, stories, welcome
from config.demo.teller import Teller
from escalation.models import EscalationTimer, Page
from incidents.models import Event, Incident, Reminder, Status
from oncall import rota
from oncall.models import Schedule

pytestmark = pytest.mark.django_db
ELEVEN = len(stories.STORIES) + 1  # the twin that was merged


def run() -> str:
    out = StringIO()
    call_command("load_demo", stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(
    "base",
    [
        datetime(2026, 3, 29, 0, 50, tzinfo=UTC),  # ten minutes before the clocks change
        datetime(2026, 7, 6, 7, 59, tzinfo=UTC),  # a minute before the hand-off
        datetime(2026, 7, 6, 8, 0, tzinfo=UTC),
        timezone.now(),
    ],
)
def test_bob_is_on_call_for_platform_whenever_the_demo_is_loaded(base: datetime) -> None:
    defaults.load()
    people.create(base)
    spec = rota.load_spec(Schedule.objects.get(slug="platform"), base, base + timedelta(days=1))
    on_call = [shift.user_id for shift in rota.who(spec, base)]
    assert on_call == [User.objects.get(username="bob").pk]


def test_everybody_can_sign_in_with_the_demo_password_and_there_is_each_kind_of_role() -> None:
    defaults.load()
    people.create(timezone.now())
    assert len(PASSWORD) >= 12
    for login in LOGINS:
        assert User.objects.get(email=login.email).check_password(PASSWORD), login.username
    roles = {login.role for login in LOGINS}
    assert roles == {AccessRole.VIEWER, AccessRole.RESPONDER, AccessRole.COMMANDER, AccessRole.ADMIN}


@pytest.fixture
def demo() -> None:
    assert run().startswith(f"Demo loaded: {len(LOGINS)} people, {ELEVEN} incidents.")


# One test for several promises: each load makes 250 timeline entries and takes seconds.
@pytest.mark.usefixtures("demo")
def test_the_demo_has_a_true_past_one_open_incident_and_one_report_and_sends_no_mail() -> None:
    assert Incident.objects.active().count() == 1
    assert Incident.objects.in_triage().count() == 1
    over = Incident.objects.exclude(status__in=[Status.REPORTED, Status.MITIGATING])
    assert over.count() == ELEVEN - 2
    assert mail.outbox == []
    _nothing_is_in_the_future()
    _nothing_of_the_past_is_still_waiting()
    # A change of a rota that nobody announces is noticed from the first minute.
    assert not Schedule.objects.filter(next_change_at__gt=timezone.now()).exists()
    _the_night_story_paged_a_second_person_because_the_first_slept()


def _nothing_is_in_the_future() -> None:
    now = timezone.now()
    assert not Event.objects.filter(at__gt=now).exists()
    assert not Event.objects.filter(recorded_at__gt=now).exists()
    first = Update.objects.order_by("published_at").first()
    assert first is not None
    assert now - first.published_at > timedelta(days=40)


def _nothing_of_the_past_is_still_waiting() -> None:
    then = timezone.now() - timedelta(minutes=2)
    assert not Delivery.objects.waiting().filter(due_at__lte=then).exists()
    assert not EscalationTimer.objects.filter(state="armed", due_at__lte=then).exists()
    assert not Reminder.objects.filter(state="armed", due_at__lte=then).exists()
    armed = EscalationTimer.objects.filter(state="armed", kind="rule")
    assert set(armed.values_list("incident__status", flat=True)) == {Status.MITIGATING}


def _the_night_story_paged_a_second_person_because_the_first_slept() -> None:
    incident = Incident.objects.get(title="Webhooks answer 500 for every customer")
    asked = list(Page.objects.filter(incident=incident, role="on_call").order_by("pk"))
    assert asked[0].user != asked[1].user
    assert asked[1].state == Page.State.ACKNOWLEDGED
    assert incident.acknowledged_at is not None
    assert incident.acknowledged_at - incident.started_at == timedelta(minutes=7)
    assert all(page.late_seconds == 0 for page in asked)


def test_a_load_that_was_interrupted_goes_on_and_one_that_is_done_is_one_question(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Callable[[int], Any]
) -> None:
    def power_cut(teller: Teller) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr(stories, "STORIES", (*stories.STORIES[:2], power_cut))
        with pytest.raises(KeyboardInterrupt):
            run()
    before = list(Event.objects.order_by("pk").values_list("pk", "incident", "kind", "at"))
    run()
    assert Incident.objects.count() == ELEVEN
    after = Event.objects.order_by("pk").values_list("pk", "incident", "kind", "at")
    assert list(after[: len(before)]) == before
    assert Incident.objects.get(number=1).events.filter(kind="declared").count() == 1
    with django_assert_num_queries(1):
        assert install.load() is False


def test_each_start_says_how_to_sign_in_and_how_to_send_an_alert() -> None:
    text = welcome("http://127.0.0.1:8000")
    assert "alice@example.com" in text
    assert PASSWORD in text
    assert "curl http://127.0.0.1:8000/api/v1/alerts/" in text


def test_it_is_never_loaded_where_there_are_people() -> None:
    User.objects.create(username="zoe", email="zoe@example.org", name="Zoe")
    with pytest.raises(CommandError, match="empty installation"):
        run()
    assert User.objects.count() == 1
    assert Incident.objects.count() == 0
