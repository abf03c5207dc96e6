"""Raising and lowering the severity."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.actor import Actor
from accounts.models import User
from common.errors import Conflict, Invalid, NotAllowed
from config import defaults
from incidents import actions
from incidents.models import EventKind, Incident

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 25, 12, 0, tzinfo=UTC)


def by(user: User) -> Actor:
    return Actor.of(user)


@pytest.fixture
def incident(alice: User) -> Incident:
    defaults.load()
    with time_machine.travel(NOON, tick=False):
        return actions.declare(by=by(alice), title="Slow", severity=3)


def test_anyone_who_responds_may_raise_and_the_peak_stays(bob: User, alice: User, incident: Incident) -> None:
    actions.change_severity(by=by(bob), incident=incident, severity=1)
    actions.change_severity(by=by(alice), incident=incident, severity=2, reason="only one region")
    incident.refresh_from_db()
    assert (incident.severity, incident.peak_severity, incident.declared_severity, incident.epoch) == (
        2,
        1,
        3,
        3,
    )
    assert incident.events.filter(kind=EventKind.SEVERITY_CHANGED).count() == 2


def test_the_response_clock_restarts_on_an_upgrade_that_nobody_had_acknowledged(
    bob: User, incident: Incident
) -> None:
    later = NOON + timedelta(minutes=40)
    with time_machine.travel(later, tick=False):
        actions.change_severity(by=by(bob), incident=incident, severity=1)
    incident.refresh_from_db()
    assert incident.response_due_at == later + timedelta(minutes=15)


def test_who_has_acknowledged_stays_so(alice: User, bob: User, incident: Incident) -> None:
    actions.take_role(by=by(alice), incident=incident, role="commander")
    due = Incident.objects.get(pk=incident.pk).response_due_at
    actions.change_severity(by=by(bob), incident=incident, severity=1)
    incident.refresh_from_db()
    assert (incident.acknowledged_by, incident.response_due_at) == (alice, due)


def test_lowering_is_the_commanders_with_a_reason(alice: User, bob: User, incident: Incident) -> None:
    with pytest.raises(NotAllowed):
        actions.change_severity(by=by(bob), incident=incident, severity=4, reason="meh")
    with pytest.raises(Invalid) as refused:
        actions.change_severity(by=by(alice), incident=incident, severity=4)
    assert refused.value.field == "reason"


@pytest.mark.parametrize("severity", [0, 5, -1, 99])
def test_an_unknown_severity_is_refused(alice: User, incident: Incident, severity: int) -> None:
    with pytest.raises(Invalid):
        actions.change_severity(by=by(alice), incident=incident, severity=severity)


def test_the_same_severity_is_a_conflict(alice: User, incident: Incident) -> None:
    with pytest.raises(Conflict):
        actions.change_severity(by=by(alice), incident=incident, severity=3)


def test_after_the_end_nothing_is_raised(alice: User, incident: Incident) -> None:
    actions.resolve(by=by(alice), incident=incident)
    with pytest.raises(Conflict):
        actions.change_severity(by=by(alice), incident=incident, severity=1)
