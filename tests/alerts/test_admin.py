"""The settings page of alert sources."""

import re

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import AuditEntry, User
from alerts import actions
from alerts.models import AlertSource

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client, erin: User) -> Client:
    User.objects.filter(pk=erin.pk).update(is_staff=True, is_superuser=True)
    client.force_login(erin)
    return client


def key_in(text: str) -> str:
    found = re.search(r"/api/v1/alerts/([\w-]{20,})", text)
    assert found
    return found[1]


def test_a_new_source_shows_its_address_once(admin: Client) -> None:
    page = admin.post(
        "/admin/alerts/alertsource/add/",
        {"name": "Grafana", "is_active": "on", "default_severity": "2"},
        follow=True,
    )
    key = key_in(page.content.decode())
    source = AlertSource.objects.get()
    assert actions.source_for(key) == source
    assert key not in admin.get(f"/admin/alerts/alertsource/{source.pk}/change/").content.decode()
    assert AuditEntry.objects.filter(action="alertsource.added").exists()


def test_a_new_key_replaces_the_old_one(admin: Client) -> None:
    source, old = actions.create_source(by=Actor.machine("a test"), name="Grafana")
    page = admin.post(
        "/admin/alerts/alertsource/", {"action": "new_key", "_selected_action": [source.pk]}, follow=True
    )
    assert actions.source_for(key_in(page.content.decode())) == source
    assert actions.source_for(old) is None
