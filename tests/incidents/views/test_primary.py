"""The one action under the thumb."""

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import User
from escalation import actions as paging
from incidents import actions
from incidents.models import Incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(alice: User) -> Incident:
    return actions.declare(by=Actor.of(alice), title="Webhooks down", severity=2)


def primary(client: Client, incident: Incident) -> str:
    return client.get(f"/incidents/{incident.reference}/panels/primary/").content.decode()


def test_while_nobody_has_answered_it_is_i_have_it(client: Client, bob: User, incident: Incident) -> None:
    client.force_login(bob)
    assert "I have it" in primary(client, incident)
    assert client.post(f"/incidents/{incident.reference}/acknowledge/").status_code == 302
    assert "I have it" not in primary(client, incident)
    assert "Post update" in primary(client, incident)


def test_who_is_paged_is_asked_although_another_has_answered(
    client: Client, alice: User, bob: User, incident: Incident
) -> None:
    paging.acknowledge(by=Actor.of(alice), incident=incident)
    paging.page_person(by=Actor.of(alice), incident=incident, user=bob, reason="you know the queue")
    client.force_login(bob)
    assert "I have it" in primary(client, incident)


def test_who_may_only_look_is_asked_for_nothing(client: Client, dave: User, incident: Incident) -> None:
    client.force_login(dave)
    assert "button" not in primary(client, incident)


def test_when_it_is_over_nothing_is_asked(client: Client, alice: User, incident: Incident) -> None:
    actions.cancel(by=Actor.of(alice), incident=incident, reason="a test")
    client.force_login(alice)
    assert "I have it" not in primary(client, incident)
