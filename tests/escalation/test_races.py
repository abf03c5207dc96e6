"""Two at once: clocks, answers, ends. On SQLite as on PostgreSQL nothing is doubled and nothing slips through."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import connections

from accounts.actor import Actor
from common import clock
from common.errors import Conflict
from communications import outbox
from communications.models import Delivery
from escalation import actions, audit, engine
from escalation.models import EscalationTimer, Page
from incidents import actions as incidents
from incidents.models import Event, EventKind, Incident
from tests.escalation.story import Cast, cast
from tests.support.smtp_sink import SmtpSink, refuse

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene(transactional_db: None) -> Cast:
    """The people and the matrix, at the real time: threads need it."""
    return cast()


def together(*works: Callable[[], object]) -> list[Exception]:
    """Run these at the same moment, each with a connection of its own; return what was refused."""
    start, refused = threading.Barrier(len(works)), list[Exception]()

    def run(work: Callable[[], object]) -> None:
        try:
            start.wait(timeout=10)
            work()
        except Conflict as error:
            refused.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return refused


def make_due(incident: Incident, *roles: str) -> None:
    """Let some cells of the matrix be due now."""
    keys = [f"rule:{role}" for role in roles]
    EscalationTimer.objects.filter(incident=incident, key__in=keys).update(
        due_at=clock.now() - timedelta(seconds=1)
    )


def test_six_clocks_fire_each_timer_once(scene: Cast) -> None:
    made = [scene.declare(1) for _ in range(5)]
    for incident in made:
        make_due(incident, "team_lead", "manager", "executive")
    together(*[lambda: engine.tick(clock.now())] * 6)
    engine.tick(clock.now())
    assert Page.objects.count() == 20
    assert Page.objects.values("key").distinct().count() == 20
    assert Event.objects.filter(kind=EventKind.PAGED).count() == 20


def test_one_of_six_acknowledgements_is_the_first(scene: Cast) -> None:
    incident = scene.declare(1)
    together(*[lambda: actions.acknowledge(by=Actor.of(scene.bob), incident=incident)] * 6)
    assert Event.objects.filter(incident=incident, kind=EventKind.ACKNOWLEDGED).count() == 1


def test_a_page_and_the_end_of_the_incident_cannot_pass_each_other(scene: Cast) -> None:
    for _ in range(5):
        incident = scene.declare(1)
        make_due(incident, "team_lead")
        together(
            lambda: engine.tick(clock.now()),
            partial(incidents.cancel, by=Actor.of(scene.alice), incident=incident, reason="Nothing"),
        )
        assert not Page.objects.filter(incident=incident, state=Page.State.OPEN).exists()
        assert not EscalationTimer.objects.filter(incident=incident, state="armed").exists()
        assert not Delivery.objects.waiting().filter(incident=incident, kind="page").exists()


def test_an_answer_and_the_next_person_cannot_pass_each_other(scene: Cast) -> None:
    for _ in range(5):
        incident = scene.declare(1)
        EscalationTimer.objects.filter(incident=incident, kind="next").update(due_at=clock.now())
        together(
            lambda: engine.tick(clock.now()),
            partial(actions.acknowledge, by=Actor.of(scene.bob), incident=incident),
        )
        assert not Page.objects.filter(incident=incident, role="on_call", state=Page.State.OPEN).exists()


def test_an_answer_and_a_failing_mail_do_not_wait_for_each_other(scene: Cast, smtp_sink: SmtpSink) -> None:
    smtp_sink.answer(then=refuse("550 5.1.1 no such user"))
    for _ in range(8):
        incident = scene.declare(1)
        mail = Delivery.objects.get(incident=incident, transport="email")
        together(
            partial(outbox.deliver, [mail.pk]),
            partial(actions.acknowledge, by=Actor.of(scene.bob), incident=incident),
        )
        mail.refresh_from_db()
        assert mail.state in (Delivery.State.CANCELLED, Delivery.State.FAILED)
        incident.refresh_from_db()
        assert incident.acknowledged_by == scene.bob


def test_raising_the_severity_while_the_clock_ticks_pages_nobody_twice(scene: Cast) -> None:
    incident = scene.declare(2)
    make_due(incident, "team_lead")
    together(
        lambda: engine.tick(clock.now()),
        lambda: incidents.change_severity(by=Actor.of(scene.alice), incident=incident, severity=1),
    )
    engine.tick(clock.now())
    lead = Page.objects.filter(incident=incident, role="team_lead").count()
    assert lead in (0, 1), "before the change, or a quarter of an hour after it"
    assert EscalationTimer.objects.filter(incident=incident, epoch=1, state="armed").count() == 0


def test_six_declines_page_the_next_person_once(scene: Cast) -> None:
    incident = scene.declare(1)
    page = Page.objects.get(incident=incident)
    together(*[lambda: actions.decline(by=Actor.of(scene.bob), page=page)] * 6)
    assert Page.objects.filter(incident=incident, user=scene.carol).count() == 1


def test_the_invariants_hold_after_all_of_it(scene: Cast) -> None:
    incident = scene.declare(1)
    make_due(incident, "team_lead", "manager")
    together(
        lambda: engine.tick(clock.now()),
        lambda: engine.tick(clock.now()),
        lambda: actions.acknowledge(by=Actor.of(scene.bob), incident=incident),
        lambda: incidents.change_severity(
            by=Actor.of(scene.alice), incident=incident, severity=2, reason="Not as bad as it looked"
        ),
    )
    assert [row for row in audit.findings(clock.now()) if not row.holds] == []
