"""Whom to call beyond the people here."""

import pytest
import time_machine
from django.test import Client

from accounts.models import AuditEntry, EmergencyContact, User
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def cloud(db: None) -> EmergencyContact:
    return EmergencyContact.objects.create(
        name="Cloud support", provides="Compute", phone="+44 20 7946 0000", contract="A-17", hours="24/7"
    )


def test_everybody_finds_the_number(client: Client, dave: User, cloud: EmergencyContact) -> None:
    client.force_login(dave)
    page = client.get("/contacts/").content.decode()
    assert 'href="tel:+442079460000"' in page
    assert "contract A-17" in page
    assert "It answers" not in page  # Dave only looks


def test_who_tried_a_contact_says_so_and_it_is_in_the_audit_log(
    client: Client, bob: User, cloud: EmergencyContact
) -> None:
    with time_machine.travel(NOON, tick=False):
        client.force_login(bob)
        client.post(f"/contacts/{cloud.pk}/verified/")
    cloud.refresh_from_db()
    assert cloud.verified_at == NOON
    assert AuditEntry.objects.filter(action="contact.verified").count() == 1


def test_the_api_lists_and_vouches_too(
    client: Client, bob: User, dave: User, cloud: EmergencyContact
) -> None:
    client.force_login(bob)
    assert client.get("/api/v1/contacts").json()["results"][0]["phone"] == "+44 20 7946 0000"
    answer = client.post(f"/api/v1/contacts/{cloud.pk}/verified", {}, content_type="application/json")
    assert answer.json()["verified_at"] is not None
    client.force_login(dave)
    assert client.post(f"/api/v1/contacts/{cloud.pk}/verified", {}, "application/json").status_code == 403


def test_an_admin_says_so_for_several_at_once(client: Client, cloud: EmergencyContact) -> None:
    client.force_login(builders.person("Ada", "admin", is_staff=True))
    chosen = {"action": "say_tried", "_selected_action": [cloud.pk]}
    page = client.post("/admin/accounts/emergencycontact/", chosen, follow=True).content.decode()
    assert "Noted: they were tried today." in page
    cloud.refresh_from_db()
    assert cloud.verified_at is not None
