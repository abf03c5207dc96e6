"""The escalation matrix and its records in the settings."""

from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from escalation.models import EscalationRule
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def admin(client: Client) -> User:
    ada = builders.person("Ada", "admin", is_staff=True, is_superuser=True)
    client.force_login(ada)
    return ada


def said(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_the_matrix_is_edited_in_its_list(client: Client, admin: User) -> None:
    builders.matrix()
    page = said(client.get("/admin/escalation/escalationrule/"))
    assert "SEV-1 Team Lead" in page
    assert 'name="form-0-timing"' in page
    assert EscalationRule.objects.count() == 16
    assert client.get("/admin/escalation/escalationrule/add/").status_code == 403


def test_a_delay_without_minutes_is_refused_in_the_list(client: Client, admin: User) -> None:
    builders.matrix()
    rule = EscalationRule.objects.get(severity=1, role="team_lead")
    given = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": rule.pk, "form-0-timing": "after",
             "form-0-delay_minutes": 0, "form-0-clock": "wall", "form-0-condition": "not_mitigated",
             "form-0-action": "page", "_save": "Save"}  # fmt: skip
    address = f"/admin/escalation/escalationrule/?id__exact={rule.pk}&severity__exact=1&role__exact=team_lead"
    assert "Say after how many minutes." in said(client.post(address, given, follow=True))
    assert client.post(address, given | {"form-0-delay_minutes": 20}).status_code == 302
    rule.refresh_from_db()
    assert rule.words == "20 min"


@pytest.mark.parametrize("model", ["page", "escalationtimer", "escalation", "agendaitem"])
def test_what_happened_can_only_be_looked_at(client: Client, admin: User, model: str) -> None:
    assert client.get(f"/admin/escalation/{model}/").status_code == 200
    assert client.get(f"/admin/escalation/{model}/add/").status_code == 403
